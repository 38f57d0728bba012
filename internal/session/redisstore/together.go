package redisstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// together makes the calls to one node. If many come at once, it sends them in one round
// trip, a "flight". A round trip costs two system calls on each side and more around them,
// as much as a report itself costs Redis and the broker.
//
// A call that comes while no flight is running goes at once, alone. Calls that come during
// a flight go together when the flight is back. So no call waits for a timer, and a single
// call does not wait at all. The busier Redis is, the more calls go in one flight.
type together struct {
	client   redis.UniversalClient
	patience time.Duration // after which a call goes though flights are on their way

	mu       sync.Mutex // guards what follows
	flights  int        // on their way
	departed time.Time  // the last of them
	waiting  []*passenger
	landed   sync.Cond // of mu: told when flights becomes 0
}

const (
	// maxFlights is how many round trips are usually on their way at most. The
	// more there are, the fewer go together: with two a busy broker and its Redis
	// took 5 to 19 % more CPU, and p99 was later.
	maxFlights = 1

	// patience is far above a round trip. A connection that went dead holds up
	// its flight until it times out, but nobody else for longer than this: the
	// next to come goes by another connection, and those who wait behind it.
	patience = 50 * time.Millisecond

	// maxPassengers and maxLuggage bound what goes together, to some 5 ms of
	// Redis' time and 200 kB: how many calls, and the bytes of parts that each
	// of them brings. What is larger goes alone.
	maxPassengers = 128
	maxLuggage    = 1 << 10
)

// passenger is a call that waits for a flight.
type passenger struct {
	what  call
	reply chan reply // has room for it, as nobody may be there any more
	left  atomic.Bool
}

func newTogether(client redis.UniversalClient) *together {
	g := &together{client: client, patience: patience}
	g.landed.L = &g.mu
	return g
}

// run makes a call. It returns early if ctx ends or callWithin is over; Redis may carry
// out the call all the same.
func (g *together) run(ctx context.Context, what call) reply {
	p := g.board(what)
	if p == nil {
		defer g.land()
		return run(ctx, g.client, what)
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	select {
	case <-ctx.Done():
		p.left.Store(true)
		return reply{err: ctx.Err()}
	case r := <-p.reply:
		// What Redis refuses while it starts or fails over go-redis tries again,
		// on another connection if need be. Of a pipeline it looks at the first
		// command alone.
		if _, refused := errors.AsType[redis.Error](r.err); refused {
			return run(ctx, g.client, what)
		}
		return r
	}
}

// board returns nil if the call may go at once, as a flight of its own. If not, the call
// waits for the next flight.
func (g *together) board(what call) *passenger {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flights < maxFlights || time.Since(g.departed) > g.patience {
		g.flights++
		g.departed = time.Now()
		return nil
	}
	p := &passenger{what: what, reply: make(chan reply, 1)}
	g.waiting = append(g.waiting, p)
	return p
}

// land ends a flight, or begins the next one with the calls that are waiting now.
func (g *together) land() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(p *passenger) bool { return p.left.Load() })
	if n := min(len(g.waiting), maxPassengers); n > 0 {
		next := slices.Clone(g.waiting[:n])
		g.waiting = slices.Delete(g.waiting, 0, n)
		g.departed = time.Now()
		go g.fly(next) // ends within callWithin; close waits for it
		return
	}
	if g.flights--; g.flights == 0 {
		g.landed.Broadcast()
	}
}

// fly makes calls in one round trip. It belongs to none of the callers: if one of them
// leaves, the others still get their replies.
func (g *together) fly(ps []*passenger) {
	defer g.land()
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	calls := make([]call, len(ps))
	for i, p := range ps {
		calls[i] = p.what
	}
	for i, r := range runAll(ctx, g.client, calls) {
		ps[i].reply <- r
	}
}

// close waits until no call is running. The client is closed before that, so it does not
// take long.
func (g *together) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.flights > 0 {
		g.landed.Wait()
	}
}
