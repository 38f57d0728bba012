package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// documentation serves the handler Docs under /docs/. The handler sets its own
// Content-Security-Policy.
func (s *server) documentation(e *echo.Echo, methods []string) {
	if s.Docs == nil {
		return
	}
	e.Match(methods, "/docs", func(c echo.Context) error {
		return c.Redirect(http.StatusFound, s.PublicURL+"/docs/") // the site's links are relative to the folder
	})
	e.Match(methods, "/docs/*", echo.WrapHandler(http.StripPrefix("/docs", s.Docs)))
}
