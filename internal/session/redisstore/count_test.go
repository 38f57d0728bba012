package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func TestCountsAreThoseOfAllTags(t *testing.T) {
	t.Run("on miniredis", func(t *testing.T) { countsAll(t, "redis://"+miniredis.RunT(t).Addr()) })
	t.Run("on one node", func(t *testing.T) { countsAll(t, "redis://"+redistest.Start(t).Addr) })
	t.Run("on a cluster", func(t *testing.T) {
		countsAll(t, "redis-cluster://"+strings.Join(redistest.StartCluster(t).Addrs(), ","))
	})
}

func countsAll(t *testing.T, address string) {
	s := open(t, address, "slipway")
	if got := count(t, s, time.Hour); len(got.Sessions) != 6 || got.Sessions[session.Open] != 0 || got.NoticeAge != 0 {
		t.Errorf("an empty Redis has %+v", got)
	}
	for range 20 { // nobody's, so they are of many tags
		opened(t, s, "")
	}
	for range 3 {
		giveUp(t, s, opened(t, s, "ann"))
	}
	got := count(t, s, time.Hour)
	if got.Sessions[session.Open] != 20 || got.Sessions[session.Aborting] != 3 || got.Sessions[session.Completed] != 0 || got.Stale != 0 || got.Notices != 3 {
		t.Errorf("counted are %+v", got)
	}
	time.Sleep(2 * time.Millisecond)
	got = count(t, s, time.Millisecond)
	if got.Stale != 20 || got.NoticeAge < time.Millisecond || got.NoticeAge > time.Hour {
		t.Errorf("a moment later counted are %+v", got)
	}
}

func count(t *testing.T, s *redisstore.Store, idle time.Duration) session.Counts {
	t.Helper()
	got, err := s.Count(t.Context(), idle)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func opened(t *testing.T, s *redisstore.Store, owner session.Owner) *session.Session {
	t.Helper()
	stored, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession(owner)})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// giveUp begins to abort a session, and tells of it.
func giveUp(t *testing.T, s *redisstore.Store, from *session.Session) {
	t.Helper()
	next := *from
	next.State = session.Aborting
	event := &session.Event{ID: string(from.ID) + "-aborted", Type: session.EventAborted, Session: from.ID, Owner: from.Owner}
	if _, err := s.Swap(t.Context(), session.Change{Session: &next, From: from.Revision, Event: event, Notify: true}); err != nil {
		t.Fatal(err)
	}
}

func TestACountWithoutRedisIsUnavailable(t *testing.T) {
	m := miniredis.RunT(t)
	s := open(t, "redis://"+m.Addr(), "slipway")
	m.Close()
	if _, err := s.Count(t.Context(), time.Hour); session.KindOf(err) != session.Unavailable {
		t.Errorf("the error is %v", err)
	}
}

// BenchmarkCount is what a scrape costs, however many sessions there are.
func BenchmarkCount(b *testing.B) {
	s := open(b, "redis://"+redistest.Start(b).Addr, "slipway")
	for b.Loop() {
		if _, err := s.Count(b.Context(), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
