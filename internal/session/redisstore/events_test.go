package redisstore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func openReal(t testing.TB, server *redistest.Server) *Store {
	t.Helper()
	s, err := Open(t.Context(), "redis://"+server.Addr, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// tell has n sessions of owner tell what event says, and returns the notices that
// were dropped. The sessions and the events may be of different ones: all that
// counts is that they share a tag.
func tell(t *testing.T, s *Store, owner session.Owner, n int, event func(i int) *session.Event) (dropped []string) {
	t.Helper()
	var calls []call
	for i := range n {
		calls = append(calls, swapOf(t, s, session.Change{Session: sessiontest.NewSession(owner), Event: event(i), Notify: true}, newOperation()))
	}
	for some := range slices.Chunk(calls, 50) {
		for _, r := range runAll(t.Context(), s.client, some) {
			if r.err != nil || r.word != "ok" {
				t.Fatalf("%+v", r)
			}
			for _, id := range r.more {
				dropped = append(dropped, id.(string))
			}
		}
	}
	return dropped
}

// named makes events with their number in their IDs.
func named(rec *session.Session, suffix string) func(int) *session.Event {
	return func(i int) *session.Event {
		return &session.Event{ID: fmt.Sprintf("%s.%05d%s", rec.ID, i, suffix), Session: rec.ID, Owner: rec.Owner, Name: rec.Name, ContentType: rec.ContentType}
	}
}

// neighbour is an owner whose sessions have the tag of ann's.
func neighbour() session.Owner {
	for i := 0; ; i++ {
		if o := session.Owner(fmt.Sprint("bob-", i)); session.TagOf(o) == session.TagOf("ann") {
			return o
		}
	}
}

// Events and notices nobody fetches must not fill Redis.
func TestTheOldestEventsAndNoticesGo(t *testing.T) {
	const notices, more = 10_000, 50
	s := openReal(t, redistest.Start(t))
	rec := sessiontest.NewSession("ann")
	k := s.keys(rec.ID.Tag())
	rec.Name = strings.Repeat("n", 60)
	event := named(rec, "-completed")
	dropped := tell(t, s, "ann", notices+more, event)
	if len(dropped) != more || dropped[0] != event(0).ID || dropped[more-1] != event(more-1).ID {
		t.Errorf("%d were dropped: %q; want the %d oldest", len(dropped), dropped, more)
	}
	s.take(t, 4)
	memory := func(key string) float64 { return float64(s.client.MemoryUsage(t.Context(), key, 0).Val()) }
	if n := s.client.XLen(t.Context(), k.events()).Val(); n < 1000 || n >= 1100 {
		t.Errorf("%d events are kept; want 1,000 and less than a node of 100 more", n)
	} else {
		t.Logf("%.0f bytes per event", memory(k.events())/float64(n))
	}
	all := 0.0
	for _, key := range k.outbox() {
		t.Logf("%.0f bytes per notice in %s", memory(key)/notices, key)
		all += memory(key) / notices
	}
	t.Logf("%.0f bytes per notice", all)
	ids, err := s.client.ZRange(t.Context(), k.queue(), 0, -1).Result()
	if err != nil || len(ids) != notices || ids[0] != event(more).ID {
		t.Errorf("%d notices from %s on, %v; want %d from %s on", len(ids), ids[:1], err, notices, event(more).ID)
	}
	abort := named(rec, "-aborted")
	if got := tell(t, s, "ann", 1, abort); !slices.Equal(got, []string{abort(0).ID}) {
		t.Errorf("of an abort, where half is full, %q were dropped; want itself", got)
	}
	if faults, err := s.outboxFaults(t.Context(), k); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

// take takes notices as a deliverer does.
func (s *Store) take(t *testing.T, n int) []session.Notice {
	t.Helper()
	notices, err := s.Take(t.Context(), n, time.Hour)
	if err != nil || len(notices) != n {
		t.Fatalf("%d notices, %v; want %d", len(notices), err, n)
	}
	return notices
}

func TestAbortsGoFirstAndHaveHalfOfTheOutbox(t *testing.T) {
	s := openReal(t, redistest.Start(t))
	rec := sessiontest.NewSession("ann")
	k := s.keys(rec.ID.Tag())
	abort, completed := named(rec, "-aborted"), named(rec, "-completed")
	tell(t, s, "ann", 10, func(i int) *session.Event { return completed(90_000 + i) }) // older than any abort
	dropped := tell(t, s, "ann", 5_090, abort)
	if n := s.client.ZCard(t.Context(), k.queue()).Val(); n != 5_000 || len(dropped) != 100 || dropped[0] != abort(0).ID || dropped[99] != abort(99).ID {
		t.Errorf("%d aborts are kept and %d dropped; want 5,000, and the 100 oldest", n, len(dropped))
	}
	if dropped := tell(t, s, "ann", 5_000, completed); len(dropped) != 0 {
		t.Errorf("%d were dropped before it was full", len(dropped))
	}
	dropped = tell(t, s, "ann", 3, func(i int) *session.Event { return completed(5_000 + i) })
	if want := []string{abort(100).ID, abort(101).ID, abort(102).ID}; !slices.Equal(dropped, want) {
		t.Errorf("then %q; want the oldest aborts %q", dropped, want)
	}
	bob := sessiontest.NewSession(neighbour())
	if dropped := tell(t, s, bob.Owner, 1, named(bob, "-aborted")); !slices.Equal(dropped, []string{abort(103).ID}) {
		t.Errorf("for an abort of somebody else %q were dropped; want the oldest of ann's", dropped)
	}
	if faults, err := s.outboxFaults(t.Context(), k); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

func TestWhoFillsTheOutboxPushesOutNobodyElse(t *testing.T) {
	s := openReal(t, redistest.Start(t))
	ann, bob := sessiontest.NewSession("ann"), sessiontest.NewSession(neighbour())
	bobs := named(bob, "-completed")
	tell(t, s, bob.Owner, 200, bobs) // the oldest: he could not be told for longest
	event := named(ann, "-completed")
	dropped := tell(t, s, "ann", 12_000, event)
	if len(dropped) != 2_200 || slices.ContainsFunc(dropped, func(id string) bool { return strings.HasPrefix(id, string(bob.ID)) }) {
		t.Errorf("%d notices were dropped, the first %q; want 2,200, and none of bob's", len(dropped), dropped[:min(len(dropped), 3)])
	}
	for _, n := range s.take(t, 2) {
		if n.Owner == bob.Owner {
			return
		}
	}
	t.Error("bob's is not among the first two")
}

// One call gives so many notices a turn, and the next one goes on behind them.
func TestEachNoticeGetsATurnHoweverManyAreDue(t *testing.T) {
	s := openReal(t, redistest.Start(t))
	ann, bob := sessiontest.NewSession("ann"), sessiontest.NewSession(neighbour())
	tell(t, s, "ann", 1_200, named(ann, "-completed"))
	tell(t, s, bob.Owner, 1, named(bob, "-completed"))
	for range 5 {
		for _, n := range s.take(t, 2) {
			if n.Owner == bob.Owner {
				return
			}
		}
	}
	t.Error("bob's is not among the first ten")
}

// Whoever sends a swap again because its answer got lost is told what it dropped.
func TestADropIsToldThoughTheAnswerGotLost(t *testing.T) {
	server := redistest.Start(t)
	s, lose := openLossy(t, server)
	ann := sessiontest.NewSession("ann")
	event := named(ann, "-completed")
	tell(t, s, "ann", 10_000, event)
	var dropped []string
	s.Dropped = func(notice string) { dropped = append(dropped, notice) }
	for i := range 2 {
		lose.next(i == 1)
		if _, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("ann"), Event: event(10_000 + i), Notify: true}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{event(0).ID, event(1).ID}; !slices.Equal(dropped, want) || lose.lost.Load() != 1 {
		t.Errorf("told of %q, and %d answers were lost; want %q and one", dropped, lose.lost.Load(), want)
	}
	if n := len(s.client.Keys(t.Context(), "*}x*").Val()); n == 0 {
		t.Error("nothing was kept for who asks again")
	}
}

// A broker of before knows three of an outbox' keys. What it leaves behind in the
// others, or out of them, does no harm.
func TestAnOutboxThatBrokersOfBeforeWriteToo(t *testing.T) {
	s := openReal(t, redistest.Start(t))
	rec := sessiontest.NewSession("ann")
	k := s.keys(rec.ID.Tag())
	gone, kept := named(rec, "-aborted"), named(rec, "-completed")
	tell(t, s, "ann", 3, gone)
	s.take(t, 1)
	for i := range 3 { // two are ready, and one is held
		s.client.ZRem(t.Context(), k.due(), gone(i).ID)
		s.client.ZRem(t.Context(), k.queue(), gone(i).ID)
		s.client.HDel(t.Context(), k.notices(), gone(i).ID)
	}
	tell(t, s, "ann", 1, kept)
	s.client.Del(t.Context(), k.whose())
	var got []session.Notice
	for range 3 {
		notices, err := s.Take(t.Context(), 2, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, notices...)
	}
	if len(got) != 1 || got[0].ID != kept(0).ID {
		t.Errorf("taken are %+v; want the one that is there", got)
	}
	if err := s.Done(t.Context(), got[0]); err != nil {
		t.Fatal(err)
	}
	if dropped := tell(t, s, "ann", 10_002, kept); len(dropped) != 2 || dropped[0] != kept(0).ID {
		t.Errorf("dropped were %q; want two that were there", dropped)
	}
	if faults, err := s.outboxFaults(t.Context(), k); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults[:1], err)
	}
}

func TestFollowingGoesOnAfterAnError(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := openReal(t, server)
	tellOne := func() session.ID {
		rec := sessiontest.NewSession("ann")
		swapOf(t, s, telling(session.Change{Session: rec}), newOperation()).run(t, s)
		return rec.ID
	}
	want := []session.ID{tellOne()}
	var got []session.ID
	failures := 0
	for e, err := range s.Follow(t.Context(), time.UnixMilli(1)) {
		switch {
		case err == nil && len(got) == 0:
			server.Kill()
			got = append(got, e.Session)
		case err == nil:
			got = append(got, e.Session)
		case failures == 0:
			if session.KindOf(err) != session.Unavailable {
				t.Fatalf("%v; want Unavailable", err)
			}
			failures++
			server.Restart()
			want = append(want, tellOne())
		}
		if len(got) == 2 {
			break
		}
	}
	if failures != 1 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told of %v, and of %d failures; want %v and one", got, failures, want)
	}
}

// What a broker of tomorrow tells must not stop one of today from following.
func TestAnUnreadableEventIsSkipped(t *testing.T) {
	m, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	if _, err := m.XAdd(s.keys(rec.ID.Tag()).events(), "*", []string{"event", "\xff"}); err != nil {
		t.Fatal(err)
	}
	swapOf(t, s, telling(session.Change{Session: rec}), "op").run(t, s)
	for e, err := range s.Follow(t.Context(), time.UnixMilli(1)) {
		if err != nil || e.Session != rec.ID {
			t.Errorf("%+v, %v; want the event of %s", e, err, rec.ID)
		}
		return
	}
}
