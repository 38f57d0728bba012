package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

const (
	maxFollowers   = 64 // of one broker; each costs Redis a round trip twice a second
	keepAliveEvery = 15 * time.Second
	writeWithin    = 30 * time.Second
	// overlap is how far before the place that was asked for a stream begins.
	// Events of different sessions may come a little out of order, and the
	// clocks of brokers and of Redis' nodes differ.
	overlap = 10 * time.Second
)

// follow streams events as Server-Sent Events,
// https://html.spec.whatwg.org/multipage/server-sent-events.html (read
// 2026-11-22), until the client leaves or the broker is about to stop.
func (s *server) follow(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeOps); err != nil {
		return err
	}
	since, err := s.since(c)
	if err != nil {
		return err
	}
	select {
	case s.followers <- struct{}{}:
		defer func() { <-s.followers }()
	default:
		return &session.Error{Kind: session.Unavailable, Reason: session.ReasonTooManyFollowers, Limit: maxFollowers, RetryAfter: keepAliveEvery,
			Detail: fmt.Sprintf("this broker has %d followers already", maxFollowers)}
	}
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer context.AfterFunc(s.Ending, cancel)()
	out := newStream(c)
	var beats sync.WaitGroup
	beats.Go(func() { out.keepAlive(ctx, cancel) })
	defer beats.Wait()
	defer cancel()
	for e, err := range s.Events.Follow(ctx, since.Add(-overlap)) {
		if err != nil {
			err = out.send(": " + session.KindOf(err).String() + "\n\n") // and it goes on where it was
		} else {
			err = out.event(e)
		}
		if err != nil {
			break // the client left
		}
	}
	return nil
}

// since returns from when on the caller wants events: after the last one that it had,
// or from the time that it asks for, or from now.
func (s *server) since(c echo.Context) (time.Time, error) {
	if err := parameters(c, "since"); err != nil {
		return time.Time{}, err
	}
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		text, _, _ := strings.Cut(last, ".")
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, badQuery("Last-Event-ID", "Last-Event-ID is not the id of one of these events")
		}
		return time.UnixMilli(ms), nil
	}
	if since := c.QueryParam("since"); since != "" {
		at, err := time.Parse(time.RFC3339, since)
		if err != nil {
			return time.Time{}, badQuery("since", "since is an instant such as 2026-11-22T19:00:00Z")
		}
		return at, nil
	}
	return s.now(), nil
}

// stream is one follower's connection.
type stream struct {
	mu  sync.Mutex // one block after the other
	res *echo.Response
	con *http.ResponseController
}

func newStream(c echo.Context) *stream {
	st := &stream{res: c.Response(), con: http.NewResponseController(c.Response())}
	h := st.res.Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold back what it thinks is little
	st.res.WriteHeader(http.StatusOK)
	return st
}

// keepAlive shows the client, and every proxy on the way, that the stream is alive. The
// first one is sent at the start, so that the client knows at once.
func (st *stream) keepAlive(ctx context.Context, gone context.CancelFunc) {
	tick := time.NewTicker(keepAliveEvery)
	defer tick.Stop()
	for st.send(":\n\n") == nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	gone()
}

func (st *stream) event(e session.Event) error {
	data, err := json.Marshal(eventData{ID: e.ID, Type: e.Type, At: instant(e.At), SessionID: e.Session, Owner: e.Owner, Name: e.Name,
		ContentType: e.ContentType, Size: e.Size, Missing: e.Missing, DurationMs: e.Duration.Milliseconds()})
	if err != nil {
		return err
	}
	return st.send(fmt.Sprintf("id: %d.%s\nevent: %s\ndata: %s\n\n", e.At.UnixMilli(), e.ID, e.Type, data))
}

// send writes one block at once, with its own deadline. The server's deadline is for
// ordinary answers, and would end the stream.
func (st *stream) send(block string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.con.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := st.res.Write([]byte(block)); err != nil {
		return err
	}
	return st.con.Flush()
}
