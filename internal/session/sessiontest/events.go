package sessiontest

import (
	"context"
	"reflect"
	"slices"
	"time"

	"slipway/internal/session"
)

// eventOf is an event of rec with something in every field that is not the
// Store's to set.
func eventOf(rec *session.Session) *session.Event {
	return &session.Event{
		ID: string(rec.ID) + ".salvaged", Type: session.EventSalvaged, Session: rec.ID, Owner: rec.Owner, Name: "Zoë's\n\x00", ContentType: rec.ContentType,
		Size: 5 << 40, Missing: []session.PartNumber{2, 3, session.MaxPartNumber},
		OpenedAt: time.UnixMilli(1_790_000_000_001).UTC(), Duration: session.MaxDuration,
	}
}

// tell swaps rec from a revision, with an event of this type.
func (s *suite) tell(rec *session.Session, from session.Revision, t session.EventType) (*session.Session, session.Event) {
	s.Helper()
	e := &session.Event{ID: string(rec.ID) + "." + string(t), Type: t, Session: rec.ID, Owner: rec.Owner}
	return s.swap(session.Change{Session: rec, From: from, Event: e}), *e
}

// told returns what is told since then, up to now.
func (s *suite) told(since time.Time) (events []session.Event) {
	s.Helper()
	s.tick()
	_, last := s.tell(NewSession(""), 0, session.EventOpened)
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	for e, err := range s.store.Follow(ctx, since) {
		if err != nil {
			s.Fatalf("Follow: %v", err)
		}
		if e.ID == last.ID {
			return events
		}
		events = append(events, e)
	}
	s.Fatal("the events stopped coming")
	return nil
}

func (s *suite) sameEvents(got []session.Event, want ...session.Event) {
	s.Helper()
	ids := func(events []session.Event) (ids []string) {
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		return ids
	}
	if !slices.Equal(ids(got), ids(want)) {
		s.Errorf("told of %q; want %q", ids(got), ids(want))
	}
}

var eventTests = []test{
	{"an event is told as it was given, at the store's time", func(s *suite) {
		before := s.create(NewSession("ann"))
		s.wait(short)
		rec := NewSession("ann")
		want := eventOf(rec)
		stored := s.swap(session.Change{Session: rec, Event: want})
		events := s.told(before.ActiveAt)
		s.sameEvents(events, *want)
		got := events[0]
		s.between("At", got.At, stored.ActiveAt, stored.ActiveAt.Add(time.Minute))
		got.At = want.At
		if !reflect.DeepEqual(got, *want) {
			s.Errorf("told of %+v; want %+v", got, *want)
		}
	}},
	{"events come in the order in which they happened", func(s *suite) {
		var want []session.Event
		var first time.Time
		for i := range 10 {
			rec := NewSession([]session.Owner{"", "ann"}[i%2])
			stored, e := s.tell(rec, 0, session.EventOpened)
			want = append(want, e)
			if i == 0 {
				first = stored.ActiveAt
			}
			s.tick()
		}
		s.sameEvents(s.told(first), want...)
	}},
	{"one session's events keep their order, however quick they came", func(s *suite) {
		rec := NewSession("ann")
		stored, opened := s.tell(rec, 0, session.EventOpened)
		next, completed := s.tell(rec, stored.Revision, session.EventCompleted)
		_, aborted := s.tell(rec, next.Revision, session.EventAborted)
		s.sameEvents(s.told(stored.ActiveAt), opened, completed, aborted)
	}},
	{"a swap that fails tells of nothing", func(s *suite) {
		rec := s.create(NewSession("ann"))
		for _, from := range []session.Revision{0, rec.Revision + 1} {
			_, err := s.store.Swap(s.Context(), session.Change{Session: rec, From: from, Event: eventOf(rec), Notify: true})
			s.fails("Swap", err, session.Conflict, "stale")
		}
		unknown := NewSession("ann")
		_, err := s.store.Swap(s.Context(), session.Change{Session: unknown, From: 1, Event: eventOf(unknown), Notify: true})
		s.fails("Swap", err, session.NotFound, "")
		s.sameEvents(s.told(rec.ActiveAt))
		if taken := s.take(9, time.Hour); len(taken) != 0 {
			s.Errorf("%d notices; want none", len(taken))
		}
	}},
	{"since leaves out what came before", func(s *suite) {
		s.tell(NewSession("ann"), 0, session.EventOpened)
		s.wait(short)
		stored, e := s.tell(NewSession("ann"), 0, session.EventOpened)
		s.sameEvents(s.told(stored.ActiveAt), e)
	}},
	{"without since only what is new is told", func(s *suite) {
		s.tell(NewSession("ann"), 0, session.EventOpened)
		var created []string
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		told := make(chan string)
		go func() { // ends with ctx
			defer close(told)
			for e, err := range s.store.Follow(ctx, time.Time{}) {
				if err != nil {
					s.Errorf("Follow: %v", err)
				}
				told <- e.ID
				return
			}
		}()
		for {
			_, e := s.tell(NewSession("ann"), 0, session.EventOpened)
			created = append(created, e.ID)
			select {
			case id := <-told:
				if !slices.Contains(created, id) {
					s.Errorf("told of %s; want one of those that came later", id)
				}
				return
			case <-time.After(50 * time.Millisecond): // nobody says when the follower began
			}
		}
	}},
	{"following goes on with what comes later, until its context ends", func(s *suite) {
		rec, first := s.tell(NewSession("ann"), 0, session.EventOpened)
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		var got, want = []session.Event{}, []session.Event{first}
		for e, err := range s.store.Follow(ctx, rec.ActiveAt) {
			if err != nil {
				s.Fatalf("Follow: %v", err)
			}
			if got = append(got, e); len(got) == 3 {
				cancel()
				continue
			}
			_, next := s.tell(NewSession(""), 0, session.EventOpened)
			want = append(want, next)
		}
		s.sameEvents(got, want...)
	}},
	{"following ends at once where the context has ended", func(s *suite) {
		rec, _ := s.tell(NewSession("ann"), 0, session.EventOpened)
		for e, err := range s.store.Follow(canceled(), rec.ActiveAt) {
			s.Errorf("%+v, %v; want nothing", e, err)
		}
	}},
}
