package httpapi

import (
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// maxMethod is how much of a method is logged, in bytes: net/http takes any
// word of any length for one.
const maxMethod = 16

// call is a request on its way through the handlers. Beside echo's context it has
// what the log will say about the request, and counts what is read of its body.
// It is one struct, so that a request costs one allocation for all three.
type call struct {
	echo.Context
	entry logEntry
	body  body
}

// logEntry is what one request's log line tells.
type logEntry struct {
	id      string // of the request
	start   time.Time
	session session.ID
	owner   session.Owner
	apiKey  string // its name
	fault   *session.Error
	guest   bool // see Guest
}

// entryOf returns the request's entry. It always exists, because identify is the
// first middleware.
func entryOf(c echo.Context) *logEntry { return &c.(*call).entry }

// note keeps what went wrong for the request's one log line.
func note(c echo.Context, e *session.Error) { entryOf(c).fault = e }

// noteSession keeps which session the request is about for its log line.
func noteSession(c echo.Context, id session.ID) { entryOf(c).session = id }

// noteOwner keeps on whose behalf the request is made for its log line.
func noteOwner(c echo.Context, o session.Owner) { entryOf(c).owner = o }

// noteCaller keeps who makes the request, for its log line. A share token does not
// say who that is.
func noteCaller(c echo.Context, cred session.Credential) {
	switch {
	case cred.APIKey != nil:
		entryOf(c).apiKey = cred.APIKey.Name
	case cred.Grant != nil:
		noteOwner(c, cred.Grant.Owner)
	case cred.SessionToken != nil:
		noteOwner(c, cred.SessionToken.Owner)
	}
}

// caller names who made the request, as far as that is known: an owner, or an API
// key, or else the session itself.
func (s *logEntry) caller() string {
	switch {
	case s.owner != "":
		return "owner " + string(s.owner)
	case s.apiKey != "":
		return "API key " + s.apiKey
	}
	return "session " + string(s.session)
}

// took is how long the broker has worked on the request.
func took(c echo.Context) time.Duration { return time.Since(entryOf(c).start) }

// roomForAttrs is enough for all that a line has.
const roomForAttrs = 16

// logged writes one line per request, and counts it. It names the route and
// never the URL: neither a query nor a token can reach a log through it.
func (s *server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		entry, read := entryOf(c), &c.(*call).body
		*read = body{ReadCloser: c.Request().Body, entry: entry, all: &s.bodies}
		c.Request().Body = read
		defer read.done()
		if err := next(c); err != nil {
			s.problem(err, c)
		}
		route, method, status, took := c.Path(), c.Request().Method, c.Response().Status, time.Since(entry.start)
		s.Metrics.Answered(route, method, status, took)
		attrs := append(make([]slog.Attr, 0, roomForAttrs),
			slog.String("method", method[:min(len(method), maxMethod)]), slog.String("route", route), slog.Int("status", status),
			slog.Duration("took", took), slog.Int64("bytes_in", read.n), slog.Int64("bytes_out", c.Response().Size),
			slog.String("request_id", entry.id), slog.String("client", c.RealIP()))
		level, attrs := entry.outcome(attrs)
		s.Log.LogAttrs(c.Request().Context(), level, "request", attrs...)
		return nil
	}
}

// outcome appends what was noted of a request, and says how much it matters.
func (s *logEntry) outcome(attrs []slog.Attr) (slog.Level, []slog.Attr) {
	if s.session != "" {
		attrs = append(attrs, slog.String("session", string(s.session)))
	}
	if s.owner != "" {
		attrs = append(attrs, slog.String("owner", string(s.owner))) // MaxOwnerBytes at the most, and no control character
	}
	if s.apiKey != "" {
		attrs = append(attrs, slog.String("api_key", s.apiKey))
	}
	if s.fault == nil {
		return slog.LevelInfo, attrs
	}
	attrs = append(attrs, slog.String("kind", s.fault.Kind.String()), slog.String("reason", string(s.fault.Reason)))
	if s.fault.Kind == session.Internal || s.fault.Kind == session.Unavailable {
		return slog.LevelError, append(attrs, slog.String("error", s.fault.Error()))
	}
	return slog.LevelInfo, attrs
}
