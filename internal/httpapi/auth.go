package httpapi

import (
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// credential reads the bearer string of a request.
func (s *server) credential(c echo.Context) (session.Credential, error) {
	return s.credentialOf(c, bearer(c))
}

func bearer(c echo.Context) string {
	scheme, bearer, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(bearer)
}

// credentialOf says what a bearer string is. The string may come from a header or
// from the body.
func (s *server) credentialOf(c echo.Context, bearer string) (session.Credential, error) {
	cred, err := s.Access.Check(bearer)
	noteCaller(c, cred)
	if err == nil {
		err = checkOrigin(cred.Grant, c.Request().Header.Get(echo.HeaderOrigin))
	}
	return cred, err
}

// checkOrigin refuses a grant that is bound to one origin if the request comes
// from another one. A browser sends the header Origin with every cross-origin
// request, and no script can change it.
func checkOrigin(g *session.Grant, origin string) error {
	if g == nil || g.Origin == "" || session.OriginMatches(g.Origin, origin) {
		return nil
	}
	return forbidden(session.ReasonOrigin, "the grant is for pages of another origin")
}

// apiKey refuses every caller except an API key with scope.
func (s *server) apiKey(c echo.Context, scope session.Scope) error {
	cred, err := s.credential(c)
	if err != nil {
		return err
	}
	if cred.APIKey == nil {
		return forbidden(session.ReasonNeedsAPIKey, "this call needs an API key")
	}
	return allows(cred.APIKey, scope)
}

func allows(k *session.APIKey, scopes ...session.Scope) error {
	if k.Allows(scopes...) {
		return nil
	}
	return forbidden(session.ReasonScope, "the API key lacks the scope "+string(scopes[0]))
}

func forbidden(reason session.Reason, detail string) error {
	return &session.Error{Kind: session.Forbidden, Reason: reason, Detail: detail}
}

// pathID returns the session that the path names, and keeps it for the log.
func pathID(c echo.Context) (session.ID, error) {
	id, err := session.ParseID(c.Param("id"))
	if err == nil {
		noteSession(c, id)
	}
	return id, err
}

// admit says which credentials a call on one session takes, besides API keys
// with the scope sessions or ops.
type admit struct{ sessionToken, grant, link bool }

// ref returns the session that the path names, and who asks for it. It refuses the
// token of another session. The use case refuses the grant of another owner, and then
// says only that the session is unknown.
func (s *server) ref(c echo.Context, a admit) (session.Ref, error) {
	id, err := pathID(c)
	if err != nil {
		return session.Ref{}, err
	}
	cred, err := s.credential(c)
	if err != nil {
		return session.Ref{}, err
	}
	switch {
	case cred.SessionToken != nil && a.sessionToken:
		if cred.SessionToken.ID != id {
			return session.Ref{}, forbidden(session.ReasonForeignToken, "the token belongs to another session")
		}
		return session.Ref{ID: id, SessionToken: cred.SessionToken}, nil
	case cred.Link != nil && a.link:
		if cred.Link.ID != id {
			return session.Ref{}, forbidden(session.ReasonForeignToken, "the token belongs to another recording")
		}
		return session.Ref{ID: id, Link: cred.Link}, nil
	case cred.Grant != nil && a.grant:
		return session.Ref{ID: id, Owner: &cred.Grant.Owner}, nil
	case cred.APIKey != nil:
		return session.Ref{ID: id}, allows(cred.APIKey, session.ScopeSessions, session.ScopeOps)
	}
	return session.Ref{}, forbidden(session.ReasonWrongCredential, "this call takes another kind of credential")
}
