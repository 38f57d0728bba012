package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// fresh returns the token t with a longer life, for the answer about now. It returns an
// empty one if t lives long enough.
func (s *server) fresh(now *session.Session, t *session.SessionToken) freshToken {
	if t == nil {
		return freshToken{}
	}
	longer, extended := s.Broker.ExtendToken(now, *t)
	if !extended {
		return freshToken{}
	}
	return freshToken{Token: s.Access.SignSessionToken(longer), ExpiresAt: instant(longer.ExpiresAt), ExpiresInMs: s.left(longer.ExpiresAt)}
}

// renewToken exchanges a session token, which may have expired, for a fresh one. The
// token names the session, and a second credential must show that the caller owns it.
func (s *server) renewToken(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	cred, err := s.credential(c)
	switch {
	case err != nil:
		return err
	case cred.APIKey != nil:
		err = allows(cred.APIKey, session.ScopeSessions)
	case cred.Grant == nil:
		err = forbidden(session.ReasonWrongCredential, "renewing a session token takes a grant of its owner, or an API key")
	}
	if err != nil {
		return err
	}
	var req renewRequest
	if err := read(c, &req, smallBody, refuseUnknown); err != nil {
		return err
	}
	token, err := s.Access.Reopen(req.Token)
	if err != nil {
		return err
	}
	if token.ID != id {
		return forbidden(session.ReasonForeignToken, "the token belongs to another session")
	}
	owner := token.Owner
	if cred.Grant != nil {
		owner = cred.Grant.Owner
	}
	now, err := s.Broker.Renew(c.Request().Context(), token, owner)
	if err != nil {
		return err
	}
	fresh := now.SessionToken(s.Broker.Bucket.Name())
	return answer(c, http.StatusOK, renewAnswer{
		ID: now.ID, Token: s.Access.SignSessionToken(fresh), State: now.State, ExpiresAt: instant(fresh.ExpiresAt), ExpiresInMs: s.left(fresh.ExpiresAt),
	})
}
