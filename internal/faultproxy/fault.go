package faultproxy

import (
	"net/http"
	"time"
)

// Kind is one thing that can go wrong.
type Kind string

// The kinds. Recordings get lost if the server carried out a request and the
// client never learned it.
const (
	none       Kind = ""
	Delayed    Kind = "delayed"          // by up to 2 s
	Refused    Kind = "refused"          // 503 SlowDown; the server does not see it
	Disowned   Kind = "disowned"         // carried out, and answered with 500
	Cut        Kind = "cut"              // the connections break in the middle of the body
	Unanswered Kind = "unanswered"       // carried out, and the connection breaks
	Truncated  Kind = "answer truncated" // carried out, and the answer ends in the middle
	ErrorIn200 Kind = "error in a 200"   // not carried out; only for completing an upload
	Late       Kind = "late"             // the server gets it 5 to 20 s later
	Stalled    Kind = "stalled"          // the request came during a Stall
)

// Kinds are the faults that Rate draws.
var Kinds = []Kind{Delayed, Refused, Disowned, Cut, Unanswered, Truncated, ErrorIn200, Late}

// fault is what one request meets.
type fault struct {
	kind Kind
	wait time.Duration // Delayed, Late and Stalled
	at   float64       // Cut and Truncated: the share that gets through, 0 to 1
}

// draw says what r meets, and counts it.
func (p *Proxy) draw(r *http.Request) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	// Every request draws the same number of values, so that one request does
	// not shift the draws of the next.
	hit, kind, share := p.rng.Float64() < p.rate, Kinds[p.rng.IntN(len(Kinds))], p.rng.Float64()
	f := fault{at: share}
	switch left := time.Until(p.stalledUntil); {
	case left > 0:
		f.kind, f.wait = Stalled, left
	case !hit:
		return fault{}
	case kind == ErrorIn200 && !completes(r):
		f.kind = Late // a part that lands after its replacement is the other subtle one
	default:
		f.kind = kind
	}
	switch f.kind {
	case Delayed:
		f.wait = time.Duration(share * float64(2*time.Second))
	case Late:
		f.wait = 5*time.Second + time.Duration(share*float64(15*time.Second))
	}
	p.hits[f.kind]++
	return f
}

func completes(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}
