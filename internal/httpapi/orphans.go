package httpapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

func (s *server) listOrphans(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeOps); err != nil {
		return err
	}
	if err := parameters(c, "limit", "cursor"); err != nil {
		return err
	}
	n, err := limit(c)
	if err != nil {
		return err
	}
	after, ok := readUploadCursor(c.QueryParam("cursor"))
	if !ok {
		return badCursor()
	}
	page, err := s.Broker.Orphans(c.Request().Context(), after, n)
	if err != nil {
		return err
	}
	a := orphansAnswer{Orphans: []orphanRow{}}
	for _, o := range page.Orphans {
		a.Orphans = append(a.Orphans, s.orphanRow(o))
	}
	if page.Next != (session.UploadCursor{}) {
		a.NextCursor = writeUploadCursor(page.Next)
	}
	return answer(c, http.StatusOK, a)
}

func (s *server) orphanRow(o session.Orphan) orphanRow {
	r := orphanRow{
		Key: o.Key, UploadID: o.ID, SessionID: o.Session, Reason: o.Reason, Parts: o.Parts, Bytes: o.Bytes,
		InitiatedAt: instant(o.InitiatedAt), AgeMs: max(0, s.now().Sub(o.InitiatedAt).Milliseconds()),
		MonthlyCostUSD: float64(o.Bytes) / (1 << 30) * s.StoragePrice,
	}
	if !o.AdoptAt.IsZero() {
		r.AdoptAt = instant(o.AdoptAt)
	}
	return r
}

func (s *server) abortOrphan(c echo.Context) error {
	if err := s.apiKey(c, session.ScopeOps); err != nil {
		return err
	}
	// Upload IDs are S3's affair, slashes and all, so this one is read from the
	// path as it was sent.
	id, err := url.PathUnescape(path.Base(c.Request().URL.EscapedPath()))
	if err != nil || strings.ContainsFunc(id, unicode.IsControl) {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonBadQuery, Field: "upload_id", Detail: "upload_id is not escaped as URLs are, or no server made it"}
	}
	err = s.Broker.AbortOrphan(c.Request().Context(), session.Upload{Key: session.Key(c.QueryParam("key")), ID: session.UploadID(id)})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// A place among the uploads is "key.upload-id", each in base64.
func writeUploadCursor(c session.UploadCursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.Key)) + "." + base64.RawURLEncoding.EncodeToString([]byte(c.ID))
}

func readUploadCursor(text string) (session.UploadCursor, bool) {
	if text == "" {
		return session.UploadCursor{}, true
	}
	first, second, _ := strings.Cut(text, ".")
	key, err1 := base64.RawURLEncoding.Strict().DecodeString(first)
	id, err2 := base64.RawURLEncoding.Strict().DecodeString(second)
	return session.UploadCursor{Key: session.Key(key), ID: session.UploadID(id)}, err1 == nil && err2 == nil && len(key) > 0
}
