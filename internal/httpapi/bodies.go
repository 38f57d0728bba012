package httpapi

import (
	"io"
	"sync"
	"time"

	"slipway/internal/session"
)

// How much memory the bodies of all requests may take together, while they are read and
// while they are worked on. A caller can hold back the last byte of a body for as long
// as a slow phone may take. So not even a caller with a good credential may send as
// many bodies as it likes. The first bytes of each body do not count: they cost less
// than the connection, and are enough for what a recorder sends while it records.
const (
	freeBytes      = 64 << 10 // of each body
	maxBodies      = 64 << 20 // bytes, of all bodies of one broker, less what is free
	maxBodiesOfOne = 16 << 20 // bytes, of those of one caller: nobody can use up what is there for all
	bodiesAgain    = 5 * time.Second
)

// bodies is how many bytes of bodies a broker holds, by caller.
type bodies struct {
	mu  sync.Mutex // guards what follows
	all int64
	of  map[string]int64
}

func (b *bodies) take(who string, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.of[who]+n > maxBodiesOfOne:
		return &session.Error{Kind: session.Limited, Reason: session.ReasonBodies, Limit: maxBodiesOfOne, RetryAfter: bodiesAgain,
			Detail: "too many long bodies of this caller are on their way; send one after the other"}
	case b.all+n > maxBodies:
		return &session.Error{Kind: session.Unavailable, Reason: session.ReasonBodies, Limit: maxBodies, RetryAfter: bodiesAgain,
			Detail: "this broker has as many long bodies on their way as it takes"}
	}
	b.all += n
	if b.of == nil {
		b.of = map[string]int64{}
	}
	b.of[who] += n
	return nil
}

func (b *bodies) giveBack(who string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= n
	if b.of[who] -= n; b.of[who] == 0 {
		delete(b.of, who)
	}
}

// body is the body of one request. It counts the bytes that are read, and ends if there
// is no memory for more.
type body struct {
	io.ReadCloser
	entry *logEntry
	all   *bodies
	n     int64  // bytes read
	held  int64  // of those, not free
	who   string // holds them
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	over := b.n - freeBytes - b.held
	if over <= 0 {
		return n, err
	}
	if b.held == 0 {
		b.who = b.entry.caller()
	}
	if full := b.all.take(b.who, over); full != nil {
		return 0, full
	}
	b.held += over
	return n, err
}

// done gives back the memory that the body took.
func (b *body) done() { b.all.giveBack(b.who, b.held) }
