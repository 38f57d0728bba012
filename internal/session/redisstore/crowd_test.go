package redisstore

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// gate keeps a client's scripts back, and pipelines of them, until it is opened.
// What go-redis sends when it connects may pass.
type gate struct {
	commands, pipelines chan struct{} // open when closed
	trips               atomic.Int32  // how many came to either
	behind              func()        // called when a pipeline was answered
}

func (*gate) DialHook(next redis.DialHook) redis.DialHook { return next }

func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "evalsha" {
			g.trips.Add(1)
			<-g.commands
		}
		return next(ctx, cmd)
	}
}

func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if cmds[0].Name() != "evalsha" {
			return next(ctx, cmds)
		}
		g.trips.Add(1)
		<-g.pipelines
		err := next(ctx, cmds)
		if g.behind != nil {
			g.behind()
		}
		return err
	}
}

// crowd are sessions that are reported to at the same time.
type crowd struct {
	*testing.T
	*Store
	gate
	ids  []session.ID
	open func() // the gate of pipelines

	reports sync.WaitGroup
	cancel  []context.CancelFunc
	got     []*session.Session
	errs    []error
	done    []chan struct{} // closed when a report has returned
}

// gather starts a report for each of n sessions, which go together: their
// pipeline is held when gather returns.
func gather(t *testing.T, s *Store, n int) *crowd {
	t.Helper()
	c := &crowd{T: t, Store: s, gate: gate{commands: make(chan struct{}), pipelines: make(chan struct{})}}
	for range n {
		rec := sessiontest.NewSession("ann")
		if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
			t.Fatal(err)
		}
		c.ids = append(c.ids, rec.ID)
	}
	if _, err := s.Get(t.Context(), c.ids[0]); err != nil { // loads the script
		t.Fatal(err)
	}
	openCommands := sync.OnceFunc(func() { close(c.commands) })
	c.open = sync.OnceFunc(func() { close(c.pipelines) })
	t.Cleanup(func() { openCommands(); c.open() }) // or Close would wait for a test that failed
	s.together.patience = time.Hour
	s.client.AddHook(&c.gate)
	var ahead sync.WaitGroup
	for range maxFlights {
		ahead.Go(func() { _, _ = s.Get(t.Context(), c.ids[0]) })
	}
	c.until(func() bool { return c.trips.Load() == maxFlights })
	c.got, c.errs = make([]*session.Session, n), make([]error, n)
	for i, id := range c.ids {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		c.cancel, c.done = append(c.cancel, cancel), append(c.done, done)
		c.reports.Go(func() {
			defer close(done)
			c.got[i], c.errs[i] = s.Report(ctx, id, session.Report{Parts: []session.Part{sessiontest.NewPart(1, int64(i+1))}})
		})
		c.until(func() bool { return c.waiting() == i+1 }) // in this order
	}
	openCommands()
	ahead.Wait()
	c.until(func() bool { return c.trips.Load() > maxFlights })
	return c
}

// depart lets them go, and returns when all have their answers.
func (c *crowd) depart() {
	c.open()
	c.reports.Wait()
}

func (c *crowd) waiting() int {
	c.together.mu.Lock()
	defer c.together.mu.Unlock()
	return len(c.together.waiting)
}

func (c *crowd) until(yes func() bool) {
	c.Helper()
	for deadline := time.Now().Add(20 * time.Second); !yes(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			c.Fatalf("it never happened: %d round trips, %d wait", c.trips.Load(), c.waiting())
		}
	}
}

// fill lets it look as if as many flights as may be were on their way, until
// they land.
func (c *crowd) fill() (land func()) {
	c.together.mu.Lock()
	defer c.together.mu.Unlock()
	c.together.flights += maxFlights - 1 // one is held
	return func() {
		for range maxFlights - 1 {
			c.together.land()
		}
	}
}

// answered is an error unless report i has the answer to itself: its part, of
// a size that no other has, is noted once.
func (c *crowd) answered(i int) {
	c.Helper()
	if err, got := c.errs[i], c.got[i]; err != nil || got.ID != c.ids[i] || got.PartsReported != 1 || got.BytesReported != int64(i+1) {
		c.Errorf("report %d: %+v, %v; want session %s with one part", i, got, err, c.ids[i])
	}
}
