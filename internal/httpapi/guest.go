package httpapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// Guest is a route for clients that use another protocol than api/openapi.yaml. Another
// package makes its answers. The same log, limits and CORS rules hold for it as for our
// own routes. Its path is a pattern, so no path of a request gets into the log.
type Guest struct {
	Method, Path string // as echo has them
	// Answer returns what is answered with 200, or what went wrong.
	Answer func(*Visit) (any, error)
}

// Visit is one request to a Guest.
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

// Param returns the part of the path that the pattern calls :name.
func (v *Visit) Param(name string) string { return v.c.Param(name) }

// Query is a parameter of the query, "" if it is not there.
func (v *Visit) Query(name string) string { return v.c.QueryParam(name) }

// Credential checks a bearer string and keeps its owner for the log. If the string is
// empty, it takes the one in the header Authorization.
func (v *Visit) Credential(text string) (session.Credential, error) {
	return v.s.credentialOf(v.c, cmp.Or(text, bearer(v.c)))
}

// Read decodes the body: one JSON value of at most limit bytes. It ignores unknown
// fields.
func (v *Visit) Read(into any, limit int64) error { return read(v.c, into, limit, ignoreUnknown) }

// About keeps for the log which session the request is about.
func (v *Visit) About(id session.ID) { noteSession(v.c, id) }

// Completed counts a completed session, and returns the address at which people watch it.
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
