package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"slipway/internal/access"
	"slipway/internal/session"
)

// written collects what is logged.
type written struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// running is a broker that serves.
type running struct {
	url, key    string
	metricsAddr string // empty where they are not answered
	log         written
	stop        func() error // returns what Serve did
}

func run(t *testing.T, s Settings) *running {
	t.Helper()
	key, secret := access.NewAPIKey("test", session.AllScopes...)
	s.APIKeys = []string{key.String()}
	s.PartSize, s.MaxBytes, s.URLTTL, s.SessionTTL, s.KeepRecord = session.MinPartSize, 1<<30, 5*time.Second, time.Hour, time.Hour
	r := &running{key: secret}
	broker, err := New(t.Context(), s, Options{Log: slog.New(slog.NewJSONHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	if broker.monitor != nil {
		r.metricsAddr = broker.monitor.listener.Addr().String()
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- broker.Serve(ctx) }()
	r.url = "http://" + broker.Addr().String()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-served
	})
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// call sends a request and returns the answer, whose body is the caller's.
func (r *running) call(t *testing.T, method, path, bearer, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// recorded is more than a trial: nobody is told of the abort of one.
var recorded = strings.Repeat("recording", 200)

// open opens a session and returns a URL for its first part, of the size of recorded.
func (r *running) open(t *testing.T) (id session.ID, url string) {
	t.Helper()
	var opened struct {
		ID   session.ID
		URLs []struct{ URL string }
	}
	res := r.call(t, http.MethodPost, "/v1/sessions", r.key, fmt.Sprintf(`{"content_type":"video/webm","owner":"ann","sign":[{"number":1,"size":%d}]}`, len(recorded)))
	if err := json.NewDecoder(res.Body).Decode(&opened); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("open: %s, %v", res.Status, err)
	}
	return opened.ID, opened.URLs[0].URL
}

// abandon uploads one part of a session and leaves.
func (r *running) abandon(t *testing.T) session.ID {
	t.Helper()
	id, url := r.open(t)
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(recorded))
	if err != nil {
		t.Fatal("the URL cannot be used")
	}
	res, err := http.DefaultClient.Do(put)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal("the part cannot be uploaded")
	}
	_ = res.Body.Close()
	return id
}

// abort opens a session, uploads a part and gives it up, which is told at once.
func (r *running) abort(t *testing.T) session.ID {
	t.Helper()
	id := r.abandon(t)
	if res := r.call(t, http.MethodDelete, "/v1/sessions/"+string(id), r.key, ""); res.StatusCode != http.StatusOK {
		t.Fatalf("abort: %s", res.Status)
	}
	return id
}

var secret = "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))

// receiver answers webhooks with answer, and hands on what came.
func receiver(t *testing.T, answer func()) (url string, came <-chan []byte) {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	bodies := make(chan []byte, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err := errors.Join(err, hook.Verify(body, r.Header)); err != nil {
			t.Error(err)
		}
		bodies <- body
		answer()
	}))
	t.Cleanup(server.Close)
	return server.URL, bodies
}

func next(t *testing.T, came <-chan []byte) string {
	t.Helper()
	select {
	case body := <-came:
		return string(body)
	case <-time.After(20 * time.Second):
		t.Fatal("no webhook came")
		return ""
	}
}

// telling are settings of a broker that has somebody to tell.
func telling(t *testing.T, receiver string) Settings {
	s := settle(t)
	s.WebhookURL, s.WebhookSecrets = receiver, []string{secret}
	return s
}

// Nobody asks for it, and nobody but the webhook says so.
func TestAnAbandonedRecordingIsSalvagedAndToldOf(t *testing.T) {
	url, came := receiver(t, func() {})
	s := telling(t, url)
	s.AbandonAfter, s.ResumeWindow, s.ReapEvery = time.Second, time.Second, time.Second
	broker := run(t, s)
	id := broker.abandon(t)
	body := next(t, came)
	for _, want := range []string{`"type":"recording.salvaged"`, `"id":"` + string(id) + `"`, `"owner":"ann"`, fmt.Sprintf(`"size":%d`, len(recorded))} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in the webhook %s", want, body)
		}
	}
	if err := broker.stop(); err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	if log := broker.log.String(); !strings.Contains(log, `"msg":"reaped","salvaged":1,`) || strings.Count(log, "reaped") != 1 {
		t.Errorf("the log is\n%s", log)
	}
}

func TestServeFinishesTheRoundItIsAt(t *testing.T) {
	answer := make(chan struct{})
	url, came := receiver(t, func() { <-answer })
	broker := run(t, telling(t, url))
	broker.abort(t)
	next(t, came)
	served := make(chan error, 1)
	go func() { served <- broker.stop() }()
	select {
	case err := <-served:
		close(answer)
		t.Fatalf("it ended while a webhook was in flight, with %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	close(answer)
	if err := <-served; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
}

func TestServeWaitsForARoundAsLongAsForARequest(t *testing.T) {
	answer := make(chan struct{})
	url, came := receiver(t, func() { <-answer })
	t.Cleanup(func() { close(answer) })
	s := telling(t, url)
	s.ShutdownWithin = 300 * time.Millisecond
	broker := run(t, s)
	broker.abort(t)
	next(t, came)
	start := time.Now()
	err := broker.stop()
	if took := time.Since(start); err == nil || took < 300*time.Millisecond || took > 3*time.Second {
		t.Errorf("Serve ended after %v with %v", took, err)
	}
}

func TestAStreamOfEventsDoesNotHoldUpTheEnd(t *testing.T) {
	broker := run(t, settle(t))
	res := broker.call(t, http.MethodGet, "/v1/events", broker.key, "")
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() {
		t.Fatalf("%s, %v", res.Status, lines.Err())
	}
	id, _ := broker.open(t)
	told := string(id) + "-opened"
	for lines.Scan() && !strings.Contains(lines.Text(), told) {
	}
	if !strings.Contains(lines.Text(), told) {
		t.Fatalf("the stream ended before it told of the session: %v", lines.Err())
	}
	start := time.Now()
	if err := broker.stop(); err != nil || time.Since(start) > 5*time.Second {
		t.Fatalf("Serve ended after %v with %v", time.Since(start), err)
	}
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
}

func TestARoundThatFailsIsNotTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := care{log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		c.rounds(ctx, "reap", time.Minute, func(context.Context) error {
			switch n++; n {
			case 1:
				panic("planted")
			case 2:
				return errors.New("no answer")
			case 3:
				cancel()
				return ctx.Err() // that it was ended is no failure
			}
			return nil
		})
		if n != 3 || !strings.Contains(log.String(), "planted") || !strings.Contains(log.String(), "no answer") || strings.Count(log.String(), "round failed") != 2 {
			t.Errorf("after %d rounds the log is\n%s", n, log.String())
		}
	})
}
