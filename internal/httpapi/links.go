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
}

func (l Links) watchers() session.Watchers { return cmp.Or(l.Watchers, session.ByLink) }

// maxLinkTTL is the longest life that can be asked for a link, in seconds: ten
// years. Who wants more asks for none.
const maxLinkTTL = 10 * 365 * 24 * 60 * 60

// linkWithin bounds the look at which links were revoked, where an answer only
// mentions one: it must not keep a recorder waiting.
const linkWithin = 2 * time.Second

// watcher names the recording in the path on behalf of somebody who wants to
// watch it.
func (s *server) watcher(c echo.Context) (session.Ref, error) {
	switch s.Links.watchers() {
	case session.Public: // links of another time still stand somewhere, with tokens that mean nothing here
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
	return s.ref(c, admit{sessionToken: true, grant: true, share: true})
}

// watchURL carries the share token in its fragment, which browsers keep to
// themselves: no server log and no Referer ever has it. Where tokens do not
// count there is none.
func (s *server) watchURL(sh session.Share) string {
	page := s.PublicURL + "/watch/" + string(sh.ID)
	if s.Links.watchers() != session.ByLink {
		return page
	}
	return page + "#" + s.Access.SignShare(sh)
}

// firstLink is the link that comes with open. Nobody is asked for it.
func (s *server) firstLink(id session.ID) string {
	return s.watchURL(session.Share{ID: id, ExpiresAt: s.linkEnds(0)})
}

// currentLink is a link that was not revoked; where nobody can say, the first
// one: at worst it is refused to who opens it, and the answer it stands in is
// worth more.
func (s *server) currentLink(c echo.Context, id session.ID) string {
	if s.Links.watchers() != session.ByLink {
		return s.firstLink(id)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), linkWithin)
	defer cancel()
	sh, _ := s.Broker.ShareOf(ctx, id)
	sh.ExpiresAt = s.linkEnds(0)
	return s.watchURL(sh)
}

// linkEnds is when a link ends that is made now: after ttl, or after the longest
// life that the settings allow, if ttl is 0 or longer. Zero: never.
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
	sh, err := s.Broker.Share(c.Request().Context(), ref)
	if err != nil {
		return err
	}
	sh.ExpiresAt = s.linkEnds(ttl)
	a := linkAnswer{WatchURL: s.watchURL(sh), Token: s.Access.SignShare(sh)}
	if !sh.ExpiresAt.IsZero() {
		a.ExpiresAt, a.ExpiresInMs = instant(sh.ExpiresAt), s.left(sh.ExpiresAt)
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
	return &session.Error{Kind: session.Conflict, Reason: session.ReasonWatchPublic, Detail: "whoever knows its ID may watch a recording here, so links have no end and cannot be revoked"}
}
