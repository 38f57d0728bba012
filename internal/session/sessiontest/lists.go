package sessiontest

import (
	"slices"
	"time"

	"slipway/internal/session"
)

func (s *suite) lists(what string, q session.Query, want ...session.ID) {
	s.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	if got := s.walk(q, nil); !slices.Equal(got, want) {
		s.Errorf("%s: %q\nwant %q", what, got, want)
	}
}

// tick makes sure that the next change has a later ActiveAt.
func (s *suite) tick() { s.wait(2 * time.Millisecond) }

// several creates n sessions of owner, each a moment after the one before.
func (s *suite) several(n int, owner session.Owner) (ids []session.ID) {
	s.Helper()
	for range n {
		ids = append(ids, s.create(NewSession(owner)).ID)
		s.tick()
	}
	return ids
}

var listTests = []test{
	{"a session is indexed in each state that is not finished", func(s *suite) {
		rec := s.create(NewSession("ann"))
		for _, state := range []session.State{session.Completing, session.Open, session.Aborting} {
			if indexed, err := s.store.Indexed(s.Context(), rec); err != nil || !indexed {
				s.Errorf("in the state %s: %t, %v", rec.State, indexed, err)
			}
			next := *rec
			next.State = state
			rec = s.swap(session.Change{Session: &next, From: rec.Revision})
		}
	}},
	{"an empty store lists nothing", func(s *suite) {
		s.lists("all", session.Query{})
		s.lists("an owner", session.Query{Owner: "ann"})
		s.lists("completed", session.Query{State: session.Completed})
	}},
	{"the longest idle comes first", func(s *suite) {
		ids := s.several(4, "")
		s.lists("as created", session.Query{}, ids...)
		s.report(ids[1], session.Report{})
		s.tick()
		s.report(ids[0], session.Report{})
		s.lists("after two reports", session.Query{}, ids[2], ids[3], ids[1], ids[0])
	}},
	{"a row is the record, with the store's time of reading", func(s *suite) {
		rec := s.create(NewSession("ann"), NewPart(1, 5))
		s.wait(short)
		rows := s.list(session.Query{Limit: 1}).Sessions
		if len(rows) != 1 {
			s.Fatalf("%d rows; want 1", len(rows))
		}
		s.same("the row", rows[0], rec)
		s.between("ReadAt", rows[0].ReadAt, rec.ActiveAt.Add(short), rec.ActiveAt.Add(time.Minute))
	}},
	{"idle_for leaves out who showed a sign of life since", func(s *suite) {
		ids := s.several(3, "")
		s.wait(20 * short)
		for _, limit := range []int{100, 1} {
			s.report(ids[1], session.Report{})
			s.lists("idle", session.Query{IdleFor: 20 * short, Limit: limit}, ids[0], ids[2])
		}
		s.lists("idle for an hour", session.Query{IdleFor: time.Hour})
	}},
	{"idle_for holds for one owner too", func(s *suite) {
		ids := s.several(3, "ann")
		s.wait(20 * short)
		s.report(ids[1], session.Report{})
		s.lists("idle", session.Query{Owner: "ann", IdleFor: 20 * short}, ids[0], ids[2])
	}},
	{"a state selects just its sessions", func(s *suite) {
		states := []session.State{session.Open, session.Completing, session.Aborting, session.Completed, session.Aborted, session.Deleted}
		byState := map[session.State]session.ID{}
		for _, state := range states {
			byState[state] = s.move(s.create(NewSession("ann")), state).ID
			s.tick()
		}
		for _, state := range states {
			s.lists(string(state), session.Query{State: state}, byState[state])
			s.lists(string(state)+" of ann", session.Query{State: state, Owner: "ann"}, byState[state])
			s.lists(string(state)+" of bob", session.Query{State: state, Owner: "bob"})
		}
		s.lists("not finished", session.Query{}, byState[session.Open], byState[session.Completing], byState[session.Aborting])
		s.lists("not finished of ann", session.Query{Owner: "ann"}, byState[session.Open], byState[session.Completing], byState[session.Aborting])
	}},
	{"an owner selects just theirs", func(s *suite) {
		var ann, bob []session.ID
		for range 5 {
			ann = append(ann, s.several(1, "ann")...)
			bob = append(bob, s.several(1, "bob")...)
			s.several(1, "")
		}
		s.lists("ann", session.Query{Owner: "ann"}, ann...)
		s.lists("bob by twos", session.Query{Owner: "bob", Limit: 2}, bob...)
		s.lists("open ones of bob", session.Query{Owner: "bob", State: session.Open}, bob...)
		s.lists("a stranger", session.Query{Owner: "ann "})
	}},
	{"owners in one group are told apart when they finished", func(s *suite) {
		same := sameTag("ann")
		var ann []session.ID
		for i := range 30 {
			s.move(s.create(NewSession(same)), session.Completed)
			if i%10 == 9 {
				ann = append(ann, s.move(s.create(NewSession("ann")), session.Completed).ID)
			}
			s.tick()
		}
		s.lists("ann", session.Query{Owner: "ann", State: session.Completed, Limit: 2}, ann...)
	}},
	{"who finished leaves the owner's open listing", func(s *suite) {
		ids := s.several(3, "ann")
		s.move(s.get(ids[1]), session.Completing)
		s.lists("one completing", session.Query{Owner: "ann", State: session.Open}, ids[0], ids[2])
		s.move(s.get(ids[1]), session.Completed)
		s.lists("one completed", session.Query{Owner: "ann"}, ids[0], ids[2])
		s.lists("all", session.Query{}, ids[0], ids[2])
	}},
	{"a page holds no more than the limit, and the last one says so", func(s *suite) {
		ids := s.several(3, "ann")
		for _, q := range []session.Query{{}, {Owner: "ann"}, {State: session.Open}} {
			q.Limit = 2
			page := s.list(q)
			if len(page.Sessions) != 2 || page.Next.ID != ids[1] || !page.Next.ActiveAt.Equal(page.Sessions[1].ActiveAt) {
				s.Errorf("%+v: first page of %d, next %+v; want 2 and %s", q, len(page.Sessions), page.Next, ids[1])
			}
			q.After = page.Next
			if page = s.list(q); len(page.Sessions) != 1 || page.Next != (session.Cursor{}) {
				s.Errorf("%+v: last page of %d, next %+v; want 1 and none", q, len(page.Sessions), page.Next)
			}
			q.After, q.Limit = session.Cursor{}, 3
			if page = s.list(q); len(page.Sessions) != 3 || page.Next != (session.Cursor{}) {
				s.Errorf("%+v: only page of %d, next %+v; want 3 and none", q, len(page.Sessions), page.Next)
			}
		}
	}},
}

