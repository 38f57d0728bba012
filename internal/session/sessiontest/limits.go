package sessiontest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/session"
)

// limited checks that err says which limit was met, and that waiting helps.
func (s *suite) limited(what string, err error, reason session.Reason, limit int64) *session.Error {
	s.Helper()
	e, _ := errors.AsType[*session.Error](err)
	if e == nil || e.Kind != session.Limited || e.Reason != reason || e.Limit != limit || e.RetryAfter <= 0 {
		s.Fatalf("%s: %+v; want %s, limit %d, and when to ask again", what, err, reason, limit)
	}
	return e
}

// admits checks whether owner may open another session: it is "" if so, or the
// reason why not.
func (s *suite) admits(what string, owner session.Owner, q session.Quota, reason session.Reason) error {
	s.Helper()
	return s.admitted(what, NewID(owner, 'w'), session.Admission{Owner: owner, Quota: q}, reason)
}

// admitted is the same for one ID, whose record there may be.
func (s *suite) admitted(what string, id session.ID, a session.Admission, reason session.Reason) error {
	s.Helper()
	_, none := s.store.Get(s.Context(), id)
	rec, err := s.store.Admit(s.Context(), id, a)
	if reason == "" {
		if err != nil {
			s.Fatalf("%s: %v", what, err)
		}
	} else {
		s.fails(what, err, session.Limited, reason)
	}
	if there := rec != nil; there != (none == nil && reason == "") {
		s.Errorf("%s: there is a record in the answer: %+v", what, rec)
	}
	return err
}

func (s *suite) lets(what string, rec *session.Session, r session.Report) *session.Session {
	s.Helper()
	r.Owner = rec.Owner
	got, err := s.store.Report(s.Context(), rec.ID, r)
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
	return got
}

func (s *suite) refuses(rec *session.Session, r session.Report) error {
	s.Helper()
	r.Owner = rec.Owner
	got, err := s.store.Report(s.Context(), rec.ID, r)
	if err == nil {
		s.Fatalf("it was taken: %+v", got)
	}
	return err
}

// beside is a session of nobody that shares its tag with rec.
func beside(rec *session.Session) *session.Session {
	for {
		if other := NewSession(""); other.ID.Tag() == rec.ID.Tag() {
			return other
		}
	}
}

var quotaTests = []test{
	{"an owner may have so many sessions that are not finished, and no more", func(s *suite) {
		q := session.Quota{MaxOpen: 2}
		first := s.swap(session.Change{Session: NewSession("ann"), Quota: q})
		s.admits("one of two", "ann", q, "")
		s.move(s.swap(session.Change{Session: NewSession("ann"), Quota: q}), session.Completing)
		refused := NewSession("ann")
		_, err := s.store.Swap(s.Context(), session.Change{Session: refused, Quota: q, Event: eventOf(refused)})
		s.limited("a third", err, "open-sessions", 2)
		_, err = s.store.Get(s.Context(), refused.ID)
		s.fails("what was refused", err, session.NotFound, "")
		s.limited("a third, asked ahead", s.admits("two of two", "ann", q, "open-sessions"), "open-sessions", 2)

		s.swap(session.Change{Session: NewSession("bob"), Quota: q})
		nobodys := s.swap(session.Change{Session: NewSession(""), Quota: q})
		for range 2 {
			s.swap(session.Change{Session: beside(nobodys), Quota: q})
		}
		s.admits("nobody has no quota", "", q, "")
		s.admits("no bound", "ann", session.Quota{}, "")
		s.move(first, session.Aborted)
		s.swap(session.Change{Session: refused, Quota: q})
	}},
	{"a session that is there already needs no room", func(s *suite) {
		q := session.Quota{MaxOpen: 1, DailyBytes: 1}
		rec := s.swap(session.Change{Session: NewSession("ann"), Quota: q})
		s.lets("a report", rec, session.Report{Parts: []session.Part{NewPart(1, 9)}, CountBytes: true})
		known, err := s.store.Admit(s.Context(), rec.ID, session.Admission{Owner: "ann", Quota: q})
		if err != nil || known.ID != rec.ID {
			s.Fatalf("%+v, %v; want the session", known, err)
		}
		next := *known
		next.State = session.Completing
		s.swap(session.Change{Session: &next, From: known.Revision, Quota: q})
		_, err = s.store.Swap(s.Context(), session.Change{Session: rec, Quota: q})
		s.fails("created again", err, session.Conflict, "stale")
	}},
	{"what was finished before needs no room", func(s *suite) {
		q := session.Quota{MaxOpen: 1}
		s.swap(session.Change{Session: NewSession("ann"), Quota: q})
		done := NewSession("ann")
		done.State = session.Completed
		s.swap(session.Change{Session: done, Quota: q})
	}},
	{"of many that open at once as many do as there is room", func(s *suite) {
		q := session.Quota{MaxOpen: 5}
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := s.store.Swap(s.Context(), session.Change{Session: NewSession("ann"), Quota: q})
				switch {
				case err == nil:
					made.Add(1)
				case session.ReasonOf(err) == "open-sessions":
					refused.Add(1)
				default:
					s.Error(err)
				}
			})
		}
		all.Wait()
		if made.Load() != 5 || refused.Load() != 15 {
			s.Errorf("%d were made and %d refused; want 5 and 15", made.Load(), refused.Load())
		}
	}},
	{"Admit fails as the others do", func(s *suite) {
		_, err := s.store.Admit(canceled(), NewID("ann", 'w'), session.Admission{Owner: "ann"})
		s.fails("Admit", err, session.Unavailable, "")
	}},
}

