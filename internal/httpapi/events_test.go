package httpapi_test

import (
	"context"
	"errors"
	"iter"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

func TestEventsAsTheyHappen(t *testing.T) {
	a := apitest.Start(t)
	stream := a.Follow(t, "")
	first := a.Open(t, "ann", map[string]any{"name": "Grüße\u2028"})
	parts, size := a.Upload(t, first, apitest.Noise(7))
	a.Call(t, "POST", path(first, "/complete"), first.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	second := a.Open(t, "bob", nil)
	a.UploadPart(t, second, 2, apitest.Noise(8))
	a.Call(t, "POST", path(second, "/salvage"), a.APIKey, nil).Want(t, 200)
	third := a.Open(t, "bob", nil)
	a.Call(t, "DELETE", path(third, ""), third.Token, nil).Want(t, 200)

	for _, want := range []apitest.Event{
		{Type: "opened", SessionID: first.ID, Owner: "ann", Name: "Grüße\u2028"},
		{Type: "completed", SessionID: first.ID, Owner: "ann", Name: "Grüße\u2028", Size: 7},
		{Type: "opened", SessionID: second.ID, Owner: "bob"},
		{Type: "salvaged", SessionID: second.ID, Owner: "bob", Size: 8, Missing: []int{1}},
		{Type: "opened", SessionID: third.ID, Owner: "bob"},
		{Type: "aborted", SessionID: third.ID, Owner: "bob"},
	} {
		got := stream.Next(t)
		if got.Type != want.Type || got.Kind != want.Type || got.SessionID != want.SessionID || got.Owner != want.Owner || got.Name != want.Name ||
			got.Size != want.Size || !slices.Equal(got.Missing, want.Missing) || got.ContentType != "video/webm;codecs=vp9" {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestAFollowerThatComesBackMissesNothing(t *testing.T) {
	a := apitest.Start(t)
	stream := a.Follow(t, "")
	long := a.Open(t, "ann", nil)
	if got := stream.Next(t); got.SessionID != long.ID {
		t.Fatalf("%+v", got)
	}
	a.Later(time.Minute)
	last := a.Open(t, "ann", nil)
	seen := stream.Next(t)
	stream.Close()
	a.Later(time.Minute)
	missed := a.Open(t, "ann", nil)

	stream = a.Follow(t, "", "Last-Event-ID", seen.LastID)
	again := stream.Next(t)
	if again.SessionID != last.ID || again.ID != seen.ID || again.LastID != seen.LastID {
		t.Errorf("what was seen comes as %+v, and came as %+v", again, seen)
	}
	if got := stream.Next(t); got.SessionID != missed.ID {
		t.Errorf("what was missed is %+v", got)
	}
}

func TestAFollowerSaysSinceWhen(t *testing.T) {
	a := apitest.Start(t)
	a.Open(t, "ann", nil)
	a.Later(time.Minute)
	at := time.Now().Add(time.Minute)
	second := a.Open(t, "ann", nil)
	a.Later(time.Minute)
	third := a.Open(t, "ann", nil)
	for query, want := range map[string]session.ID{"": third.ID, "?since=" + at.UTC().Format(time.RFC3339): second.ID} {
		if got := a.Follow(t, query).Next(t); got.SessionID != want {
			t.Errorf("%q begins with %s, want %s", query, got.SessionID, want)
		}
	}
	a.CallRaw(t, "GET", "/v1/events?since=yesterday", a.APIKey, "").Problem(t, 400, "bad-query")
	a.CallRaw(t, "GET", "/v1/events", a.APIKey, "", "Last-Event-ID", "x").Problem(t, 400, "bad-query")
}

// The events of a session that others open while a stream is polled may have
// an older time than what the stream brought last.
func TestAFollowerBeginsALittleEarlier(t *testing.T) {
	a := apitest.Start(t)
	early := a.Open(t, "ann", nil)
	a.Later(9 * time.Second)
	if got := a.Follow(t, "").Next(t); got.SessionID != early.ID {
		t.Errorf("it begins with %+v", got)
	}
}

func TestAStreamOutlivesTheServersTimeouts(t *testing.T) {
	var cfg httpapi.Config
	a := apitest.Start(t, func(c *httpapi.Config) { cfg = *c })
	server := httptest.NewUnstartedServer(httpapi.New(cfg))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	other := a.URL
	a.URL = server.URL
	stream := a.Follow(t, "")
	stream.Block(t) // it lives
	a.URL = other
	for range 2 {
		time.Sleep(400 * time.Millisecond)
		o := a.Open(t, "ann", nil)
		if got := stream.Next(t); got.SessionID != o.ID {
			t.Errorf("%+v", got)
		}
	}
}

func TestStreamsEndWithTheBroker(t *testing.T) {
	ending, end := context.WithCancel(t.Context())
	a := apitest.Start(t, func(c *httpapi.Config) { c.Ending = ending })
	stream := a.Follow(t, "")
	stream.Block(t)
	end()
	if err := stream.Rest(); err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
}

func TestSoManyFollowAndNoMore(t *testing.T) {
	a := apitest.Start(t)
	var streams []*apitest.Stream
	for range 64 {
		streams = append(streams, a.Follow(t, ""))
	}
	p := a.Call(t, "GET", "/v1/events", a.APIKey, nil).Problem(t, 503, "too-many-followers")
	if p.Limit != 64 || p.RetryAfterMs == 0 {
		t.Errorf("the limit is %d, to be tried again in %d ms", p.Limit, p.RetryAfterMs)
	}
	streams[0].Close()
	for until := time.Now().Add(10 * time.Second); !strings.Contains(a.Log.String(), `"route":"/v1/events","status":200`); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the broker does not notice that one left")
		}
	}
	a.Follow(t, "").Block(t)
}

// stumbling is an EventLog that does not answer at first.
type stumbling struct{ session.EventLog }

func (s stumbling) Follow(ctx context.Context, since time.Time) iter.Seq2[session.Event, error] {
	return func(yield func(session.Event, error) bool) {
		if yield(session.Event{}, &session.Error{Kind: session.Unavailable, Reason: "redis", Err: errors.New("secret.internal:6379")}) {
			s.EventLog.Follow(ctx, since)(yield)
		}
	}
}

func TestAStreamGoesOnWhenTheStoreDoes(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) { c.Events = stumbling{c.Events} })
	stream := a.Follow(t, "")
	said := slices.Concat(stream.Block(t), stream.Block(t)) // one of them shows that it lives
	if !slices.Contains(said, ": unavailable") {
		t.Errorf("it says %q", said)
	}
	o := a.Open(t, "ann", nil)
	if got := stream.Next(t); got.SessionID != o.ID {
		t.Errorf("%+v", got)
	}
}
