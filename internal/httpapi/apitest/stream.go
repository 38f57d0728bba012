package apitest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
)

// Stream is a follower of GET /v1/events.
type Stream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

// Event is one event of a stream.
type Event struct {
	LastID string `json:"-"` // to go on from
	Kind   string `json:"-"` // its event: line

	ID          string
	Type        string
	SessionID   session.ID `json:"session_id"`
	Owner       string
	Name        string
	ContentType string `json:"content_type"`
	Size        int64
	Missing     []int
}

// Follow begins to follow with the API key. The stream ends with the test, or
// after half a minute.
func (a *API) Follow(t testing.TB, query string, headers ...string) *Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	newRequest := func() *http.Request {
		return a.request(t, http.MethodGet, "/v1/events"+query, a.APIKey, nil, headers).WithContext(ctx)
	}
	res, err := http.DefaultTransport.RoundTrip(newRequest())
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s := &Stream{body: res.Body, lines: bufio.NewScanner(res.Body)}
	t.Cleanup(func() {
		cancel()
		s.Close()
	})
	if err := hold(newRequest(), true, Answer{Status: res.StatusCode, Header: res.Header}); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return s
}

// Close leaves.
func (s *Stream) Close() { _ = s.body.Close() }

// Next waits for the next event and holds it against the contract.
func (s *Stream) Next(t testing.TB) Event {
	t.Helper()
	for {
		if e, ok := parseEvent(t, s.Block(t)); ok {
			return e
		}
	}
}

// Block waits for the next block, an event or a comment.
func (s *Stream) Block(t testing.TB) []string {
	t.Helper()
	var lines []string
	for s.lines.Scan() {
		if s.lines.Text() == "" {
			return lines
		}
		lines = append(lines, s.lines.Text())
	}
	t.Fatalf("the stream ended: %v", s.lines.Err())
	return nil
}

// Rest reads until the broker ends the stream.
func (s *Stream) Rest() error {
	for s.lines.Scan() {
	}
	return s.lines.Err()
}

func parseEvent(t testing.TB, block []string) (e Event, ok bool) {
	t.Helper()
	for _, line := range block {
		switch field, value, _ := strings.Cut(line, ": "); field {
		case "id":
			e.LastID = value
		case "event":
			e.Kind = value
		case "data":
			holdEvent(t, value)
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				t.Fatal(err)
			}
			ok = true
		}
	}
	return e, ok
}

func holdEvent(t testing.TB, data string) {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(data), &value); err != nil {
		t.Fatal(err)
	}
	if err := doc.Components.Schemas["Event"].Value.VisitJSON(value); err != nil {
		t.Fatalf("the event breaks the contract: %v", err)
	}
}
