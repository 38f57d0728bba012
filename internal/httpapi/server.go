// Package httpapi is the HTTP contract of api/openapi.yaml over the use cases
// of internal/session. It is the only package with echo and JSON.
package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
	"slipway/web"
)

// Access makes and checks credentials.
type Access interface {
	Check(bearer string) (session.Credential, error)
	SignGrant(session.Grant) string
	SignSessionToken(session.SessionToken) string
	SignLink(session.Link) string
	Reopen(token string) (session.SessionToken, error)
}

// Config is what the API stands on.
type Config struct {
	Broker    *session.Broker
	Access    Access
	Events    session.EventLog
	PublicURL string   // the broker as browsers reach it, perhaps with a path, without a slash at the end
	Origins   []string // pages on these origins may call the API; "*" for every one
	S3Origin  string   // where the browser PUTs and plays, for the pages' CSP
	OpenAPI   []byte
	Web       web.Site
	Log       *slog.Logger
	Metrics   Metrics // nil: nobody counts
	Links     Links

	// EmbedOrigins are the pages that may frame the player; "*" is each page, and
	// none: nobody. ReturnOrigins are where the recording page may go back to.
	EmbedOrigins, ReturnOrigins []string

	// TrustedProxies are where X-Forwarded-For is believed from.
	TrustedProxies []*net.IPNet
	// StoragePrice is what a GiB costs in the bucket, in USD per month.
	StoragePrice float64
	// Docs serves the documentation under /docs/, if it is set. broker-dev sets it.
	Docs http.Handler
	// Guests are routes besides those of api/openapi.yaml.
	Guests []Guest
	// Ending ends when the broker is about to stop, and with it the streams of
	// events, which would go on for ever. Nil: it never does.
	Ending context.Context

	// PageGrant, if set, gives the broker's own recording page a grant without
	// a credential; device is the address that asks. broker-dev sets it; nothing else
	// is anonymous. With it there is the testers' page, too.
	PageGrant func(device string) session.Grant
}

type server struct {
	Config
	now       func() time.Time
	followers chan struct{} // holds one for each
	bodies    bodies
}

// New returns the API as a handler.
func New(cfg Config) http.Handler {
	if cfg.Ending == nil {
		cfg.Ending = context.Background()
	}
	if cfg.Metrics == nil {
		cfg.Metrics = uncounted{}
	}
	s := &server{Config: cfg, now: cfg.Broker.Now, followers: make(chan struct{}, maxFollowers)}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(cfg.TrustedProxies)
	e.Use(s.around())

	// The whole surface. Who may call what is decided where the handler asks
	// for its caller; see auth.go.
	e.POST("/v1/grants", s.mintGrant)
	e.POST("/v1/grants/mine", s.readGrant)
	e.POST("/v1/sessions", s.openSession)
	e.GET("/v1/sessions", s.listSessions)
	e.GET("/v1/sessions/:id", s.getSession)
	e.DELETE("/v1/sessions/:id", s.abortSession)
	e.POST("/v1/sessions/:id/parts", s.parts)
	e.POST("/v1/sessions/:id/poster", s.poster)
	e.POST("/v1/sessions/:id/complete", s.completeSession)
	e.POST("/v1/sessions/:id/salvage", s.salvageSession)
	e.POST("/v1/sessions/:id/token", s.renewToken)
	e.GET("/v1/recordings/:id", s.getRecording)
	e.PATCH("/v1/recordings/:id", s.patchRecording)
	e.DELETE("/v1/recordings/:id", s.deleteRecording)
	e.POST("/v1/recordings/:id/captions", s.captions)
	e.POST("/v1/recordings/:id/links", s.makeLink)
	e.DELETE("/v1/recordings/:id/links", s.revokeLinks)
	e.GET("/v1/orphans", s.listOrphans)
	e.DELETE("/v1/orphans/:upload_id", s.abortOrphan)
	e.GET("/v1/events", s.follow)
	e.GET("/v1/page", s.pageSettings)

	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, "/healthz", s.healthz)
	e.Match(read, "/readyz", s.readyz)
	e.Match(read, "/openapi.yaml", s.openapi)
	e.Match(read, "/", s.page("record"))
	e.Match(read, "/watch/:id", s.watchPage())
	s.previewRoutes(e, read)
	if len(s.EmbedOrigins) > 0 {
		e.Match(read, "/embed/:id", s.embedPage("watch"))
	}
	e.Match(read, "/ops", s.opsPage("ops"))
	e.Match(read, "/web/*", s.asset)
	s.documentation(e, read)
	for _, g := range s.Guests {
		e.Add(g.Method, g.Path, s.guest(g))
	}
	if s.PageGrant != nil {
		e.POST("/page/grant", s.pageGrant)
		e.Match(read, "/check", s.page("check"))
	}
	return under(cfg.PublicURL, e)
}

func (s *server) healthz(c echo.Context) error {
	return answer(c, http.StatusOK, health{Status: "ok"})
}

// readyz answers 200 also where Redis is full, and says so: recordings that run
// go on then, and a balancer that took every broker away would end them.
func (s *server) readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 5*time.Second)
	defer cancel()
	now := health{Status: "ok"}
	if err := s.Broker.Store.Ping(ctx); session.ReasonOf(err) == session.ReasonRedisFull {
		now.Status = string(session.ReasonRedisFull)
	} else if err != nil {
		return err
	}
	if err := s.Broker.Bucket.Ping(ctx); err != nil {
		return err
	}
	return answer(c, http.StatusOK, now)
}

func (s *server) openapi(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", s.OpenAPI)
}
