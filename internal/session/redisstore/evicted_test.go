package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func TestASessionOfAnEvictedIndexIsPutBackByASwap(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr, "slipway")
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = client.Close() })
	rec, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("ann")})
	if err != nil {
		t.Fatal(err)
	}
	indexed := func(want bool) {
		t.Helper()
		page, err := s.List(t.Context(), session.Query{Limit: 9})
		if err != nil || len(page.Sessions) == 1 != want {
			t.Errorf("the list has %d sessions (%v)", len(page.Sessions), err)
		}
		if got, err := s.Indexed(t.Context(), rec); err != nil || got != want {
			t.Errorf("indexed: %t, %v; want %t", got, err, want)
		}
	}
	indexed(true)
	keys, err := client.Keys(t.Context(), "*}:open").Result()
	if err != nil || len(keys) != 1 || client.Del(t.Context(), keys...).Err() != nil {
		t.Fatal(keys, err)
	}
	indexed(false)
	if rec, err = s.Swap(t.Context(), session.Change{Session: rec, From: rec.Revision, Quiet: true}); err != nil {
		t.Fatal(err)
	}
	indexed(true)
}

func TestPartsThatRedisEvictedWereNeverReported(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr, "slipway")
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = client.Close() })
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: rec, Parts: randomParts(100)}); err != nil {
		t.Fatal(err)
	}
	hashes, err := client.Keys(t.Context(), "*}p*").Result()
	if err != nil || len(hashes) != 1 || client.Del(t.Context(), hashes...).Err() != nil {
		t.Fatal(hashes, err)
	}
	if parts, err := s.Parts(t.Context(), rec.ID); err != nil || len(parts) > 0 {
		t.Errorf("%d parts, %v; want none", len(parts), err)
	}
	again := sessiontest.NewPart(7, 77)
	if got, err := s.Report(t.Context(), rec.ID, session.Report{Parts: []session.Part{again}}); err != nil || got.PartsReported != 1 || got.BytesReported != 77 {
		t.Errorf("after the next report: %+v, %v; want one part of 77 bytes", got, err)
	}
	if parts, err := s.Parts(t.Context(), rec.ID); err != nil || len(parts) != 1 || parts[0] != again {
		t.Errorf("the parts are %v, %v", parts, err)
	}
}
