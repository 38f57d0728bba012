package httpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

const maxIdempotencyKey = 255 // bytes

func (s *server) openSession(c echo.Context) error {
	grant, key, err := s.opener(c)
	if err != nil {
		return err
	}
	var req openRequest
	if err := read(c, &req, partsBody, refuseUnknown); err != nil {
		return err
	}
	if req.Owner != "" {
		if key == nil {
			return &session.Error{Kind: session.Invalid, Reason: session.ReasonOwnerFromGrant, Field: "owner", Detail: "the grant names the owner; only an API key may name another"}
		}
		grant.Owner = session.Owner(req.Owner)
	}
	if err := req.Finish.check(); err != nil {
		return err
	}
	sign, err := each("sign", req.Sign)
	if err != nil {
		return err
	}
	idempotencyKey := c.Request().Header.Get("Idempotency-Key")
	if len(idempotencyKey) > maxIdempotencyKey {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonOutOfRange, Field: "Idempotency-Key", Limit: maxIdempotencyKey, Detail: "the Idempotency-Key is longer than 255 bytes"}
	}
	ctx := c.Request().Context()
	opened, err := s.Broker.Open(ctx, *grant, session.OpenRequest{
		ContentType: req.ContentType, Name: req.Name, Metadata: req.Metadata, Algorithm: session.ChecksumAlgorithm(req.Checksum),
		Size: req.Size, PartSize: req.PartSize, MaxBytes: req.MaxBytes, OnAbandon: session.OnAbandon(req.OnAbandon), WhenWhole: req.Finish == whenWhole, IdempotencyKey: idempotencyKey,
	}, sign)
	if err != nil {
		return err
	}
	noteSession(c, opened.Session.ID)
	noteOwner(c, opened.Session.Owner)
	return s.answerSigned(c, http.StatusCreated, s.opened(opened.Session), opened.URLs)
}

// opener returns the grant with which the caller may open a session. For an API key
// it returns a grant without an owner, and the key.
func (s *server) opener(c echo.Context) (*session.Grant, *session.APIKey, error) {
	cred, err := s.credential(c)
	switch {
	case err != nil:
		return nil, nil, err
	case cred.Grant != nil:
		return cred.Grant, nil, nil
	case cred.APIKey != nil:
		return &session.Grant{Principal: cred.APIKey.Name}, cred.APIKey, allows(cred.APIKey, session.ScopeSessions)
	}
	return nil, nil, forbidden(session.ReasonWrongCredential, "opening a session takes a grant or an API key")
}

func (s *server) opened(now *session.Session) openAnswer {
	t := now.SessionToken(s.Broker.Bucket.Name())
	return openAnswer{
		ID: t.ID, Token: s.Access.SignSessionToken(t), State: now.State, Revision: now.Revision, Checksum: string(t.Algorithm),
		PartSize: t.PartSize, MaxParts: now.MaxParts(), MaxBytes: t.MaxBytes, Finish: finishOf(now), ExpiresAt: instant(t.ExpiresAt), ExpiresInMs: s.left(t.ExpiresAt),
		WatchURL: s.firstLink(t.ID),
	}
}

func (s *server) parts(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true})
	if err != nil {
		return err
	}
	if ref.SessionToken == nil {
		return forbidden(session.ReasonWrongCredential, "reporting and signing parts takes the session token")
	}
	var req partsRequest
	if err := read(c, &req, partsBody, ignoreUnknown); err != nil {
		return err
	}
	uploaded, err := each("uploaded", req.Uploaded)
	if err != nil {
		return err
	}
	sign, err := each("sign", req.Sign)
	if err != nil {
		return err
	}
	ttl, err := seconds("ttl_s", req.TTLSeconds, 0, week)
	if err != nil {
		return err
	}
	now, signed, err := s.Broker.Parts(c.Request().Context(), ref.SessionToken, uploaded, sign, ttl)
	if err != nil {
		return err
	}
	return s.answerSigned(c, http.StatusOK, partsAnswer{
		ID: now.ID, State: now.State, Revision: now.Revision, PartsReported: now.PartsReported, BytesReported: now.BytesReported,
		freshToken: s.fresh(now, ref.SessionToken),
	}, signed)
}

