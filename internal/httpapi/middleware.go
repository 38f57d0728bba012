package httpapi

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"slipway/internal/session"
)

const (
	keyRequestID = "request-id"
	keyError     = "error"
	keySession   = "session"
)

func requestID(c echo.Context) string {
	id, _ := c.Get(keyRequestID).(string)
	return id
}

// note keeps what went wrong for the request's one log line.
func note(c echo.Context, e *session.Error) { c.Set(keyError, e) }

// noteSession keeps which session the request is about for its log line.
func noteSession(c echo.Context, id session.ID) { c.Set(keySession, id) }

// identify names the request, so that a user's screenshot of an error finds
// the line in the log. The name is ours: one from outside could forge a line.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := rand.Text()
		c.Set(keyRequestID, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// logged writes one line per request. It names the route and never the URL:
// neither a query nor a token can reach a log through it.
func (s *server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		attrs := []slog.Attr{
			slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", c.Response().Status),
			slog.Duration("took", time.Since(start)), slog.String("request_id", requestID(c)),
		}
		if id, ok := c.Get(keySession).(session.ID); ok {
			attrs = append(attrs, slog.String("session", string(id)))
		}
		level := slog.LevelInfo
		if e, ok := c.Get(keyError).(*session.Error); ok {
			attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("reason", e.Reason))
			if e.Kind == session.Internal || e.Kind == session.Unavailable {
				level = slog.LevelError
				attrs = append(attrs, slog.String("error", e.Error()))
			}
		}
		s.Log.LogAttrs(c.Request().Context(), level, "request", attrs...)
		return nil
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

// harden sets what every answer carries. A presigned URL or a share token must
// not leak through a Referer.
func harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		return next(c)
	}
}

// cors lets pages on the configured origins call us. Credentials travel in the
// Authorization header, so no cookie is ever needed.
func (s *server) cors() echo.MiddlewareFunc {
	any := slices.Contains(s.Origins, "*")
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOriginFunc: func(origin string) (bool, error) { return any || slices.Contains(s.Origins, origin), nil },
		AllowMethods:    []string{http.MethodGet, http.MethodPost, http.MethodDelete},
		AllowHeaders:    []string{echo.HeaderAuthorization, echo.HeaderContentType, "Idempotency-Key", "If-Match"},
		ExposeHeaders:   []string{"ETag", "Retry-After", echo.HeaderXRequestID},
		MaxAge:          600,
	})
}
