package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// swapAll makes n changes in few round trips.
func swapAll(s *Store, n int, change func(i int) session.Change) error {
	var calls []call
	for i := range n {
		c, err := s.swapCall(change(i), newOperation())
		if err != nil {
			return err
		}
		calls = append(calls, c)
	}
	for some := range slices.Chunk(calls, 100) {
		for _, r := range runAll(context.Background(), s.client, some) {
			if r.err != nil || r.word != "ok" {
				return fmt.Errorf("%+v", r)
			}
		}
	}
	return nil
}

// hostileSession has as many parts in its record as there can be, and texts as
// long as they can be.
func hostileSession(owner session.Owner, state session.State) session.Change {
	rec := sessiontest.NewSession(owner)
	rec.State, rec.Name, rec.UploadID = state, strings.Repeat("n", session.MaxNameBytes), session.UploadID(strings.Repeat("u/", 512))
	return session.Change{Session: rec, Parts: hostileParts(1, 64)}
}

// hostileNotice tells of a salvage that lacks every second part.
func hostileNotice(rec *session.Session, i int, suffix string) session.Change {
	e := named(rec, suffix)(i)
	e.Name = strings.Repeat("n", session.MaxNameBytes)
	for n := session.PartNumber(1); n <= session.MaxPartNumber; n += 2 {
		e.Missing = append(e.Missing, n)
	}
	return session.Change{Session: sessiontest.NewSession(rec.Owner), Event: e, Notify: true}
}

// told has n notices of a session, or of one in every tag, be due; the scripts of
// the outbox are loaded by then.
func told(n int, everyTag bool, notice func(rec *session.Session, i int) session.Change) func(*Store, *session.Session) error {
	return func(s *Store, rec *session.Session) error {
		recs := []*session.Session{rec}
		for everyTag && len(recs) < session.Tags {
			other := sessiontest.NewSession("")
			if !slices.ContainsFunc(recs, func(r *session.Session) bool { return r.ID.Tag() == other.ID.Tag() }) {
				recs = append(recs, other)
			}
		}
		if err := swapAll(s, 1, func(int) session.Change { return notice(rec, n) }); err != nil {
			return err
		}
		for range 2 { // not the whole of what is due when it is measured
			taken, err := s.Take(context.Background(), 1, 0)
			if err != nil || len(taken) != 1 {
				return fmt.Errorf("%d taken, %w", len(taken), err)
			}
			if err := s.Later(context.Background(), taken[0], 0); err != nil {
				return err
			}
		}
		return swapAll(s, n*len(recs), func(i int) session.Change { return notice(recs[i%len(recs)], i/len(recs)) })
	}
}

func plain(rec *session.Session, i int) session.Change {
	return session.Change{Session: sessiontest.NewSession(rec.Owner), Event: named(rec, "-completed")(i), Notify: true}
}

func listed(want int, q session.Query) func(*Store, *session.Session) error {
	return func(s *Store, _ *session.Session) error {
		page, err := s.List(context.Background(), q)
		if err == nil && len(page.Sessions) != want {
			err = fmt.Errorf("%d sessions are listed, want %d", len(page.Sessions), want)
		}
		return err
	}
}

// sessions has 2,000 of ann's, and the scripts of listings are loaded.
func sessions(state session.State) func(*Store, *session.Session) error {
	return func(s *Store, _ *session.Session) error {
		if _, err := s.List(context.Background(), session.Query{Limit: 1}); err != nil {
			return err
		}
		return swapAll(s, 2000, func(int) session.Change { return hostileSession("ann", state) })
	}
}