func (s *server) getSession(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true, grant: true})
	if err != nil {
		return err
	}
	view, err := s.Broker.Show(c.Request().Context(), ref)
	if err != nil {
		return err
	}
	a := sessionAnswer{
		sessionRow: row(view.Session), freshToken: s.fresh(view.Session, ref.SessionToken), WatchURL: s.currentLink(c, view.ID), Parts: []listedPart{}, Missing: view.Missing,
	}
	if view.Result != nil {
		a.Missing = view.Result.Missing
	}
	for _, p := range view.Parts {
		a.Parts = append(a.Parts, listedPart{Number: p.Number, Size: p.Size, ETag: p.ETag, Checksum: p.Checksum})
		a.Bytes += p.Size
	}
	c.Response().Header().Set("ETag", fmt.Sprintf(`"%d"`, view.Revision))
	return answer(c, http.StatusOK, a)
}

func (s *server) completeSession(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true})
	if err != nil {
		return err
	}
	var req claim
	if err := read(c, &req, partsBody, ignoreUnknown); err != nil {
		return err
	}
	parts, err := each("parts", req.Parts)
	if err != nil {
		return err
	}
	done, err := s.Broker.Complete(c.Request().Context(), ref, session.Claim{Parts: parts, Size: req.Size, Duration: millis(req.DurationMs)})
	if err != nil {
		return err
	}
	return s.completed(c, done)
}

// salvageSession is only for scripts. A recorder completes with its claim instead.
func (s *server) salvageSession(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeOps); err != nil {
		return err
	}
	id, err := pathID(c)
	if err != nil {
		return err
	}
	revision, err := ifMatch(c)
	if err != nil {
		return err
	}
	done, err := s.Broker.Salvage(c.Request().Context(), session.Ref{ID: id}, revision)
	if err != nil {
		return err
	}
	return s.completed(c, done)
}

// completed answers how far completing has come.
func (s *server) completed(c echo.Context, now *session.Session) error {
	if now.State != session.Completed {
		return pending(c, now)
	}
	s.Metrics.Completed(took(c))
	return answer(c, http.StatusOK, completedAnswer{
		ID: now.ID, State: now.State, Key: s.Broker.Key(now.ID), Size: now.Result.Size, ETag: now.Result.ETag,
		Outcome: now.Result.Outcome, Missing: now.Result.Missing, WatchURL: s.currentLink(c, now.ID),
	})
}

func (s *server) abortSession(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true})
	if err != nil {
		return err
	}
	revision, err := ifMatch(c)
	if err != nil {
		return err
	}
	ended, err := s.Broker.Abort(c.Request().Context(), ref, revision)
	if err != nil {
		return err
	}
	if ended.State != session.Aborted {
		return pending(c, ended)
	}
	return answer(c, http.StatusOK, endedAnswer{ID: ended.ID, State: ended.State})
}

// pending answers 202: the intent is stored, and it is not known yet whether S3 has
// carried it out.
func pending(c echo.Context, now *session.Session) error {
	setRetryAfter(c.Response().Header(), session.RetryAfter)
	return answer(c, http.StatusAccepted, pendingAnswer{ID: now.ID, State: now.State, RetryAfterMs: session.RetryAfter.Milliseconds()})
}

// ifMatch reads the revision that a caller has seen; 0 if the caller names none.
func ifMatch(c echo.Context) (session.Revision, error) {
	header := c.Request().Header.Get("If-Match")
	if header == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(header, `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, &session.Error{Kind: session.Invalid, Reason: session.ReasonBadRevision, Field: "If-Match", Detail: `If-Match takes one revision in quotes, such as "7"`}
	}
	return session.Revision(n), nil
}