var dayTests = []test{
	{"bytes that are reported count to the owner's day, each once", func(s *suite) {
		rec, other := s.create(NewSession("ann")), s.create(NewSession("ann"))
		day := func(what string, bytes int64) {
			s.Helper()
			s.admits(what+", below", "ann", session.Quota{DailyBytes: bytes + 1}, "")
			if bytes > 0 {
				s.limited(what, s.admits(what+", on", "ann", session.Quota{DailyBytes: bytes}, "daily-bytes"), "daily-bytes", bytes)
			}
		}
		for _, step := range []struct {
			what  string
			rec   *session.Session
			part  session.Part
			count bool
			want  int64
		}{
			{"not counted", rec, NewPart(1, 100), false, 0},
			{"another part", rec, NewPart(2, 50), true, 50},
			{"the same again", rec, NewPart(2, 50), true, 50},
			{"grown", rec, NewPart(2, 70), true, 70},
			{"shrunk", rec, NewPart(2, 10), true, 70},
			{"another session", other, NewPart(1, 5), true, 75},
		} {
			s.lets(step.what, step.rec, session.Report{Parts: []session.Part{step.part}, CountBytes: step.count})
			day(step.what, step.want)
		}
		nobodys := s.create(NewSession(""))
		s.lets("nobody's", nobodys, session.Report{Parts: []session.Part{NewPart(1, 99)}, CountBytes: true})
		s.swap(session.Change{Session: beside(nobodys), Quota: session.Quota{DailyBytes: 1}})
		s.admits("somebody else", "bob", session.Quota{DailyBytes: 1}, "")
		_, err := s.store.Swap(s.Context(), session.Change{Session: NewSession("ann"), Quota: session.Quota{DailyBytes: 75}})
		s.limited("created on the limit", err, "daily-bytes", 75)
		s.swap(session.Change{Session: NewSession("ann"), Quota: session.Quota{DailyBytes: 76}})
	}},
	{"what S3 has beyond what was reported counts once the session is completed", func(s *suite) {
		q := session.Quota{DailyBytes: 1000}
		rec := s.create(NewSession("ann"))
		rec = s.lets("a report", rec, session.Report{Parts: []session.Part{NewPart(1, 100)}, CountBytes: true})
		end := func(rec *session.Session, state session.State, size int64) *session.Session {
			next := *rec
			next.State, next.Result = state, &session.Result{Size: size}
			return s.swap(session.Change{Session: &next, From: rec.Revision, Quota: q})
		}
		deleted := end(end(rec, session.Completed, 130), session.Deleted, 130)
		end(deleted, session.Completed, 500) // not a life that there is, but nothing arrived by it
		less := s.lets("another", s.create(NewSession("ann")), session.Report{Parts: []session.Part{NewPart(1, 20)}, CountBytes: true})
		end(less, session.Completed, 10)
		aborted := s.create(NewSession("ann"))
		end(aborted, session.Aborted, 500)
		nobodys := s.create(NewSession(""))
		end(nobodys, session.Completed, 5000)
		s.swap(session.Change{Session: beside(nobodys), Quota: q})
		s.admits("below", "ann", session.Quota{DailyBytes: 151}, "")
		s.admits("on", "ann", session.Quota{DailyBytes: 150}, "daily-bytes")
	}},
	{"the day ends at midnight, and says so", func(s *suite) {
		if s.advance == nil {
			s.Skip("time is real here")
		}
		q := session.Quota{DailyBytes: 5}
		rec := s.create(NewSession("ann"))
		now := rec.ReadAt
		s.advance(now.Truncate(24 * time.Hour).Add(30 * time.Hour).Sub(now)) // 6 in the morning
		s.lets("a report", rec, session.Report{Parts: []session.Part{NewPart(1, 5)}, CountBytes: true})
		e := s.limited("that day", s.admits("that day", "ann", q, "daily-bytes"), "daily-bytes", 5)
		if e.RetryAfter > 18*time.Hour || e.RetryAfter < 18*time.Hour-time.Minute {
			s.Errorf("ask again after %v; want up to 18h", e.RetryAfter)
		}
		s.advance(e.RetryAfter - time.Minute)
		s.lets("a report late that day", rec, session.Report{Parts: []session.Part{NewPart(2, 1)}, CountBytes: true})
		s.admits("still that day", "ann", q, "daily-bytes")
		s.advance(2 * time.Minute)
		s.admits("the next day", "ann", q, "")
	}},
}

