package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/session"
)

// within bounds each test: far above the one timeout it makes shorter, and
// below all others, which are as they are in production.
const within = 40 * time.Second

// victim is a broker that serves, one of its timeouts a fraction of what it is.
type victim struct {
	addr   string
	apiKey string
}

func serveImpatiently(t *testing.T, timeout func(*http.Server) *time.Duration) victim {
	t.Helper()
	key, secret := access.NewAPIKey("test", session.AllScopes...)
	settings := settle(t)
	settings.APIKeys, settings.MaxBytes, settings.PartSize, settings.SessionTTL, settings.URLTTL = []string{key.String()}, 1<<30, 5<<20, time.Hour, time.Hour
	broker, err := New(t.Context(), settings, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	*timeout(broker.server) /= 40
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- broker.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return victim{broker.Addr().String(), secret}
}

// dial opens a connection that ends with the test.
func (v victim) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// drip sends text over and over, a little at a time, until the server has had
// enough or the test has.
func drip(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
		time.Sleep(200 * time.Millisecond) // a header that comes quicker ends at its bound
	}
}

// isCut waits until the server closes conn.
func isCut(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %v the connection is still open", within)
	}
}

func header(s *http.Server) *time.Duration { return &s.ReadHeaderTimeout }

func TestAHeaderThatDripsIsCut(t *testing.T) {
	conn := serveImpatiently(t, header).dial(t)
	_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: broker\r\n")
	go drip(conn, "X-Slow: loris\r\n")
	isCut(t, conn)
}

func TestABodyThatDripsIsAnswered408AndCut(t *testing.T) {
	v := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.ReadTimeout })
	conn := v.dial(t)
	_, _ = fmt.Fprintf(conn, "POST /v1/grants HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n", v.apiKey)
	go drip(conn, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(body), `"too-slow"`) {
		t.Errorf("%s: %s", res.Status, body)
	}
	isCut(t, conn)
}

func TestAConnectionThatIsIdleIsCut(t *testing.T) {
	conn := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.IdleTimeout }).dial(t)
	_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: broker\r\n\r\n")
	isCut(t, conn)
}

// A client that asks and never reads fills every buffer in between; then the
// server's writes stand still.
func TestAClientThatDoesNotReadIsCut(t *testing.T) {
	conn := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.WriteTimeout }).dial(t)
	for {
		if _, err := io.WriteString(conn, "GET /openapi.yaml HTTP/1.1\r\nHost: broker\r\n\r\n"); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("after %v the connection is still open", within)
			}
			return
		}
	}
}

func TestAStreamOfEventsOutlivesTheTimeForAnAnswer(t *testing.T) {
	v := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.WriteTimeout })
	conn := v.dial(t)
	_, _ = fmt.Fprintf(conn, "GET /v1/events HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer %s\r\n\r\n", v.apiKey)
	time.Sleep(answerWithin/40 + time.Second)
	req, err := http.NewRequest(http.MethodPost, "http://"+v.addr+"/v1/sessions", strings.NewReader(`{"content_type":"video/webm"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+v.apiKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%+v, %v", res, err)
	}
	_ = res.Body.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if lines.Text() == "event: opened" {
			return
		}
	}
	t.Errorf("the stream ended before it told of the session: %v", lines.Err())
}

func TestAHeaderIsBounded(t *testing.T) {
	v := serveImpatiently(t, header)
	for bytes, want := range map[int]int{15 << 10: http.StatusOK, 24 << 10: http.StatusRequestHeaderFieldsTooLarge} { // net/http allows 4 KiB more than it is told
		conn := v.dial(t)
		_, _ = fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: broker\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", bytes))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != want {
			t.Errorf("a header of %d bytes: %+v, %v; want %d", bytes, res, err, want)
			continue
		}
		_ = res.Body.Close()
	}
}
