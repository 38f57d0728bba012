package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

func (s *server) getRecording(c echo.Context) error {
	ref, err := s.watcher(c)
	if err != nil {
		return err
	}
	r, err := s.Broker.Watch(c.Request().Context(), ref)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, recordingAnswer{
		ID: ref.ID, URL: string(r.Link.URL), PosterURL: string(r.Poster), CaptionsURL: string(r.Captions), Title: r.Title, Name: r.Name(), ContentType: r.ContentType, Size: r.Size, DurationMs: r.Duration.Milliseconds(),
		CreatedAt: instant(r.StoredAt), ExpiresAt: instant(r.Link.ExpiresAt), ExpiresInMs: s.left(r.Link.ExpiresAt),
	})
}

// patchRecording changes the title. A field that is unknown is refused: whoever
// sends it believes that it took effect.
func (s *server) patchRecording(c echo.Context) error {
	ref, err := s.ref(c, admit{grant: true})
	if err != nil {
		return err
	}
	var req titleRequest
	if err := read(c, &req, smallBody, refuseUnknown); err != nil {
		return err
	}
	if err := s.Broker.SetTitle(c.Request().Context(), ref, req.Title); err != nil {
		return err
	}
	return answer(c, http.StatusOK, titleAnswer{ID: ref.ID, Title: req.Title})
}

func (s *server) deleteRecording(c echo.Context) error {
	ref, err := s.ref(c, admit{grant: true})
	if err != nil {
		return err
	}
	if err := s.Broker.Delete(c.Request().Context(), ref); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
