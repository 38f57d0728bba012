package redisstore

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func TestReportsAtOnceGoTogetherAndHaveTheirOwnAnswers(t *testing.T) {
	c := gather(t, openReal(t, redistest.Start(t)), 50)
	c.depart()
	for i := range c.ids {
		c.answered(i)
	}
	if n := c.trips.Load(); n != maxFlights+1 {
		t.Errorf("%d round trips; want %d, and one for the 50 that came meanwhile", n, maxFlights)
	}
}

func TestAFlightTakesNoMoreThanItHasRoomFor(t *testing.T) {
	for n, trips := range map[int]int32{maxPassengers: 1, maxPassengers + 1: 2} {
		c := gather(t, openReal(t, redistest.Start(t)), n)
		c.depart()
		for i := range c.ids {
			c.answered(i)
		}
		if got := c.trips.Load() - maxFlights; got != trips {
			t.Errorf("%d calls took %d round trips; want %d", n, got, trips)
		}
	}
}

func TestALargeReportGoesAlone(t *testing.T) {
	c := gather(t, openReal(t, redistest.Start(t)), 1)
	land := c.fill()
	got, err := c.Report(t.Context(), c.ids[0], session.Report{Parts: numbered(1, 100)})
	if err != nil || got.PartsReported != 100 {
		t.Errorf("%+v, %v; want 100 parts while others wait", got, err)
	}
	c.depart()
	land()
}

func TestWhoLeavesReturnsAtOnceAndTakesNobodyElsesAnswerAway(t *testing.T) {
	c := gather(t, openReal(t, redistest.Start(t)), 3)
	c.cancel[1]()
	<-c.done[1] // while the pipeline is held
	if err := c.errs[1]; session.KindOf(err) != session.Unavailable {
		t.Errorf("%v; want Unavailable", err)
	}
	c.depart()
	c.answered(0)
	c.answered(2)
}

func TestWhoLeavesBeforeItsFlightIsNotTakenAlong(t *testing.T) {
	c := gather(t, openReal(t, redistest.Start(t)), 1)
	land := c.fill()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := c.Report(ctx, c.ids[0], session.Report{Parts: numbered(7, 7)})
		left <- err
	}()
	c.until(func() bool { return c.waiting() == 1 })
	cancel()
	if err := <-left; session.KindOf(err) != session.Unavailable {
		t.Errorf("%v; want Unavailable", err)
	}
	c.depart()
	land()
	c.answered(0)
	c.together.close() // waits for what is on its way
	if got, err := c.Get(t.Context(), c.ids[0]); err != nil || got.PartsReported != 1 {
		t.Errorf("%+v, %v; want one part", got, err)
	}
}

func TestAFlightThatHangsHoldsUpNobodyForLong(t *testing.T) {
	c := gather(t, openReal(t, redistest.Start(t)), 1)
	land := c.fill()
	c.together.patience = 0
	if _, err := c.Get(t.Context(), c.ids[0]); err != nil {
		t.Error(err)
	}
	c.depart()
	land()
}

func TestANodeThatForgotTheScriptsIsToldAgain(t *testing.T) {
	server := redistest.Start(t)
	c := gather(t, openReal(t, server), 3)
	if _, err := server.Do("SCRIPT", "FLUSH"); err != nil {
		t.Fatal(err)
	}
	c.depart()
	for i := range c.ids {
		c.answered(i)
	}
}

// go-redis does not try a pipeline again for what is refused behind its first
// command, such as by a node that was the master until now.
func TestACallThatIsRefusedIsMadeAgainByItself(t *testing.T) {
	server := redistest.Start(t)
	c := gather(t, openReal(t, server), 3)
	if _, err := server.Do("REPLICAOF", "127.0.0.1", "1"); err != nil {
		t.Fatal(err)
	}
	c.behind = func() {
		if answer, err := server.Do("REPLICAOF", "NO", "ONE"); err != nil || answer != "+OK" {
			t.Error(answer, err)
		}
	}
	c.depart()
	for i := range c.ids {
		c.answered(i)
	}
}

func TestAnswersOfAFlightThatGetLost(t *testing.T) {
	for name, retries := range map[string]int{"and are asked for again": 3, "and are not asked for again": -1} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			var lose atomic.Bool
			var lost atomic.Int32
			client := redis.NewClient(&redis.Options{Addr: server.Addr, MaxRetries: retries, Dialer: func(_ context.Context, network, addr string) (net.Conn, error) {
				conn, err := net.Dial(network, addr)
				return lossy{conn, &lose, &lost}, err
			}})
			s, err := New(client, "slipway")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			c := gather(t, s, 50)
			lose.Store(true)
			c.depart()
			if lost.Load() != 1 {
				t.Fatalf("%d answers were lost; want one", lost.Load())
			}
			for i, id := range c.ids {
				if retries < 0 {
					if session.KindOf(c.errs[i]) != session.Unavailable {
						t.Errorf("report %d: %v; want Unavailable", i, c.errs[i])
					}
					c.got[i], c.errs[i] = c.Get(t.Context(), id) // it was carried out
				}
				c.answered(i)
			}
		})
	}
}

func TestCloseWaitsForWhatIsOnItsWay(t *testing.T) {
	server := redistest.Start(t)
	s := openReal(t, server)
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
		t.Fatal(err)
	}
	server.Stall()
	c := &crowd{T: t, Store: s}
	var calls sync.WaitGroup
	for range 9 {
		calls.Go(func() {
			if _, err := s.Get(t.Context(), rec.ID); session.KindOf(err) != session.Unavailable {
				t.Errorf("%v; want Unavailable", err)
			}
		})
	}
	c.until(func() bool { return c.waiting() == 9-maxFlights })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := s.together.flights; n != 0 { // nobody is there to guard it from
		t.Errorf("%d flights are on their way", n)
	}
	calls.Wait()
}
