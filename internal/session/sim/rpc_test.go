package sim

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/session"
)

// patience is how long a client waits for an answer.
const patience = 45 * time.Second

// ask sends one request to one of the brokers and waits for its answer. Either
// may be lost on the way, the broker may die, and a proxy in between may have
// sent the request twice: then the second finds the work done, or half done,
// or comes long after everybody went on.
func ask[T any](a *actor, what string, of *session.SessionToken, serve func(context.Context, *session.Broker) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var nothing T
	n := a.anyNode()
	if n == nil || a.mishap() {
		a.sleep(a.latency())
		return nothing, noAnswer(nil)
	}
	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	start := func(after time.Duration, ctx context.Context, reply chan<- answer) {
		a.spawn(fmt.Sprintf("%s/%s", n.name, a.name), n, after, func(served *actor) {
			defer close(reply)
			served.live()
			before := a.witness.exists(of)
			value, err := serve(context.WithValue(ctx, actorKey{}, served), n.broker)
			served.tell("%s: %v", what, err)
			a.witness.answered(what, of, before, err)
			served.sleep(served.latency())
			served.live()
			reply <- answer{value, err}
		})
	}
	reply := make(chan answer, 1)
	start(a.latency(), ctx, reply)
	if a.mishap() {
		again := []time.Duration{time.Second, 20 * time.Minute}[a.chance.IntN(2)]
		start(a.upTo(again), context.Background(), make(chan answer, 1))
	}
	got, ok := wait(a, reply)
	if !ok || a.mishap() {
		a.tell("%s: no answer", what)
		return nothing, noAnswer(nil)
	}
	return got.value, got.err
}

// wait waits for an answer as long as a client does. There is none if the
// broker died.
func wait[T any](a *actor, reply <-chan T) (got T, ok bool) {
	end := a.book(time.Now().Add(patience))
	timer := time.NewTimer(time.Until(end))
	a.mu.Unlock()
	select {
	case got, ok = <-reply:
	case <-timer.C:
	}
	a.mu.Lock()
	timer.Stop()
	delete(a.booked, end.UnixNano())
	return got, ok
}

// mishap is one of the things that happen between clients and brokers.
func (w *world) mishap() bool { return !w.calm && w.oneIn(w.plan.faultsOneIn) }

// anyNode returns one of the brokers that are up, nil if none is.
func (w *world) anyNode() *node {
	for _, i := range w.chance.Perm(len(w.nodes)) {
		if n := w.nodes[i]; !time.Now().Before(n.downTo) {
			return n
		}
	}
	return nil
}
