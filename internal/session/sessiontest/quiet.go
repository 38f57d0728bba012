package sessiontest

import (
	"time"

	"slipway/internal/session"
)

var quietTests = []test{
	{"a quiet swap is no sign of life, and leaves the place in the listing", func(s *suite) {
		rec := s.create(NewSession("ann"))
		s.tick()
		other := s.create(NewSession("ann"))
		s.wait(short)
		next := *rec
		next.State = session.Completing
		stored := s.swap(session.Change{Session: &next, From: rec.Revision, Lease: time.Hour, Quiet: true})
		if stored.ActiveAt != rec.ActiveAt || stored.Revision <= rec.Revision {
			s.Errorf("ActiveAt went from %v to %v, the revision from %d to %d; want the same and a higher one", rec.ActiveAt, stored.ActiveAt, rec.Revision, stored.Revision)
		}
		if got := stored.LeaseUntil.Sub(rec.ActiveAt); got < time.Hour+short {
			s.Errorf("the lease ends %v after the creation; want an hour from now", got)
		}
		s.same("as read", s.get(rec.ID), stored)
		s.lists("all", session.Query{}, rec.ID, other.ID)
		s.lists("idle", session.Query{IdleFor: short / 2, State: session.Completing}, rec.ID)
	}},
	{"a quiet creation is a sign of life", func(s *suite) {
		before := s.create(NewSession("ann"))
		s.wait(short)
		rec := s.swap(session.Change{Session: NewSession("ann"), Quiet: true})
		if rec.ActiveAt.Sub(before.ActiveAt) < short {
			s.Errorf("ActiveAt is %v; the session before it was made at %v", rec.ActiveAt, before.ActiveAt)
		}
		s.lists("all", session.Query{}, before.ID, rec.ID)
	}},
}

var adoptTests = []test{
	{"an adopted session is listed under the owner that its token brings", func(s *suite) {
		adopted := &session.Session{ID: NewID("ann", 'w'), UploadID: "u", Adopted: true, State: session.Open}
		rec := s.create(adopted)
		s.lists("ann, before", session.Query{Owner: "ann"})
		known := NewSession("ann")
		known.ID = rec.ID
		s.swap(session.Change{Session: known, From: rec.Revision})
		s.lists("ann", session.Query{Owner: "ann"}, rec.ID)
		s.lists("ann, open", session.Query{Owner: "ann", State: session.Open}, rec.ID)
		s.move(s.get(rec.ID), session.Aborted)
		s.lists("ann, finished", session.Query{Owner: "ann"})
	}},
}
