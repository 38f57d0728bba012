package redisstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// opening is what an open asks of the Store.
func opening(rec *session.Session) session.Change {
	return session.Change{Session: rec, Event: &session.Event{ID: string(rec.ID) + ".opened", Type: session.EventOpened, Session: rec.ID}}
}

// do has a server carry out what must not fail.
func do(t *testing.T, server *redistest.Server, words ...string) {
	t.Helper()
	if answer, err := server.Do(words...); err != nil || strings.HasPrefix(answer, "-") {
		t.Fatalf("%q: %s, %v", words, answer, err)
	}
}

func refuses(t *testing.T, s *redisstore.Store) string {
	t.Helper()
	counts, err := s.Count(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return counts.Refuses
}

func TestAFullRedisTakesNoNewSessionAndLetsOthersGoOn(t *testing.T) {
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	s := open(t, "redis://"+server.Addr, "slipway")
	short, long := sessiontest.NewSession("ann"), sessiontest.NewSession("bob")
	for rec, parts := range map[*session.Session]int{short: 3, long: 100} {
		if _, err := s.Swap(t.Context(), opening(rec)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Report(t.Context(), rec.ID, session.Report{Parts: randomParts(parts)}); err != nil {
			t.Fatal(err)
		}
	}
	if word := refuses(t, s); word != "" {
		t.Errorf("a Redis that has room refuses %q", word)
	}
	do(t, server, "SCRIPT", "FLUSH") // it has to learn the scripts, too, when it is full
	do(t, server, "CONFIG", "SET", "maxmemory", "1")

	late := sessiontest.NewSession("cid")
	_, err := s.Swap(t.Context(), opening(late))
	e, ok := errors.AsType[*session.Error](err)
	if !ok || e.Kind != session.Unavailable || e.Reason != session.ReasonRedisFull || e.RetryAfter < time.Second || !strings.Contains(e.Detail, "OOM") {
		t.Errorf("a new session: %+v; want redis-full", err)
	}
	if _, err := s.Get(t.Context(), late.ID); session.KindOf(err) != session.NotFound {
		t.Errorf("of the new session there is %v; want nothing", err)
	}
	if err := s.Ping(t.Context()); session.ReasonOf(err) != session.ReasonRedisFull {
		t.Errorf("Ping says %v; want redis-full", err)
	}
	if word := refuses(t, s); word != "OOM" {
		t.Errorf("it refuses %q; want OOM", word)
	}
	for _, rec := range []*session.Session{short, long} {
		looksOn(t, s, rec)
		goesOn(t, s, rec)
	}
	// In memory above the bound a rate holds all the same.
	busy := session.Report{Look: true, Cost: 60, Rates: session.Rates{Session: session.Rate{PerSecond: 1, Burst: 100}}}
	if _, err := s.Report(t.Context(), short.ID, busy); err != nil {
		t.Error(err)
	}
	if _, err := s.Report(t.Context(), short.ID, busy); session.KindOf(err) != session.Limited {
		t.Errorf("a look too many in a full Redis: %v", err)
	}
	finished := sessiontest.NewSession("ann")
	finished.State, finished.Result = session.Completed, &session.Result{Outcome: session.AsClaimed, Size: 9}
	if _, err := s.Swap(t.Context(), session.Change{Session: finished, Keep: time.Hour}); err != nil {
		t.Errorf("a recording that is in S3 cannot be remembered: %v", err)
	}

	do(t, server, "CONFIG", "SET", "maxmemory", "0")
	if _, err := s.Swap(t.Context(), opening(late)); err != nil {
		t.Errorf("a new session when there is room again: %v", err)
	}
}

// goesOn takes a session through the rest of its life, up to the webhook.
func goesOn(t *testing.T, s *redisstore.Store, rec *session.Session) {
	t.Helper()
	rate := session.Rate{PerSecond: 100, Burst: 1000}
	report := session.Report{Parts: []session.Part{sessiontest.NewPart(101, 99)}, Owner: rec.Owner, CountBytes: true, Cost: 1, Rates: session.Rates{Session: rate, Owner: rate}}
	if _, err := s.Report(t.Context(), rec.ID, session.Report{Parts: report.Parts}); err != nil { // no rate is noted before the part
		t.Errorf("a report where there are no rates: %v", err)
	}
	now, err := s.Report(t.Context(), rec.ID, report)
	if err != nil {
		t.Errorf("a report of a part: %v", err)
		return
	}
	for _, state := range []session.State{session.Completing, session.Completed} {
		next := *now
		next.State = state
		c := session.Change{Session: &next, From: now.Revision, Lease: time.Minute}
		if state == session.Completed {
			next.Result = &session.Result{Outcome: session.AsClaimed, Size: 1 << 30}
			c = session.Change{Session: &next, From: now.Revision, Keep: time.Hour, Quota: session.Quota{DailyBytes: 1}, Notify: true,
				Event: &session.Event{ID: string(rec.ID) + ".completed", Type: session.EventCompleted, Session: rec.ID}}
		}
		if now, err = s.Swap(t.Context(), c); err != nil {
			t.Errorf("a change to %s: %v", state, err)
			return
		}
	}
	notices, err := s.Take(t.Context(), 1, time.Minute)
	if err != nil || len(notices) != 1 {
		t.Errorf("%d notices are taken, %v", len(notices), err)
		return
	}
	if err := errors.Join(s.Later(t.Context(), notices[0], time.Second), s.Done(t.Context(), notices[0])); err != nil {
		t.Errorf("a notice is not settled: %v", err)
	}
}

// looksOn looks at a session, and asks for another, in a Redis that takes no
// write for now, or none that needs memory. Their rates are no reason to refuse
// them.
func looksOn(t *testing.T, s *redisstore.Store, rec *session.Session) {
	t.Helper()
	rate := session.Rate{PerSecond: 100, Burst: 1000}
	look := session.Report{Look: true, Cost: 20, Rates: session.Rates{Session: rate, Owner: rate}, Owner: rec.Owner}
	if got, err := s.Report(t.Context(), rec.ID, look); err != nil || got.ID != rec.ID {
		t.Errorf("a look: %+v, %v", got, err)
	}
	if got, err := s.Admit(t.Context(), rec.ID, session.Admission{Owner: rec.Owner, Rate: rate, Cost: 20}); err != nil || got == nil {
		t.Errorf("an open that is repeated: %+v, %v", got, err)
	}
}

func TestWhatRedisRefusesIsToldInItsOwnWord(t *testing.T) {
	for _, tc := range []struct {
		word string
		make func(*testing.T, *redistest.Server)
		asks bool // it also refuses to count
	}{
		{"READONLY", func(t *testing.T, server *redistest.Server) { do(t, server, "REPLICAOF", "127.0.0.1", "1") }, false},
		{"NOREPLICAS", func(t *testing.T, server *redistest.Server) {
			do(t, server, "CONFIG", "SET", "min-replicas-to-write", "1")
		}, false},
		{"MISCONF", func(t *testing.T, server *redistest.Server) {
			gone := filepath.Join(t.TempDir(), "gone")
			if err := os.Mkdir(gone, 0o700); err != nil {
				t.Fatal(err)
			}
			do(t, server, "CONFIG", "SET", "dir", gone)
			if err := os.Remove(gone); err != nil {
				t.Fatal(err)
			}
			do(t, server, "CONFIG", "SET", "save", `"3600 1"`)
			do(t, server, "BGSAVE")
			for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				if info, err := server.Do("INFO", "persistence"); err == nil && strings.Contains(info, "rdb_last_bgsave_status:err") {
					return
				}
			}
			t.Fatal("it can still save")
		}, false},
		{"NOAUTH", func(t *testing.T, server *redistest.Server) { do(t, server, "CONFIG", "SET", "requirepass", "secret") }, true},
		{"BUSY", func(t *testing.T, server *redistest.Server) {
			do(t, server, "CONFIG", "SET", "busy-reply-threshold", "1")
			go func() { _, _ = server.Do("EVAL", `"while true do end"`, "0") }() // ends with the server
			for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				if answer, _ := server.Do("PING"); strings.HasPrefix(answer, "-BUSY") {
					return
				}
			}
			t.Fatal("it is not busy")
		}, true},
	} {
		t.Run(tc.word, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, "--enable-protected-configs", "yes")
			s := open(t, "redis://"+server.Addr+"?max_retries=-1", "slipway")
			rec := sessiontest.NewSession("ann")
			if tc.word != "NOAUTH" { // a connection that is there stays what it was
				if _, err := s.Swap(t.Context(), opening(rec)); err != nil {
					t.Fatal(err)
				}
			}
			tc.make(t, server)
			for call, ask := range map[string]func() error{
				"Ping":   func() error { return s.Ping(t.Context()) },
				"Report": func() error { _, err := s.Report(t.Context(), rec.ID, session.Report{}); return err },
				"Swap":   func() error { _, err := s.Swap(t.Context(), opening(sessiontest.NewSession("bob"))); return err },
			} {
				for range 50 { // each of them is told so, also where it has a connection of its own
					err := ask()
					e, ok := errors.AsType[*session.Error](err)
					if !ok || e.Kind != session.Unavailable || e.Reason != session.ReasonRedis || e.RetryAfter == 0 || !strings.Contains(e.Detail, tc.word) {
						t.Fatalf("%s: %+v; want Unavailable with %s in its detail", call, err, tc.word)
					}
				}
			}
			if !tc.asks {
				looksOn(t, s, rec)
				if word := refuses(t, s); word != tc.word {
					t.Errorf("it refuses %q; want %s", word, tc.word)
				}
			}
		})
	}
}
