package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"slipway/internal/access"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// The connection is cut between two events, and the stream that takes it up
// repeats the 10 seconds before.
func TestWatchTellsEachEventOnceAcrossACut(t *testing.T) {
	key, secret := access.NewAPIKey("all", session.AllScopes...)
	b := serve(t, append(envOf(devs3test.Start(t)), "BROKER_REDIS_URL=redis://"+redistest.Start(t).Addr,
		"BROKER_TOKEN_KEYS="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "BROKER_API_KEYS="+key.String()))
	target, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	onward := httputil.NewSingleHostReverseProxy(target)
	var streams atomic.Int32
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := streams.Add(1); (n > 1) != (r.Header.Get("Last-Event-ID") != "") {
			t.Errorf("stream %d begins after %q", n, r.Header.Get("Last-Event-ID"))
		}
		onward.ServeHTTP(w, r)
	}))
	defer between.Close()
	defer between.CloseClientConnections()

	cmd := program(t.Context(), []string{"BROKER_URL=" + between.URL, "BROKER_API_KEY=" + secret}, "watch", "-o", "ndjson")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := bufio.NewScanner(stdout)
	for range 3 {
		opened := b.open(t, secret)
		var e struct {
			Type    string
			Session string `json:"session_id"`
		}
		if !told.Scan() || json.Unmarshal(told.Bytes(), &e) != nil || e.Type != "opened" || e.Session != opened.ID {
			t.Fatalf("told %q (%v), want that %s was opened", told.Text(), told.Err(), opened.ID)
		}
		between.CloseClientConnections()
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if told.Scan() {
		t.Errorf("and then %q", told.Text())
	}
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(stderr.String(), "broker: unavailable (") {
		t.Errorf("%v: %s", err, stderr.String())
	}
}
