package sessiontest

import (
	"slices"
	"time"

	"slipway/internal/session"
)

// whenWhole is an open session of owner whose probe is due in so long.
func whenWhole(owner session.Owner, in time.Duration) *session.Session {
	s := NewSession(owner)
	s.WhenWhole, s.Announced = true, 7<<20
	s.Probe = session.Probe{At: time.Now().Add(in).UTC().Truncate(time.Millisecond), Every: 30 * time.Second, Seen: 5 << 20}
	return s
}

// due holds what is due against what should be, in order.
func (s *suite) due(what string, limit int, want ...session.ID) {
	s.Helper()
	sessions, err := s.store.Due(s.Context(), limit)
	if err != nil {
		s.Fatalf("%s: Due: %v", what, err)
	}
	var got []session.ID
	for _, rec := range sessions {
		got = append(got, rec.ID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("%s: due are %v; want %v", what, got, want)
	}
}

var wholeTests = []test{
	{"what is due is handed out whole, the longest due first, and no more than the limit", func(s *suite) {
		second := s.create(whenWhole("ann", -time.Minute))
		first := s.create(whenWhole("bob", -time.Hour))
		s.create(whenWhole("ann", time.Hour))
		s.create(NewSession("ann"))
		s.due("all", 10, first.ID, second.ID)
		s.due("one", 1, first.ID)
		got, err := s.store.Due(s.Context(), 1)
		if err != nil || len(got) != 1 {
			s.Fatalf("Due: %d sessions, %v", len(got), err)
		}
		s.same("as handed out", got[0], first)
	}},
	{"an unsized session is due too, and is kept as it is", func(s *suite) {
		rec := whenWhole("ann", -time.Minute)
		rec.WhenWhole, rec.Unsized = false, true
		made := s.create(rec)
		s.due("unsized", 10, made.ID)
		got, err := s.store.Get(s.Context(), made.ID)
		if err != nil || !got.Unsized || got.WhenWhole || got.Probe != rec.Probe || got.Announced != rec.Announced {
			s.Fatalf("it is kept as %+v, %v", got, err)
		}
	}},
	{"a swap puts the next probe off, and the end of a session ends it", func(s *suite) {
		rec := s.create(whenWhole("ann", -time.Minute))
		next := *rec
		next.Probe.At = rec.Probe.At.Add(time.Hour)
		rec = s.swap(session.Change{Session: &next, From: rec.Revision})
		s.due("put off", 10)
		next = *rec
		next.Probe.At = rec.Probe.At.Add(-2 * time.Hour)
		rec = s.swap(session.Change{Session: &next, From: rec.Revision})
		s.due("again", 10, rec.ID)
		rec = s.move(rec, session.Completing)
		s.due("completing", 10)
		rec = s.move(rec, session.Open)
		s.due("open again", 10, rec.ID)
		s.move(rec, session.Aborted)
		s.due("aborted", 10)
	}},
	{"a report of all that was announced makes a probe due at once, and one of less does not", func(s *suite) {
		rec := s.create(whenWhole("ann", time.Hour))
		announced := rec.Announced
		later := time.Now().Add(time.Hour)
		s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(1, 5<<20)}, Announced: announced})
		s.due("a part", 10)
		s.report(rec.ID, session.Report{URLsExpireAt: later, Announced: announced})
		s.due("it signs", 10)
		s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(2, 2<<20)}, URLsExpireAt: later, Announced: announced})
		s.due("the last part", 10, rec.ID)
	}},
	{"a sign of life alone makes a probe due at once", func(s *suite) {
		rec := s.create(whenWhole("ann", time.Hour))
		s.report(rec.ID, session.Report{Announced: rec.Announced})
		s.due("it is back", 10, rec.ID)
		other := s.create(NewSession("ann"))
		s.report(other.ID, session.Report{})
		s.due("of another kind", 10, rec.ID)
	}},
}
