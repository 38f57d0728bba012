package httpapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// Guest is a route whose answers another package makes, for clients that speak
// another protocol than api/openapi.yaml. It stands among ours: behind the same
// log, bounds and CORS, and under a pattern, so that no path reaches a log.
type Guest struct {
	Method, Path string // as echo has them
	// Answer returns what is answered with 200, or what went wrong.
	Answer func(*Visit) (any, error)
}

// Visit is one request to a guest.
type Visit struct {
	s *server
	c echo.Context
}

func (s *server) guest(g Guest) echo.HandlerFunc {
	return func(c echo.Context) error {
		entryOf(c).guest = true
		a, err := g.Answer(&Visit{s, c})
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, a)
	}
}

// Context ends with the request.
func (v *Visit) Context() context.Context { return v.c.Request().Context() }

// Param is what stands in the path in the place of :name.
func (v *Visit) Param(name string) string { return v.c.Param(name) }

// Query is a parameter of the query, "" if it is not there.
func (v *Visit) Query(name string) string { return v.c.QueryParam(name) }

// Credential checks a bearer string, or if it is empty that of the
// Authorization header, and notes for the log whose it is.
func (v *Visit) Credential(text string) (session.Credential, error) {
	return v.s.credentialOf(v.c, cmp.Or(text, bearer(v.c)))
}

// Read decodes the body, one JSON value of limit bytes at most, and passes over
// fields that it does not know.
func (v *Visit) Read(into any, limit int64) error { return read(v.c, into, limit, ignoreUnknown) }

// About notes for the log which session the request is about.
func (v *Visit) About(id session.ID) { noteSession(v.c, id) }

// Completed counts that a session is completed, and says where it is watched.
func (v *Visit) Completed(id session.ID) string {
	v.s.Metrics.Completed(took(v.c))
	return v.s.currentLink(v.c, id)
}

// inWords is a problem in one line, for clients that show no more of it.
func (p *problem) inWords() string {
	where := ""
	if p.Field != "" {
		where = " in " + p.Field
	}
	return cmp.Or(string(p.Reason), p.Code) + where + ": " + p.Detail
}