// What calls find in the index and in the outbox is as much as there can be, and
// as large. docs/security.md has the numbers.
func TestNoIndexKeepsRedisForLong(t *testing.T) {
	full := session.Admission{Owner: session.Owner(strings.Repeat("o", session.MaxOwnerBytes)), Quota: session.Quota{MaxOpen: 1, DailyBytes: 1}, Rate: session.Rate{PerSecond: 1, Burst: 100}, Cost: 20}
	look := session.Report{Look: true, Cost: 20, Owner: "ann", Rates: session.Rates{Session: session.Rate{PerSecond: 1, Burst: 10_000}, Owner: session.Rate{PerSecond: 1, Burst: 10_000}}}
	for _, h := range []hostile{
		{"an open of an owner who has a thousand sessions open", 1, func(s *Store, _ *session.Session) error {
			if _, err := s.Admit(t.Context(), sessiontest.NewID("bob", 'w'), session.Admission{}); err != nil {
				return err
			}
			return swapAll(s, 1000, func(int) session.Change { return session.Change{Session: sessiontest.NewSession(full.Owner)} })
		}, func(s *Store, _ *session.Session) error {
			if _, err := s.Admit(t.Context(), sessiontest.NewID(full.Owner, 'w'), full); session.KindOf(err) != session.Limited {
				return fmt.Errorf("it is answered with %w", err)
			}
			return nil
		}},
		{"a look through the rates at 10,000 parts", 1, report(hostileParts(1, session.MaxPartNumber)), func(s *Store, rec *session.Session) error {
			_, err := s.Report(t.Context(), rec.ID, look)
			return err
		}},
		{"a look through the rates that comes too soon", 1, report(hostileParts(1, session.MaxPartNumber)), func(s *Store, rec *session.Session) error {
			early := look
			early.Rates.Session.Burst = 1
			if _, err := s.Report(t.Context(), rec.ID, early); session.KindOf(err) != session.Limited {
				return fmt.Errorf("it is answered with %w", err)
			}
			return nil
		}},
		{"a page of 1,000 for operators", 1002, sessions(session.Open), listed(1000, session.Query{Limit: 1000})},
		{"a page of one owner's", 1006, sessions(session.Open), listed(1000, session.Query{Limit: 1000, Owner: "ann"})},
		{"a page of one owner's among those of others of its tag", 2066, sessions(session.Completed), listed(0, session.Query{Limit: 1000, Owner: neighbour(), State: session.Completed})},
		{"a page of the reaper", 1, sessions(session.Completing), listed(0, session.Query{Limit: session.MaxPage, State: session.Completing, IdleFor: time.Hour})},
		{"what the reaper goes on with", 1002, sessions(session.Aborting), listed(session.MaxPage, session.Query{Limit: session.MaxPage, State: session.Aborting})},
		{"100 of 2,000 probes that are due", 265, func(s *Store, _ *session.Session) error {
			return swapAll(s, 2000, func(int) session.Change {
				c := hostileSession("ann", session.Open)
				c.Session.WhenWhole, c.Session.Announced, c.Session.Probe.At = true, 1<<40, time.Now().Add(-time.Hour)
				return c
			})
		}, func(s *Store, _ *session.Session) error {
			due, err := s.Due(t.Context(), 100)
			if err == nil && len(due) != 100 {
				err = fmt.Errorf("%d are due", len(due))
			}
			return err
		}},
		{"4 of 10,000 notices of a tag", 131, told(9_999, false, plain), take(4)},
		{"4 notices where each tag has 300", 197, told(300, true, plain), take(4)},
		{"4 notices of 10 kB", 131, told(100, false, func(rec *session.Session, i int) session.Change { return hostileNotice(rec, i, "-salvaged") }), take(4)},
		{"to forget a notice of 10,000", 1, told(9_999, false, plain), func(s *Store, rec *session.Session) error {
			return s.Done(t.Context(), session.Notice{Event: session.Event{Session: rec.ID}, Ref: named(rec, "-completed")(7).ID})
		}},
		{"a notice of 10,000 comes later", 1, told(9_999, false, plain), func(s *Store, rec *session.Session) error {
			return s.Later(t.Context(), session.Notice{Event: session.Event{Session: rec.ID}, Ref: named(rec, "-completed")(7).ID}, time.Hour)
		}},
		{"a salvage whose notice the outbox has no room for", 1, told(10_000, false, plain), func(s *Store, rec *session.Session) error {
			return dropsOne(t, s, hostileNotice(rec, 20_000, "-salvaged"))
		}},
		{"an abort where half of the outbox is aborts", 1, told(5_000, false, func(rec *session.Session, i int) session.Change {
			return session.Change{Session: sessiontest.NewSession(rec.Owner), Event: named(rec, "-aborted")(i), Notify: true}
		}), func(s *Store, rec *session.Session) error {
			return dropsOne(t, s, hostileNotice(rec, 20_000, "-aborted"))
		}},
	} {
		t.Run(h.name, func(t *testing.T) { h.keepsRedisForMoments(t, true) })
	}
}

func take(n int) func(*Store, *session.Session) error {
	return func(s *Store, _ *session.Session) error {
		taken, err := s.Take(context.Background(), n, time.Hour)
		if err == nil && len(taken) != n {
			err = fmt.Errorf("%d are taken, want %d", len(taken), n)
		}
		return err
	}
}

func dropsOne(t *testing.T, s *Store, c session.Change) error {
	t.Helper()
	dropped := 0
	s.Dropped = func(string) { dropped++ }
	_, err := s.Swap(t.Context(), c)
	if err == nil && dropped != 1 {
		err = fmt.Errorf("%d notices are dropped, want one", dropped)
	}
	return err
}
