package sessiontest

import (
	"slices"
	"time"

	"slipway/internal/session"
)

// notify creates rec with a notice, and returns the notice's event.
func (s *suite) notify(rec *session.Session) *session.Event {
	s.Helper()
	e := eventOf(rec)
	s.swap(session.Change{Session: rec, Event: e, Notify: true})
	return e
}

func (s *suite) take(limit int, hold time.Duration) []session.Notice {
	s.Helper()
	notices, err := s.store.Take(s.Context(), limit, hold)
	if err != nil {
		s.Fatalf("Take: %v", err)
	}
	return notices
}

// takes expects just these events to be due, tried so often before.
func (s *suite) takes(hold time.Duration, tries int, want ...*session.Event) []session.Notice {
	s.Helper()
	notices := s.take(100, hold)
	var ids []string
	for _, n := range notices {
		ids = append(ids, n.ID)
		if n.Tries != tries {
			s.Errorf("%s was tried %d times; want %d", n.ID, n.Tries, tries)
		}
	}
	var wanted []string
	for _, e := range want {
		wanted = append(wanted, e.ID)
	}
	if !slices.Equal(ids, wanted) {
		s.Fatalf("due are %q; want %q", ids, wanted)
	}
	return notices
}

var outboxTests = []test{
	{"a notice is its event, as the event log tells it", func(s *suite) {
		rec := NewSession("ann")
		s.notify(rec)
		got := s.take(1, time.Hour)[0].Event
		want := s.told(s.get(rec.ID).ActiveAt)[0]
		if !got.At.Equal(want.At) || !slices.Equal(got.Missing, want.Missing) || got.ID != want.ID || got.Type != want.Type ||
			got.Session != want.Session || got.Owner != want.Owner || got.Name != want.Name || got.ContentType != want.ContentType || got.Size != want.Size {
			s.Errorf("the notice: %+v\nthe event: %+v", got, want)
		}
	}},
	{"nobody has to be told of an event without Notify, nor of none", func(s *suite) {
		s.tell(NewSession("ann"), 0, session.EventOpened)
		s.swap(session.Change{Session: NewSession("ann"), Notify: true})
		s.takes(time.Hour, 0)
	}},
	{"who takes a notice keeps it from everybody else for a while", func(s *suite) {
		e := s.notify(NewSession("ann"))
		s.takes(5*short, 0, e)
		s.takes(5*short, 0)
		s.wait(6 * short)
		s.takes(time.Hour, 1, e)
		s.takes(time.Hour, 0)
	}},
	{"done is done", func(s *suite) {
		s.notify(NewSession("ann"))
		notices := s.take(1, short)
		for range 2 {
			if err := s.store.Done(s.Context(), notices[0]); err != nil {
				s.Fatal(err)
			}
		}
		if err := s.store.Later(s.Context(), notices[0], 0); err != nil { // by somebody whose hold was over
			s.Fatal(err)
		}
		s.wait(2 * short)
		s.takes(time.Hour, 0)
	}},
	{"later is not before", func(s *suite) {
		e := s.notify(NewSession("ann"))
		notices := s.takes(time.Hour, 0, e)
		if err := s.store.Later(s.Context(), notices[0], 5*short); err != nil {
			s.Fatal(err)
		}
		s.takes(time.Hour, 0)
		s.wait(6 * short)
		s.takes(time.Hour, 1, e)
	}},
	{"the longest due comes first, and no more than the limit", func(s *suite) {
		var want []*session.Event
		for range 7 {
			want = append(want, s.notify(NewSession("")))
			s.tick()
		}
		first := s.take(3, short)
		if len(first) != 3 || first[0].ID != want[0].ID || first[1].ID != want[1].ID || first[2].ID != want[2].ID {
			s.Errorf("%d notices, the first %+v; want 3 from %s on", len(first), first[:min(len(first), 1)], want[0].ID)
		}
		s.takes(time.Hour, 0, want[3:]...)
		s.wait(2 * short)
		if again := s.take(100, time.Hour); len(again) != 3 {
			s.Errorf("%d notices are due again; want 3", len(again))
		}
	}},
	{"a notice outlives its record", func(s *suite) {
		rec := s.create(NewSession("ann"))
		done := *rec
		done.State = session.Aborted
		e := eventOf(rec)
		s.swap(session.Change{Session: &done, From: rec.Revision, Keep: short, Event: e, Notify: true})
		s.wait(2 * short)
		s.takes(time.Hour, 0, e)
	}},
}
