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

// call is a request on its way through the handlers: echo's context, with what
// the request's line of log will tell and what is read of its body. It is one
// piece of memory for all of that.
type call struct {
	echo.Context
	story story
	body  body
}

// story is what one request's log line tells.
type story struct {
	id      string // of the request
	start   time.Time
	session session.ID
	owner   session.Owner
	apiKey  string // its name
	fault   *session.Error
	guest   bool // see Guest
}

// storyOf is the request's. There is one: identify comes before all else.
func storyOf(c echo.Context) *story { return &c.(*call).story }

// note keeps what went wrong for the request's one log line.
func note(c echo.Context, e *session.Error) { storyOf(c).fault = e }

// noteSession keeps which session the request is about for its log line.
func noteSession(c echo.Context, id session.ID) { storyOf(c).session = id }

// noteOwner keeps on whose behalf the request is made for its log line.
func noteOwner(c echo.Context, o session.Owner) { storyOf(c).owner = o }

// noteCaller keeps what is known of who makes the request. A share token says
// nothing of that.
func noteCaller(c echo.Context, cred session.Credential) {
	switch {
	case cred.APIKey != nil:
		storyOf(c).apiKey = cred.APIKey.Name
	case cred.Grant != nil:
		noteOwner(c, cred.Grant.Owner)
	case cred.SessionToken != nil:
		noteOwner(c, cred.SessionToken.Owner)
	}
}

// caller is whose request it is, as far as that is known: sessions without an
// owner are callers of their own.
func (s *story) caller() string {
	switch {
	case s.owner != "":
		return "owner " + string(s.owner)
	case s.apiKey != "":
		return "API key " + s.apiKey
	}
	return "session " + string(s.session)
}

// took is how long the request has been here.
func took(c echo.Context) time.Duration { return time.Since(storyOf(c).start) }

// roomForAttrs is enough for all that a line has.
const roomForAttrs = 16

// logged writes one line per request, and counts it. It names the route and
// never the URL: neither a query nor a token can reach a log through it.
func (s *server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		story, read := storyOf(c), &c.(*call).body
		*read = body{ReadCloser: c.Request().Body, story: story, all: &s.bodies}
		c.Request().Body = read
		defer read.done()
		if err := next(c); err != nil {
			s.problem(err, c)
		}
		route, method, status, took := c.Path(), c.Request().Method, c.Response().Status, time.Since(story.start)
		s.Metrics.Answered(route, method, status, took)
		attrs := append(make([]slog.Attr, 0, roomForAttrs),
			slog.String("method", method[:min(len(method), maxMethod)]), slog.String("route", route), slog.Int("status", status),
			slog.Duration("took", took), slog.Int64("bytes_in", read.n), slog.Int64("bytes_out", c.Response().Size),
			slog.String("request_id", story.id), slog.String("client", c.RealIP()))
		level, attrs := story.outcome(attrs)
		s.Log.LogAttrs(c.Request().Context(), level, "request", attrs...)
		return nil
	}
}

// outcome appends what was noted of a request, and says how much it matters.
func (s *story) outcome(attrs []slog.Attr) (slog.Level, []slog.Attr) {
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
