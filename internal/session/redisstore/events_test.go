package redisstore

import (
	"fmt"
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

// Events and notices nobody fetches must not fill Redis.
func TestTheOldestEventsAndNoticesGo(t *testing.T) {
	const notices, more = 10_000, 50
	server := redistest.Start(t)
	s := openReal(t, server)
	rec := sessiontest.NewSession("ann")
	k := s.keys(rec.ID.Tag())
	rec.Name = strings.Repeat("n", 60)
	swapOf(t, s, session.Change{Session: rec}, "create").run(t, s)
	event := func(i int) *session.Event {
		return &session.Event{ID: fmt.Sprintf("%s.%05d", rec.ID, i), Session: rec.ID, Owner: "ann", Name: rec.Name, ContentType: rec.ContentType}
	}
	for first := 1; first <= notices+more; first += 50 {
		var calls []call
		for i := first; i < first+50; i++ {
			calls = append(calls, swapOf(t, s, session.Change{Session: sessiontest.NewSession("ann"), Event: event(i), Notify: true}, fmt.Sprint(i)))
		}
		for _, r := range runAll(t.Context(), s.client, calls) {
			if r.err != nil || r.word != "ok" {
				t.Fatalf("%+v", r)
			}
		}
	}
	memory := func(key string) float64 { return float64(s.client.MemoryUsage(t.Context(), key, 0).Val()) }
	if n := s.client.XLen(t.Context(), k.events()).Val(); n < 1000 || n >= 1100 {
		t.Errorf("%d events are kept; want 1,000 and less than a node of 100 more", n)
	} else {
		t.Logf("%.0f bytes per event", memory(k.events())/float64(n))
	}
	for _, key := range k.outbox() {
		t.Logf("%.0f bytes per notice in %s", memory(key)/notices, key)
	}
	ids, err := s.client.ZRange(t.Context(), k.queue(), 0, -1).Result()
	if err != nil || len(ids) != notices || ids[0] != event(more+1).ID {
		t.Errorf("%d notices from %s on, %v; want %d from %s on", len(ids), ids[:1], err, notices, event(more+1).ID)
	}
	if faults, err := s.outboxFaults(t.Context(), k); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

func TestFollowingGoesOnAfterAnError(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := openReal(t, server)
	tell := func() session.ID {
		rec := sessiontest.NewSession("ann")
		swapOf(t, s, telling(session.Change{Session: rec}), newOperation()).run(t, s)
		return rec.ID
	}
	want := []session.ID{tell()}
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
			want = append(want, tell())
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
