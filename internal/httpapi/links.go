package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// Links is who may watch recordings, and for how long.
type Links struct {
	Watchers session.Watchers // empty: session.ByLink
	TTL      time.Duration    // longest life of a link; 0: as long as the recording
	Preview  Preview          // what others are shown too; empty: NoPreview
}

func (l Links) watchers() session.Watchers { return cmp.Or(l.Watchers, session.ByLink) }

// maxLinkTTL is the longest life that can be asked for a link, in seconds: ten
// years. Who wants more asks for none.
const maxLinkTTL = 10 * 365 * 24 * 60 * 60

// linkWithin limits how long currentLink asks S3 whether links were revoked. The
// answer has a link beside other things, and a recorder must not wait for it.
const linkWithin = 2 * time.Second

// watcher returns the recording that the path names, and checks that the caller
// may watch it.
func (s *server) watcher(c echo.Context) (session.Ref, error) {
	switch s.Links.watchers() {
	case session.Public: // an older link may still carry a token; it is ignored
		id, err := pathID(c)
		return session.Ref{ID: id}, err
	case session.ByOwner:
		ref, err := s.ref(c, admit{sessionToken: true, grant: true})
		switch session.ReasonOf(err) {
		case session.ReasonMissingToken:
			return ref, &session.Error{Kind: session.Unauthorized, Reason: session.ReasonOwnerOnly, Detail: "only its owner may watch a recording here, with a grant"}
		case session.ReasonWrongCredential:
			return ref, forbidden(session.ReasonOwnerOnly, "only its owner may watch a recording here: links do not count")
		}
		return ref, err
	}
	return s.ref(c, admit{sessionToken: true, grant: true, link: true})
}

// watchURL returns the address at which people watch a recording. The share token
// is in its fragment. Browsers do not send a fragment, so no server log and no
// Referer has the token. If the settings allow no links, there is no token.
func (s *server) watchURL(link session.Link) string {
	page := s.PublicURL + "/watch/" + string(link.ID)
	if s.Links.watchers() != session.ByLink {
		return page
	}
	return page + "#" + s.Access.SignLink(link)
}

// firstLink is the link that comes with open. It is made without a request to S3.
func (s *server) firstLink(id session.ID) string {
	return s.watchURL(session.Link{ID: id, ExpiresAt: s.linkEnds(0)})
}

// currentLink returns a link that was not revoked. If S3 does not say within
// linkWithin which links were revoked, it returns the first link. At worst that
// link is refused when somebody opens it; failing the whole answer would be worse.
func (s *server) currentLink(c echo.Context, id session.ID) string {
	if s.Links.watchers() != session.ByLink {
		return s.firstLink(id)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), linkWithin)
	defer cancel()
	link, _ := s.Broker.LinkOf(ctx, id)
	link.ExpiresAt = s.linkEnds(0)
	return s.watchURL(link)
}

// linkEnds returns when a link that is made now expires: after ttl. If ttl is 0 or
// longer than Links.TTL, the link expires after Links.TTL. Zero: never.
func (s *server) linkEnds(ttl time.Duration) time.Time {
	if most := s.Links.TTL; most > 0 && (ttl == 0 || ttl > most) {
		ttl = most
	}
	if ttl == 0 {
		return time.Time{}
	}
	return s.now().Add(ttl)
}

func (s *server) makeLink(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true, grant: true})
	if err != nil {
		return err
	}
	var req linkRequest
	if err := read(c, &req, smallBody, refuseUnknown); err != nil {
		return err
	}
	ttl, err := seconds("ttl_s", req.TTLSeconds, 0, maxLinkTTL)
	if err != nil {
		return err
	}
	switch s.Links.watchers() {
	case session.Public:
		return watchPublic()
	case session.ByOwner:
		return forbidden(session.ReasonOwnerOnly, "only its owner may watch a recording here: there are no links")
	}
	link, err := s.Broker.Link(c.Request().Context(), ref)
	if err != nil {
		return err
	}
	link.ExpiresAt = s.linkEnds(ttl)
	a := linkAnswer{WatchURL: s.watchURL(link), Token: s.Access.SignLink(link)}
	if !link.ExpiresAt.IsZero() {
		a.ExpiresAt, a.ExpiresInMs = instant(link.ExpiresAt), s.left(link.ExpiresAt)
	}
	return answer(c, http.StatusCreated, a)
}

// revokeLinks is not for the session token: a recorder that was robbed of it
// must not lose its viewers too.
func (s *server) revokeLinks(c echo.Context) error {
	ref, err := s.ref(c, admit{grant: true})
	if err != nil {
		return err
	}
	if s.Links.watchers() == session.Public {
		return watchPublic()
	}
	if err := s.Broker.Revoke(c.Request().Context(), ref); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// watchPublic is no success: who revokes, or wants an end, would believe that it
// took effect.
func watchPublic() error {
	return &session.Error{Kind: session.Conflict, Reason: session.ReasonWatchPublic, Detail: "anybody who knows its ID may watch a recording here, so links have no end and cannot be revoked"}
}