// slow is a rate that nobody can sit out.
var slow = session.Rate{PerSecond: 1, Burst: 10_000}

var rateTests = []test{
	{"a session may take its burst at once, and not one more", func(s *suite) {
		rec, other := s.create(NewSession("ann")), s.create(NewSession("ann"))
		rates := session.Rates{Session: slow}
		s.lets("below", rec, session.Report{Cost: 4_000, Rates: rates})
		seen := s.lets("on it", rec, session.Report{Cost: 6_000, Rates: rates})
		err := s.refuses(rec, session.Report{Cost: 5_000, Rates: rates, Parts: []session.Part{NewPart(1, 5)}, URLsExpireAt: time.Now(), CountBytes: true})
		e := s.limited("above", err, "sign-rate", 1)
		if e.RetryAfter > 5000*time.Second || e.RetryAfter < 4900*time.Second {
			s.Errorf("ask again after %v; want nearly 5000s", e.RetryAfter)
		}
		s.same("what was refused changed nothing", s.get(rec.ID), seen)
		s.sameParts(s.parts(rec.ID))
		s.admits("nor the day", "ann", session.Quota{DailyBytes: 1}, "")
		s.lets("another session", other, session.Report{Cost: 10_000, Rates: rates})
		s.lets("no rate", rec, session.Report{Cost: 10_000})
	}},
	{"an owner's sessions share a rate", func(s *suite) {
		rates := session.Rates{Session: slow, Owner: slow}
		rec, other := s.create(NewSession("ann")), s.create(NewSession("ann"))
		s.lets("one", rec, session.Report{Cost: 4_000, Rates: rates})
		s.lets("the other", other, session.Report{Cost: 4_000, Rates: rates})
		for range 3 { // what is refused costs neither
			s.limited("both", s.refuses(rec, session.Report{Cost: 5_000, Rates: rates}), "owner-sign-rate", 1)
		}
		s.lets("the rest", rec, session.Report{Cost: 2_000, Rates: rates})
		s.lets("what the session has left", rec, session.Report{Cost: 4_000, Rates: session.Rates{Session: slow}})
		s.lets("somebody else's", s.create(NewSession("bob")), session.Report{Cost: 10_000, Rates: rates})
		nobodys := s.create(NewSession(""))
		s.lets("nobody's", nobodys, session.Report{Cost: 10_000, Rates: rates})
		s.lets("another of nobody", s.create(beside(nobodys)), session.Report{Cost: 10_000, Rates: rates})
	}},
	{"a session that is not open has no rate", func(s *suite) {
		rates := session.Rates{Session: slow, Owner: slow}
		rec := s.create(NewSession("ann"))
		s.lets("all", rec, session.Report{Cost: 10_000, Rates: rates})
		closed := s.move(s.get(rec.ID), session.Completing)
		s.same("as returned", s.lets("and it is closed", rec, session.Report{Cost: 10_000, Rates: rates}), closed)
	}},
	{"a look takes its cost in every state, and notes nothing", func(s *suite) {
		look := session.Report{Look: true, Cost: 4_000, Rates: session.Rates{Session: slow, Owner: slow}, Parts: []session.Part{NewPart(1, 5)}, URLsExpireAt: time.Now(), CountBytes: true}
		for _, state := range []session.State{session.Open, session.Completing, session.Aborted} {
			rec := s.create(NewSession(session.Owner("ann-" + string(state))))
			if state != session.Open {
				rec = s.move(rec, state)
			}
			for range 2 {
				s.same("a look at "+string(state), s.lets("a look", rec, look), rec)
			}
			s.limited("one too many at "+string(state), s.refuses(rec, look), "sign-rate", 1)
			s.same("what was refused changed nothing", s.get(rec.ID), rec)
			s.sameParts(s.parts(rec.ID))
			s.admits("nor the day", rec.Owner, session.Quota{DailyBytes: 1}, "")
			look.Rates.Session = session.Rate{}
			s.limited("by its owner's rate alone", s.refuses(rec, look), "owner-sign-rate", 1)
			look.Rates.Session = slow
			nobodys := look
			nobodys.Rates.Session = session.Rate{}
			if _, err := s.store.Report(s.Context(), rec.ID, nobodys); err != nil {
				s.Errorf("a look that no rate bounds: %v", err)
			}
		}
	}},
	{"a look at what is not there takes its cost, too", func(s *suite) {
		look := session.Report{Look: true, Cost: 4_000, Rates: session.Rates{Owner: slow}, Owner: "ann"}
		for _, want := range []session.Kind{session.NotFound, session.NotFound, session.Limited} {
			_, err := s.store.Report(s.Context(), NewID("ann", 'w'), look)
			s.fails("a look", err, want, "")
		}
	}},
	{"the more parts a look has to read, the more it costs", func(s *suite) {
		const parts = 80 * session.PartsPerCost
		rec := s.create(NewSession("ann"))
		var reported []session.Part
		for n := range session.PartNumber(parts) {
			reported = append(reported, NewPart(n+1, 5))
		}
		rec = s.report(rec.ID, session.Report{Parts: reported})
		look := func(cost int) session.Report {
			return session.Report{Look: true, Cost: cost, Rates: session.Rates{Session: slow}}
		}
		s.lets("five", rec, look(9_915))
		s.limited("and ten more", s.refuses(rec, look(10)), "sign-rate", 1)
		done := s.move(rec, session.Completed)
		s.lets("what is finished has no parts to read", done, look(5))
		s.limited("and the burst ends there, too", s.refuses(done, look(10)), "sign-rate", 1)
	}},
	{"an open takes its cost from its owner's rate, whatever is there", func(s *suite) {
		rec := s.create(NewSession("ann"))
		full := session.Quota{MaxOpen: 1}
		a := session.Admission{Owner: "ann", Rate: slow, Cost: 3_000}
		s.admitted("the first", NewID("ann", 'w'), a, "")
		s.admitted("a repeated one", rec.ID, a, "")
		a.Quota = full
		s.admitted("one without room", NewID("ann", 'w'), a, "open-sessions")
		a.Quota = session.Quota{}
		for _, id := range []session.ID{NewID("ann", 'w'), rec.ID, NewID("ann", 'w')} { // what is refused costs nothing
			e := s.limited("one too many", s.admitted("one too many", id, a, "owner-sign-rate"), "owner-sign-rate", 1)
			if e.RetryAfter > 2000*time.Second || e.RetryAfter < 1900*time.Second {
				s.Errorf("ask again after %v; want nearly 2000s", e.RetryAfter)
			}
		}
		s.limited("a part", s.refuses(rec, session.Report{Cost: 1_100, Rates: session.Rates{Owner: slow}}), "owner-sign-rate", 1)
		a.Cost = 1_000
		s.admitted("what is left", NewID("ann", 'w'), a, "")
		a.Owner, a.Cost = "bob", 10_000
		s.admitted("somebody else", NewID("bob", 'w'), a, "")
		a.Owner = ""
		for range 3 {
			s.admitted("nobody", rec.ID, a, "")
		}
	}},
	{"who waits as told is let in", func(s *suite) {
		if s.advance == nil {
			s.Skip("time is real here")
		}
		rates := session.Rates{Session: session.Rate{PerSecond: 3, Burst: 100}, Owner: session.Rate{PerSecond: 7, Burst: 150}}
		rec := s.create(NewSession("ann"))
		s.lets("the burst", rec, session.Report{Cost: 100, Rates: rates})
		for range 20 {
			call := session.Report{Cost: 10, Rates: rates}
			e := s.limited("too soon", s.refuses(rec, call), "sign-rate", 3)
			if e.RetryAfter > 3334*time.Millisecond {
				s.Fatalf("ask again after %v; want 10/3 s at most", e.RetryAfter)
			}
			s.advance(e.RetryAfter)
			s.lets("in time", rec, call)
		}
		s.advance(34 * time.Second)
		s.lets("the burst again", rec, session.Report{Cost: 100, Rates: rates})
	}},
	{"a clock that goes back costs the burst at most", func(s *suite) {
		if s.advance == nil {
			s.Skip("time is real here")
		}
		rates := session.Rates{Session: session.Rate{PerSecond: 1, Burst: 10}}
		rec := s.create(NewSession("ann"))
		s.lets("the burst", rec, session.Report{Cost: 10, Rates: rates})
		s.advance(-time.Hour)
		e := s.limited("an hour ago", s.refuses(rec, session.Report{Cost: 10, Rates: rates}), "sign-rate", 1)
		if e.RetryAfter > 10*time.Second {
			s.Errorf("ask again after %v; want 10 s at most", e.RetryAfter)
		}
	}},
}
