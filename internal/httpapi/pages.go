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

// Every page allows our own modules and styles alone: nothing inline, no other
// host, no frame around it, and no form that is sent.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves a page that records or plays: S3 is there to PUT to and to play
// from.
func (s *server) page(name string) echo.HandlerFunc {
	policy := strings.Join([]string{
		pagePolicy, "worker-src 'self'", "connect-src 'self' " + s.S3Origin, "media-src 'self' blob: " + s.S3Origin, "manifest-src 'self'",
	}, "; ")
	return s.underPolicy(name, policy, "camera=(self), microphone=(self), display-capture=(self)")
}

// opsPage serves the operators' page. An API key is typed into it, so it may
// reach nothing but this broker, and no text can become markup
// (https://www.w3.org/TR/trusted-types/, read 2026-11-22).
func (s *server) opsPage(name string) echo.HandlerFunc {
	policy := pagePolicy + "; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
	return s.underPolicy(name, policy, "camera=(), microphone=(), display-capture=()")
}

func (s *server) underPolicy(name, content, permissions string) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", content)
		h.Set("Permissions-Policy", permissions)
		h.Set("Cross-Origin-Opener-Policy", "same-origin") // who opens or links to a page has no hold on it
		return s.file(c, name)
	}
}

// asset serves recorder.js, its modules, and the pages' scripts and styles.
// Pages of other origins import recorder.js, isolated ones too. A policy would
// become that of the Worker that it is the script of; so a page, which needs
// one, is served nowhere but at its own path.
func (s *server) asset(c echo.Context) error {
	name := strings.TrimPrefix(path.Clean("/"+c.Param("*")), "/")
	if kind := path.Ext(name); kind != ".js" && kind != ".css" {
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Del("Content-Security-Policy")
	return s.file(c, name)
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
