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
	var req posterRequest
	if err := read(c, &req, smallBody, ignoreUnknown); err != nil {
		return err
	}
	sum, err := checksum(req.Checksum)
	if err != nil {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonBadChecksum, Field: "checksum", Detail: "checksum: " + err.Error()}
	}
	signed, err := s.Broker.Poster(c.Request().Context(), ref.SessionToken, session.PosterToSign{Size: req.Size, Checksum: sum})
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, posterAnswer{
		URL: string(signed.URL), Headers: signed.Headers, ExpiresAt: instant(signed.ExpiresAt), ExpiresInMs: s.left(signed.ExpiresAt),
	})
}
