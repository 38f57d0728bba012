package httpapi

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// statuses is the one place where an error becomes an HTTP status.
var statuses = map[session.Kind]struct {
	code  int
	title string
}{
	session.Internal:           {http.StatusInternalServerError, "Something is wrong in the broker"},
	session.Invalid:            {http.StatusBadRequest, "The request cannot succeed as written"},
	session.Unauthorized:       {http.StatusUnauthorized, "A valid credential is needed"},
	session.Forbidden:          {http.StatusForbidden, "The credential does not allow this"},
	session.NotFound:           {http.StatusNotFound, "Not found"},
	session.Conflict:           {http.StatusConflict, "The session's state forbids this now"},
	session.PreconditionFailed: {http.StatusPreconditionFailed, "The session has changed"},
	session.TooLarge:           {http.StatusRequestEntityTooLarge, "The request is too large"},
	session.Unavailable:        {http.StatusServiceUnavailable, "Try again shortly"},
	session.Limited:            {http.StatusTooManyRequests, "A limit is used up for now"},
}

// problem answers with RFC 9457 problem details. Every error of every handler
// comes through here once.
func (s *server) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	e := asError(err)
	status := statuses[e.Kind]
	switch e.Reason { // for these, HTTP has a status of its own
	case session.ReasonMethodNotAllowed:
		status.code = http.StatusMethodNotAllowed // echo has set Allow
	case session.ReasonTooSlow:
		status.code = http.StatusRequestTimeout
	}
	p := problem{
		Type: "urn:slipway:problem:" + cmp.Or(string(e.Reason), e.Kind.String()), Title: status.title, Status: status.code,
		Code: e.Kind.String(), Reason: e.Reason, Detail: cmp.Or(e.Detail, status.title), Field: e.Field, Limit: e.Limit,
		RequestID: entryOf(c).id, RetryAfterMs: e.RetryAfter.Milliseconds(), Parts: differences(e.Parts), SafeBytes: e.Safe,
	}
	if e.Kind == session.Internal {
		p.Detail = "the broker made a mistake; the request ID finds it in the log"
	}
	if entryOf(c).guest {
		p.Error = p.inWords()
		p.Message = p.Error
	}
	note(c, e)
	h := c.Response().Header()
	if e.Kind == session.Unauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="slipway"`)
	}
	setRetryAfter(h, e.RetryAfter)
	if err := write(c, p.Status, "application/problem+json", p); err != nil {
		s.Log.Warn("answer not sent", slog.String("request_id", p.RequestID))
	}
}

// asError turns err into a session.Error: it is one already, or it is echo's error for a
// path or a method that does not exist.
func asError(err error) *session.Error {
	if e, ok := errors.AsType[*session.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch e.Code {
		case http.StatusNotFound:
			return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSuchPath, Detail: "there is nothing at this path"}
		case http.StatusMethodNotAllowed:
			return &session.Error{Kind: session.Invalid, Reason: session.ReasonMethodNotAllowed, Detail: "this path does not take that method"}
		}
	}
	return &session.Error{Kind: session.Internal, Op: "httpapi", Err: err}
}

func setRetryAfter(h http.Header, d time.Duration) {
	if d > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds()))))
	}
}
