package httpapi

import (
	"io"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// maxMethod is how much of a method is logged, in bytes: net/http takes any
// word of any length for one.
const maxMethod = 16

const (
	keyStart   = "start"
	keyError   = "error"
	keySession = "session"
	keyOwner   = "owner"
	keyAPIKey  = "api-key"
)

// note keeps what went wrong for the request's one log line.
func note(c echo.Context, e *session.Error) { c.Set(keyError, e) }

// noteSession keeps which session the request is about for its log line.
func noteSession(c echo.Context, id session.ID) { c.Set(keySession, id) }

// noteOwner keeps on whose behalf the request is made for its log line.
func noteOwner(c echo.Context, o session.Owner) { c.Set(keyOwner, o) }

// noteCaller keeps what is known of who makes the request. A share token says
// nothing of that.
func noteCaller(c echo.Context, cred session.Credential) {
	switch {
	case cred.APIKey != nil:
		c.Set(keyAPIKey, cred.APIKey.Name)
	case cred.Grant != nil:
		noteOwner(c, cred.Grant.Owner)
	case cred.Ticket != nil:
		noteOwner(c, cred.Ticket.Owner)
	}
}

// took is how long the request has been here.
func took(c echo.Context) time.Duration {
	start, _ := c.Get(keyStart).(time.Time)
	return time.Since(start)
}

// logged writes one line per request, and counts it. It names the route and
// never the URL: neither a query nor a token can reach a log through it.
func (s *server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(keyStart, time.Now())
		body := &counted{ReadCloser: c.Request().Body}
		c.Request().Body = body
		if err := next(c); err != nil {
			c.Error(err)
		}
		route, method, status, took := c.Path(), c.Request().Method, c.Response().Status, took(c)
		s.Metrics.Answered(route, method, status, took)
		level, attrs := outcome(c)
		s.Log.LogAttrs(c.Request().Context(), level, "request", append([]slog.Attr{
			slog.String("method", method[:min(len(method), maxMethod)]), slog.String("route", route), slog.Int("status", status),
			slog.Duration("took", took), slog.Int64("bytes_in", body.n), slog.Int64("bytes_out", c.Response().Size),
			slog.String("request_id", requestID(c)), slog.String("client", c.RealIP()),
		}, attrs...)...)
		return nil
	}
}

// outcome is what was noted of a request, and how much it matters.
func outcome(c echo.Context) (level slog.Level, attrs []slog.Attr) {
	if id, ok := c.Get(keySession).(session.ID); ok {
		attrs = append(attrs, slog.String("session", string(id)))
	}
	if owner, ok := c.Get(keyOwner).(session.Owner); ok {
		attrs = append(attrs, slog.String("owner", string(owner))) // MaxOwnerBytes at the most, and no control character
	}
	if name, ok := c.Get(keyAPIKey).(string); ok {
		attrs = append(attrs, slog.String("api_key", name))
	}
	e, ok := c.Get(keyError).(*session.Error)
	if !ok {
		return slog.LevelInfo, attrs
	}
	attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("reason", e.Reason))
	if e.Kind == session.Internal || e.Kind == session.Unavailable {
		return slog.LevelError, append(attrs, slog.String("error", e.Error()))
	}
	return slog.LevelInfo, attrs
}

// counted counts the bytes of a body that were read.
type counted struct {
	io.ReadCloser
	n int64
}

func (b *counted) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	return n, err
}