// sameTag returns another owner whose sessions are in owner's group.
func sameTag(owner session.Owner) session.Owner {
	for other := owner + "+"; ; other += "+" {
		if session.TagOf(other) == session.TagOf(owner) {
			return other
		}
	}
}

var walkTests = []test{
	{"a walk misses none and doubles none", func(s *suite) {
		// No tick in between: many share a millisecond, all of them where the clock is frozen.
		want := map[session.ID]bool{}
		for range 50 {
			want[s.create(NewSession("")).ID] = true
			want[s.create(NewSession("ann")).ID] = true
		}
		for _, limit := range []int{3, 30, 99, 100, 101} {
			s.covers(s.walk(session.Query{Limit: limit}, nil), want)
		}
		ann := s.walk(session.Query{Limit: 7, Owner: "ann"}, nil)
		if len(ann) != 50 {
			s.Errorf("the walk of ann's found %d; want 50", len(ann))
		}
	}},
	{"sessions of one millisecond come in order of ID", func(s *suite) {
		for range 60 {
			s.create(NewSession("ann"))
			s.create(NewSession(""))
		}
		var rows []*session.Session
		for _, q := range []session.Query{{Limit: 7}, {Limit: 7, Owner: "ann"}, {Limit: 200}} {
			for rows = nil; ; {
				page := s.list(q)
				rows = append(rows, page.Sessions...)
				if q.After = page.Next; q.After == (session.Cursor{}) {
					break
				}
			}
			if !slices.IsSortedFunc(rows, func(a, b *session.Session) int {
				if c := a.ActiveAt.Compare(b.ActiveAt); c != 0 {
					return c
				}
				return slices.Compare([]byte(a.ID), []byte(b.ID))
			}) {
				s.Errorf("%+v: the order is not by ActiveAt, then ID", q)
			}
		}
	}},
	{"a walk goes on though the session it stopped at has gone", func(s *suite) {
		ids := s.several(6, "ann")
		for _, q := range []session.Query{{Limit: 2}, {Limit: 2, Owner: "ann"}} {
			page := s.list(q)
			s.move(page.Sessions[1], session.Aborted)
			q.After = page.Next
			if got := s.list(q).Sessions; len(got) != 2 || got[0].ActiveAt.Before(page.Next.ActiveAt) {
				s.Errorf("%+v: %d sessions after the one that went; want 2", q, len(got))
			}
		}
		if got := s.walk(session.Query{Limit: 2}, nil); len(got) != len(ids)-2 {
			s.Errorf("%d left; want %d", len(got), len(ids)-2)
		}
	}},
	{"who is touched in the middle of a walk moves to its end", func(s *suite) {
		ids := s.several(40, "")
		s.several(1, "")
		touched := map[session.ID]bool{}
		i := 0
		got := s.walk(session.Query{Limit: 10}, func() {
			if i < 10 { // one that was listed already, and one still to come
				for _, id := range []session.ID{ids[i], ids[39-i]} {
					s.report(id, session.Report{})
					touched[id] = true
				}
				i++
				s.tick()
			}
		})
		seen := map[session.ID]int{}
		for _, id := range got {
			seen[id]++
		}
		for _, id := range ids {
			if n := seen[id]; n == 0 || n > 1 && !touched[id] {
				s.Errorf("session %s was listed %d times; touched: %v", id, n, touched[id])
			}
		}
	}},
	{"a walk among the idle misses none of them while others live", func(s *suite) {
		ids := s.several(40, "")
		s.wait(5 * short)
		touched := map[session.ID]bool{}
		got := s.walk(session.Query{Limit: 3, IdleFor: 3 * short}, func() {
			if n := len(touched); n < 10 {
				s.report(ids[2*n+1], session.Report{})
				touched[ids[2*n+1]] = true
			}
		})
		seen := map[session.ID]int{}
		for _, id := range got {
			seen[id]++
		}
		for i, id := range ids {
			// Who showed a sign of life moved to the end, and where time is real
			// it may be idle again by the time the walk gets there.
			if n := seen[id]; n > 2 || n != 1 && !touched[id] {
				s.Errorf("session %d was listed %d times; touched: %v", i, n, touched[id])
			}
		}
	}},
}

// covers checks that got is exactly want, each once.
func (s *suite) covers(got []session.ID, want map[session.ID]bool) {
	s.Helper()
	seen := map[session.ID]bool{}
	for _, id := range got {
		if seen[id] {
			s.Errorf("session %s was listed twice", id)
		}
		if !want[id] {
			s.Errorf("session %s was listed and never created", id)
		}
		seen[id] = true
	}
	if len(seen) != len(want) {
		s.Errorf("%d sessions were listed; want %d", len(seen), len(want))
	}
}
