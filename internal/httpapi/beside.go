package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// poster signs the PUT of a session's picture. The bytes go to S3, as a part's do.
func (s *server) poster(c echo.Context) error {
	ref, err := s.ref(c, admit{sessionToken: true})
	if err != nil {
		return err
	}
	if ref.SessionToken == nil {
		return forbidden(session.ReasonWrongCredential, "signing a poster takes the session token")
	}
	return s.signFile(c, func(f session.FileToSign) (session.SignedFile, error) {
		return s.Broker.Poster(c.Request().Context(), ref.SessionToken, f)
	})
}

// captions signs the PUT of a recording's captions, for those who may delete it.
func (s *server) captions(c echo.Context) error {
	ref, err := s.ref(c, admit{grant: true})
	if err != nil {
		return err
	}
	return s.signFile(c, func(f session.FileToSign) (session.SignedFile, error) {
		return s.Broker.Captions(c.Request().Context(), ref, f)
	})
}

// signFile answers with the PUT of a file beside a recording.
func (s *server) signFile(c echo.Context, sign func(session.FileToSign) (session.SignedFile, error)) error {
	var req fileRequest
	if err := read(c, &req, smallBody, ignoreUnknown); err != nil {
		return err
	}
	sum, err := checksum(req.Checksum)
	if err != nil {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonBadChecksum, Field: "checksum", Detail: "checksum: " + err.Error()}
	}
	signed, err := sign(session.FileToSign{Size: req.Size, Checksum: sum})
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, fileAnswer{
		URL: string(signed.URL), Headers: signed.Headers, ExpiresAt: instant(signed.ExpiresAt), ExpiresInMs: s.left(signed.ExpiresAt),
	})
}
