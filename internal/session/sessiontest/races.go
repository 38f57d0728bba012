package sessiontest

import (
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/session"
)

// at runs f n times at once and waits for all.
func at(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// oneWins checks that of n swaps at once one succeeds and the others are
// stale.
func (s *suite) oneWins(n int, change func(i int) session.Change) {
	s.Helper()
	var wins atomic.Int32
	at(n, func(i int) {
		_, err := s.store.Swap(s.Context(), change(i))
		if err == nil {
			wins.Add(1)
		} else {
			s.fails("a swap that lost", err, session.Conflict, "stale")
		}
	})
	if wins.Load() != 1 {
		s.Errorf("%d of %d swaps won; want 1", wins.Load(), n)
	}
}

var raceTests = []test{
	{"of several swaps at once exactly one wins", func(s *suite) {
		rec := s.create(NewSession("ann"))
		for range 10 {
			from := s.get(rec.ID).Revision
			s.oneWins(8, func(i int) session.Change {
				next := *rec
				next.State = []session.State{session.Completing, session.Aborting, session.Open}[i%3]
				return session.Change{Session: &next, From: from, Lease: time.Hour}
			})
		}
		got := s.get(rec.ID)
		for _, state := range []session.State{session.Completing, session.Aborting, session.Open} {
			want := 0
			if got.State == state {
				want = 1
			}
			if n := len(s.walk(session.Query{State: state, Limit: 9}, nil)); n != want {
				s.Errorf("%d sessions are listed as %s, and the session is %s", n, state, got.State)
			}
		}
	}},
	{"of several creators at once exactly one wins", func(s *suite) {
		rec := NewSession("ann")
		s.oneWins(8, func(i int) session.Change {
			mine := *rec
			mine.Name = string(rune('a' + i))
			return session.Change{Session: &mine}
		})
	}},
	{"of several takers at once each notice goes to one", func(s *suite) {
		for range 20 {
			s.notify(NewSession(""))
		}
		var mu sync.Mutex // guards taken
		taken := map[string]int{}
		at(8, func(int) {
			for range 3 {
				notices, err := s.store.Take(s.Context(), 5, time.Hour)
				if err != nil {
					s.Error(err)
				}
				mu.Lock()
				for _, n := range notices {
					taken[n.Ref]++
				}
				mu.Unlock()
			}
		})
		for _, n := range s.take(20, time.Hour) {
			taken[n.Ref]++
		}
		for ref, times := range taken {
			if times != 1 {
				s.Errorf("notice %s was taken %d times", ref, times)
			}
		}
		if len(taken) != 20 {
			s.Errorf("%d notices were taken; want 20", len(taken))
		}
	}},
	{"reports at once are all counted", func(s *suite) {
		rec := s.create(NewSession("ann"))
		at(80, func(i int) {
			if _, err := s.store.Report(s.Context(), rec.ID, session.Report{Parts: []session.Part{NewPart(session.PartNumber(i+1), 10)}}); err != nil {
				s.Error(err)
			}
		})
		got := s.get(rec.ID)
		s.counts("after all", got, 80, 800)
		if got.Revision < rec.Revision+80 {
			s.Errorf("revision %d after %d and 80 reports", got.Revision, rec.Revision)
		}
	}},
}

var contextTests = []test{
	{"an ended context is Unavailable and never NotFound", func(s *suite) {
		known, unknown := s.create(NewSession("ann")), NewSession("ann")
		ctx := canceled()
		for _, rec := range []*session.Session{known, unknown} {
			_, err := s.store.Get(ctx, rec.ID)
			s.fails("Get", err, session.Unavailable, "")
			_, err = s.store.Parts(ctx, rec.ID)
			s.fails("Parts", err, session.Unavailable, "")
			_, err = s.store.Report(ctx, rec.ID, session.Report{})
			s.fails("Report", err, session.Unavailable, "")
			_, err = s.store.Swap(ctx, session.Change{Session: rec})
			s.fails("Swap", err, session.Unavailable, "")
		}
		_, err := s.store.List(ctx, session.Query{Limit: 1})
		s.fails("List", err, session.Unavailable, "")
		s.fails("Ping", s.store.Ping(ctx), session.Unavailable, "")
		_, err = s.store.Take(ctx, 1, time.Hour)
		s.fails("Take", err, session.Unavailable, "")
		s.fails("Done", s.store.Done(ctx, session.Notice{Event: *eventOf(known), Ref: "x"}), session.Unavailable, "")
		s.fails("Later", s.store.Later(ctx, session.Notice{Event: *eventOf(known), Ref: "x"}, time.Hour), session.Unavailable, "")
	}},
}
