package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"

	"slipway/internal/access"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// serveMany returns the environment of a program that talks to a broker with
// so many open sessions.
func serveMany(t *testing.T, n int) []string {
	t.Helper()
	redis := redistest.Start(t)
	fillRedis(t, redis, n)
	key, secret := access.NewAPIKey("ops", session.ScopeOps)
	b := serve(t, append(envOf(devs3test.Start(t)), "BROKER_REDIS_URL=redis://"+redis.Addr,
		"BROKER_TOKEN_KEYS="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "BROKER_API_KEYS="+key.String()))
	return []string{"BROKER_URL=" + b.URL, "BROKER_API_KEY=" + secret}
}

func fillRedis(t *testing.T, redis *redistest.Server, n int) {
	t.Helper()
	store, err := redisstore.Open(t.Context(), "redis://"+redis.Addr, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // a test's own
	var writers sync.WaitGroup
	const side = 8
	for w := range side {
		writers.Go(func() {
			for i := w; i < n; i += side {
				s := sessiontest.NewSession(session.Owner(fmt.Sprintf("owner-%d", i)))
				s.Name = strings.Repeat("Standup ", 12)
				if _, err := store.Swap(t.Context(), session.Change{Session: s}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
}

func TestWhoStopsReadingEndsTheListingQuietly(t *testing.T) {
	cmd := program(t.Context(), serveMany(t, 2_000), "sessions", "list") // more than a pipe holds
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ID ") {
		t.Fatalf("%q, %v", line, err)
	}
	_ = stdout.Close()
	_ = cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGPIPE || stderr.Len() > 0 {
		t.Errorf("%v, and said %q", cmd.ProcessState, &stderr)
	}
}

// Who reads the array must not take half of it for the whole.
func TestListingThatFailsIsNoJSON(t *testing.T) {
	env := serveMany(t, session.MaxPage+1)
	target, err := url.Parse(strings.TrimPrefix(env[0], "BROKER_URL="))
	if err != nil {
		t.Fatal(err)
	}
	onward := httputil.NewSingleHostReverseProxy(target)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("cursor") { // the second page
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		onward.ServeHTTP(w, r)
	}))
	defer between.Close()
	code, stdout, stderr := run(t, append(env, "BROKER_URL="+between.URL), "sessions", "list", "-o", "json")
	if code != exitUnavailable || strings.Count(stdout, "\n") < session.MaxPage || strings.HasSuffix(stdout, "]\n") || !strings.Contains(stderr, "503") {
		t.Errorf("exit %d, ending in %q: %s", code, stdout[max(0, len(stdout)-40):], stderr)
	}
}
