package httpapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

func (s *server) listSessions(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeOps); err != nil {
		return err
	}
	q, err := query(c)
	if err != nil {
		return err
	}
	page, err := s.Broker.List(c.Request().Context(), q)
	if err != nil {
		return err
	}
	a := listAnswer{Sessions: []sessionRow{}, Unreadable: page.Unreadable}
	for _, each := range page.Sessions {
		a.Sessions = append(a.Sessions, row(each))
	}
	if page.Next.ID != "" {
		a.NextCursor = writeCursor(page.Next)
	}
	return answer(c, http.StatusOK, a)
}

func query(c echo.Context) (session.Query, error) {
	if err := parameters(c, "state", "owner", "idle_for", "limit", "cursor"); err != nil {
		return session.Query{}, err
	}
	q := session.Query{State: session.State(c.QueryParam("state")), Owner: session.Owner(c.QueryParam("owner"))}
	var err error
	if q.Limit, err = limit(c); err != nil {
		return q, err
	}
	if idle := c.QueryParam("idle_for"); idle != "" {
		d, err := time.ParseDuration(idle)
		if err != nil {
			return q, badQuery("idle_for", "idle_for is a duration such as 30m or 24h")
		}
		q.IdleFor = d
	}
	if cursor := c.QueryParam("cursor"); cursor != "" {
		after, ok := readCursor(cursor)
		if !ok {
			return q, badCursor()
		}
		q.After = after
	}
	return q, nil
}

// limit reads how many rows the caller wants. The use case checks the range.
func limit(c echo.Context) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badQuery("limit", "limit is a whole number")
	}
	return n, nil
}

// parameters refuses a query that may select more than was meant: with a parameter that
// is unknown, given twice, or empty (as after an unset variable in a script).
func parameters(c echo.Context, known ...string) error {
	for name, values := range c.QueryParams() {
		switch {
		case !slices.Contains(known, name):
			return badQuery("query", "there is no such parameter; there are "+strings.Join(known, ", "))
		case len(values) > 1:
			return badQuery(name, name+" is given more than once")
		case values[0] == "" && name != "cursor": // without a cursor a listing begins at its beginning
			return badQuery(name, name+" is empty; leave it out to select all")
		}
	}
	return nil
}

func badQuery(field, detail string) error {
	return &session.Error{Kind: session.Invalid, Reason: session.ReasonBadQuery, Field: field, Detail: detail}
}

func badCursor() error { return badQuery("cursor", "the cursor is not one that a listing gave") }

// A cursor is opaque to clients: "milliseconds id" in base64.
func writeCursor(c session.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", c.ActiveAt.UnixMilli(), c.ID))
}

func readCursor(text string) (session.Cursor, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return session.Cursor{}, false
	}
	ms, name, _ := strings.Cut(string(raw), " ")
	at, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return session.Cursor{}, false
	}
	id, err := session.ParseID(name)
	return session.Cursor{ActiveAt: time.UnixMilli(at), ID: id}, err == nil
}
