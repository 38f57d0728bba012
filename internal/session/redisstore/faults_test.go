package redisstore_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// everyCall calls each method once.
func everyCall(ctx context.Context, s *redisstore.Store, rec *session.Session) map[string]error {
	errs := map[string]error{"Ping": s.Ping(ctx)}
	_, errs["Get"] = s.Get(ctx, rec.ID)
	_, errs["Parts"] = s.Parts(ctx, rec.ID)
	_, errs["Report"] = s.Report(ctx, rec.ID, session.Report{})
	_, errs["Swap"] = s.Swap(ctx, session.Change{Session: rec, From: 1})
	_, errs["List"] = s.List(ctx, session.Query{Limit: 1})
	_, errs["List of ann"] = s.List(ctx, session.Query{Limit: 1, Owner: "ann"})
	_, errs["Take"] = s.Take(ctx, 1, time.Minute)
	errs["Done"] = s.Done(ctx, session.Notice{Event: session.Event{Session: rec.ID}})
	for _, err := range s.Follow(ctx, time.Time{}) {
		errs["Follow"] = err
		break
	}
	return errs
}

func TestADeadRedisIsUnavailable(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr+"?max_retries=-1", "slipway")
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	for call, err := range everyCall(t.Context(), s, rec) {
		e, ok := errors.AsType[*session.Error](err)
		if !ok || e.Kind != session.Unavailable || e.RetryAfter != time.Second || e.Op == "" || e.Reason != "redis" {
			t.Errorf("%s: %+v; want Unavailable with RetryAfter", call, err)
		}
	}
	server.Restart()
	if _, err := s.Get(t.Context(), rec.ID); session.KindOf(err) != session.NotFound {
		t.Errorf("after Redis came back with nothing: %v; want NotFound", err)
	}
}

func TestAStalledRedisCannotHoldACallPastItsContext(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr, "slipway")
	rec := sessiontest.NewSession("ann")
	ping(t, s)
	if _, err := server.Do("CLIENT", "PAUSE", "3000", "ALL"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := s.Get(ctx, rec.ID)
	if session.KindOf(err) != session.Unavailable {
		t.Errorf("%v; want Unavailable", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v; the context ended after 200ms", took)
	}
}

// A server that hangs keeps its connections, so only time tells.
func TestAHangingRedisIsUnavailableWithinSeconds(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	connected, fresh := open(t, "redis://"+server.Addr, "slipway"), open(t, "redis://"+server.Addr, "slipway")
	ping(t, connected)
	server.Stall()
	var wg sync.WaitGroup
	for name, s := range map[string]*redisstore.Store{"connected": connected, "not connected": fresh} {
		for call, f := range map[string]func() error{
			"Get": func() error { _, err := s.Get(t.Context(), sessiontest.NewID("ann", 'w')); return err },
			"Get beside others": func() error {
				for range 9 {
					wg.Go(func() { _, _ = s.Get(t.Context(), sessiontest.NewID("ann", 'w')) })
				}
				_, err := s.Get(t.Context(), sessiontest.NewID("ann", 'w'))
				return err
			},
			"List": func() error { _, err := s.List(t.Context(), session.Query{Limit: 1}); return err },
			"Take": func() error { _, err := s.Take(t.Context(), 1, time.Minute); return err },
		} {
			wg.Go(func() {
				start := time.Now()
				err := f()
				took := time.Since(start)
				t.Logf("%s, %s: %v", name, call, took)
				if session.KindOf(err) != session.Unavailable || took > 6*time.Second {
					t.Errorf("%s, %s: %v after %v; want Unavailable after 5 s", name, call, err, took)
				}
			})
		}
	}
	wg.Wait()
}

// openHead is how the record of an open session begins.
var openHead = regexp.MustCompile(`^1 \d+ 1 `)

func TestAnUnreadableRecordIsNamedAndStopsNoListing(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr, "slipway")
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = client.Close() })
	for _, scribble := range []func(string) string{
		func(string) string { return "" },
		func(string) string { return "{}" },
		func(v string) string { return "2" + v[1:] },                            // another version
		func(v string) string { return openHead.ReplaceAllString(v, "1 7 9 ") }, // a state that is none
		func(v string) string { return v[:len(v)-5] },
	} {
		rec := sessiontest.NewSession("ann")
		if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
			t.Fatal(err)
		}
		keys, err := client.Keys(t.Context(), "*}s*").Result()
		if err != nil || len(keys) != 1 {
			t.Fatal(keys, err)
		}
		value := scribble(client.Get(t.Context(), keys[0]).Val())
		if err := client.Set(t.Context(), keys[0], value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		for _, f := range []func() error{
			func() error { _, err := s.Get(t.Context(), rec.ID); return err },
			func() error { _, err := s.Report(t.Context(), rec.ID, session.Report{}); return err },
		} {
			if err := f(); session.KindOf(err) != session.Internal || !strings.Contains(err.Error(), rec.ID.Name()) {
				t.Errorf("%q: %v; want Internal with the ID", value, err)
			}
		}
		good := sessiontest.NewSession("ann")
		if _, err := s.Swap(t.Context(), session.Change{Session: good}); err != nil {
			t.Fatal(err)
		}
		for _, q := range []session.Query{{Limit: 9}, {Limit: 9, Owner: "ann"}} {
			page, err := s.List(t.Context(), q)
			if err != nil || len(page.Sessions) != 1 || page.Sessions[0].ID != good.ID || len(page.Unreadable) != 1 || page.Unreadable[0] != session.ID(rec.ID.Name()+"0") {
				t.Errorf("%q: the listing is %+v, %v; want %s, and %s as unreadable", value, page, err, good.ID, rec.ID)
			}
		}
		if now := client.Get(t.Context(), keys[0]).Val(); now != value {
			t.Errorf("%q became %q; nobody may write over what nobody can read", value, now)
		}
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}
