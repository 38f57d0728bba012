package httpapi

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// page serves one of the broker's own pages. Its policy allows our modules,
// and S3 to PUT to and play from; no inline script and no other host.
func (s *server) page(name string) echo.HandlerFunc {
	policy := strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "worker-src 'self'",
		"connect-src 'self' " + s.S3Origin, "media-src 'self' blob: " + s.S3Origin, "manifest-src 'self'",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)")
		return s.file(c, name)
	}
}

// asset serves recorder.js, its modules, and the pages' scripts and styles.
func (s *server) asset(c echo.Context) error {
	return s.file(c, strings.TrimPrefix(path.Clean("/"+c.Param("*")), "/"))
}

func (s *server) file(c echo.Context, name string) error {
	body, err := fs.ReadFile(s.Web, name)
	if err != nil {
		return echo.ErrNotFound
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	http.ServeContent(c.Response(), c.Request(), path.Base(name), time.Time{}, bytes.NewReader(body))
	return nil
}
