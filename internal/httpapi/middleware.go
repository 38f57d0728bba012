package httpapi

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"slipway/internal/session"
)

// around puts what every request goes through around the handler that it was
// routed to. echo would wrap each handler anew for each request.
func (s *server) around() echo.MiddlewareFunc {
	routed := func(c echo.Context) error { return c.Handler()(c) }
	all := s.identify(s.logged(s.recovered(s.harden()(s.cors()(routed)))))
	return func(echo.HandlerFunc) echo.HandlerFunc { return all }
}

// identify gives the request an ID, so that a user's screenshot of an error leads to
// its line in the log. The ID never comes from outside: that could forge a line.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		entry := logEntry{id: rand.Text(), start: time.Now()}
		c.Response().Header().Set(echo.HeaderXRequestID, entry.id)
		return next(&call{Context: c, entry: entry})
	}
}

// recovered turns a panic into an Internal error. A request that panics must
// not take the recordings of others with it.
func (s *server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = &session.Error{Kind: session.Internal, Op: "httpapi", Err: fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
			}
		}()
		return next(c)
	}
}

// strictTransport keeps a browser on https for a year. Other names of the domain
// are their owners' affair.
const strictTransport = "max-age=31536000"

// answerPolicy is for what is no page: should a browser be made to show it as
// one, it can do nothing.
const answerPolicy = "default-src 'none'; frame-ancestors 'none'"

// harden sets what every answer carries; pages and assets loosen what they have
// to. A presigned URL or a share token must not leak through a Referer.
func (s *server) harden() echo.MiddlewareFunc {
	every := http.Header{}
	every.Set("X-Content-Type-Options", "nosniff")
	every.Set("Referrer-Policy", "no-referrer")
	every.Set("Content-Security-Policy", answerPolicy)
	every.Set("Cross-Origin-Resource-Policy", "same-origin")
	if overTLS(s.PublicURL) {
		every.Set("Strict-Transport-Security", strictTransport)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			maps.Copy(h, every) // Set replaces a value, and nothing writes into one
			if len(c.Request().TransferEncoding) > 0 {
				// net/http takes a request with both lengths and goes by the
				// chunks (Go 1.26). A proxy that went by the other would hold
				// the rest for a request, so there is no rest.
				h.Set("Connection", "close")
			}
			return next(c)
		}
	}
}

// overTLS reports whether browsers reach publicURL over TLS and may be told to
// keep to it. On localhost they would for everything else that runs there.
func overTLS(publicURL string) bool {
	u, err := url.Parse(publicURL)
	return err == nil && u.Scheme == "https" && u.Hostname() != "localhost"
}

// knows says whether origin is one of those in the settings, which "*" makes no
// origin.
func (s *server) knows(origin string) bool {
	return slices.ContainsFunc(s.Origins, func(allowed string) bool { return session.OriginMatches(allowed, origin) })
}

// cors lets pages on the configured origins call us. Credentials travel in the
// Authorization header, so no cookie is ever needed.
func (s *server) cors() echo.MiddlewareFunc {
	everyOrigin := slices.Contains(s.Origins, "*")
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOriginFunc: func(origin string) (bool, error) { return everyOrigin || s.knows(origin), nil },
		AllowMethods:    []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowHeaders:    []string{echo.HeaderAuthorization, echo.HeaderContentType, "Idempotency-Key", "If-Match"},
		ExposeHeaders:   []string{"ETag", "Retry-After", echo.HeaderXRequestID},
		MaxAge:          600,
	})
}
