package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

const defaultGrantTTL = time.Hour

func (s *server) mintGrant(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeGrants); err != nil {
		return err
	}
	var req grantRequest
	if err := read(c, &req, smallBody, refuseUnknown); err != nil {
		return err
	}
	ttl, err := seconds("ttl_s", req.TTLSeconds, defaultGrantTTL, week)
	if err != nil {
		return err
	}
	g := session.Grant{Owner: session.Owner(req.Owner), DisplayName: req.DisplayName, ExpiresAt: s.now().Add(ttl), MaxBytes: req.MaxBytes, MaxOpen: req.MaxOpen, ContentTypes: req.ContentTypes, Origin: req.Origin}
	if err := s.Broker.CheckGrant(g, ttl); err != nil {
		return err
	}
	return s.granted(c, g)
}

func (s *server) granted(c echo.Context, g session.Grant) error {
	return answer(c, http.StatusCreated, grantAnswer{
		Grant: s.Access.SignGrant(g), Owner: string(g.Owner), ExpiresAt: instant(g.ExpiresAt), ExpiresInMs: s.left(g.ExpiresAt),
	})
}

// readGrant answers what a grant says, for a page that shows whose recording it is going
// to be. It is a POST because browsers send the header Origin with each POST, and a grant
// may be bound to an origin, even to the broker's own.
func (s *server) readGrant(c echo.Context) error {
	cred, err := s.credential(c)
	if err != nil {
		return err
	}
	if cred.Grant == nil {
		return forbidden(session.ReasonWrongCredential, "only a grant has an owner to tell of")
	}
	g := cred.Grant
	return answer(c, http.StatusOK, grantFacts{
		Owner: string(g.Owner), DisplayName: g.DisplayName, ExpiresAt: instant(g.ExpiresAt), ExpiresInMs: s.left(g.ExpiresAt),
	})
}

// pageGrant gives the broker's own page a grant. It refuses a page of another origin,
// and a page that reaches us under a foreign name that resolves to our address (DNS
// rebinding). Their header Origin tells, which every browser sends with a POST.
func (s *server) pageGrant(c echo.Context) error {
	origin := c.Request().Header.Get(echo.HeaderOrigin)
	if origin != "" && origin != originOf(s.PublicURL) && !s.knows(origin) {
		return forbidden(session.ReasonOrigin, "only the broker's own page is given a grant")
	}
	return s.granted(c, s.PageGrant(c.RealIP()))
}

const week = 7 * 24 * 60 * 60 // seconds: the longest life S3 gives a URL, and we a grant

// seconds reads an optional whole number of seconds, 1 to most.
func seconds(field string, n *int64, otherwise time.Duration, most int64) (time.Duration, error) {
	switch {
	case n == nil:
		return otherwise, nil
	case *n < 1 || *n > most:
		return 0, &session.Error{Kind: session.Invalid, Reason: session.ReasonOutOfRange, Field: field, Limit: most, Detail: fmt.Sprintf("%s is 1 to %d seconds", field, most)}
	}
	return time.Duration(*n) * time.Second, nil
}
