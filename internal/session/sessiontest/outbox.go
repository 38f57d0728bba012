package sessiontest

import (
	"fmt"
	"reflect"
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

// otherOwner is an owner whose sessions have the tag of owner's, or another one.
func otherOwner(owner session.Owner, sameTag bool) session.Owner {
	for i := 0; ; i++ {
		if other := session.Owner(fmt.Sprintf("%s-%d", owner, i)); (session.TagOf(other) == session.TagOf(owner)) == sameTag {
			return other
		}
	}
}

var outboxTests = []test{
	{"a notice is its event, as the event log tells it", func(s *suite) {
		rec := NewSession("ann")
		s.notify(rec)
		got := s.take(1, time.Hour)[0].Event
		want := s.told(s.get(rec.ID).ActiveAt)[0]
		if !got.At.Equal(want.At) {
			s.Errorf("the notice is of %v, the event of %v", got.At, want.At)
		}
		if got.At = want.At; !reflect.DeepEqual(got, want) {
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
			want = append(want, s.notify(NewSession("ann")))
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
	{"those of nobody come in turn, too: the longest due of each tag, then the next of each", func(s *suite) {
		turns, before := map[string]int{}, map[int]int{} // of a notice; of a tag, so far
		for range 3 * session.Tags / 2 {                 // so that some share a tag
			e := s.notify(NewSession(""))
			turns[e.ID] = before[e.Session.Tag()]
			before[e.Session.Tag()]++
			s.tick()
		}
		var got []int
		for len(got) < len(turns) {
			var some []int // notices that are taken together come in any order
			for _, n := range s.take(10, time.Hour) {
				some = append(some, turns[n.ID])
			}
			if len(some) == 0 {
				s.Fatalf("%d are taken of %d", len(got), len(turns))
			}
			slices.Sort(some)
			got = append(got, some...)
		}
		if !slices.IsSorted(got) {
			s.Errorf("the turns that notices had in their tags, in the order in which these were taken: %v", got)
		}
		s.takes(time.Hour, 0)
	}},
	{"an owner with many notices does not keep those of another waiting", func(s *suite) {
		for range 20 {
			s.notify(NewSession("ann"))
			s.tick()
		}
		e := s.notify(NewSession("bob"))
		first := s.take(2, time.Hour)
		if len(first) != 2 || first[1].ID != e.ID {
			s.Errorf("the first two are %+v; want bob's second", first)
		}
	}},
	{"who comes late waits for one notice of each other owner, however many there are", func(s *suite) {
		for _, sameTag := range []bool{false, true} {
			ann := session.Owner(fmt.Sprintf("ann-%v", sameTag))
			bob := otherOwner(ann, sameTag)
			for range 20 {
				s.notify(NewSession(ann))
				s.tick()
			}
			for range 5 {
				s.take(1, time.Hour)
			}
			for range 4 {
				s.notify(NewSession(bob))
			}
			var got []session.Owner
			for range 4 {
				n := s.take(1, time.Hour)
				if len(n) != 1 {
					s.Fatalf("%d notices; want one", len(n))
				}
				got = append(got, n[0].Owner)
			}
			slices.Sort(got)
			if want := []session.Owner{ann, ann, bob, bob}; !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				s.Errorf("of four that are taken, in one tag (%v): %q; want two of each", sameTag, got)
			}
			s.take(100, time.Hour)
		}
	}},
	{"one that failed waits for its turn again, and so does one whose hold was over", func(s *suite) {
		for name, again := range map[string]func(session.Notice){
			"later": func(n session.Notice) {
				if err := s.store.Later(s.Context(), n, 0); err != nil {
					s.Fatal(err)
				}
			},
			"hold": func(session.Notice) { s.wait(6 * short) },
		} {
			ann := session.Owner("ann-" + name)
			failing := s.notify(NewSession(ann))
			first := s.take(1, 5*short)[0]
			s.tick()
			for range 5 {
				s.notify(NewSession(ann))
				s.tick()
			}
			again(first)
			s.tick()
			bob := s.notify(NewSession(otherOwner(ann, true)))
			var got []string
			for range 3 {
				got = append(got, s.take(1, time.Hour)[0].ID)
			}
			if !slices.Contains(got, bob.ID) || slices.Contains(got, failing.ID) {
				s.Errorf("%s: the first three are %q; want bob's %s, and not yet %s", name, got, bob.ID, failing.ID)
			}
			s.take(100, time.Hour)
		}
	}},
	{"later is not before, though somebody else could have taken it meanwhile", func(s *suite) {
		for range 2 {
			s.notify(NewSession("ann"))
		}
		held := s.take(2, short)
		s.wait(2 * short)
		other := s.take(1, time.Hour) // by then both are due
		for _, n := range held {
			if n.ID == other[0].ID {
				continue
			}
			if err := s.store.Later(s.Context(), n, 5*short); err != nil {
				s.Fatal(err)
			}
			s.takes(time.Hour, 0)
			s.wait(6 * short)
			if again := s.take(2, time.Hour); len(again) != 1 || again[0].ID != n.ID {
				s.Errorf("%+v is due; want the one that was to come later", again)
			}
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
