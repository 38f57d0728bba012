package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"slipway/api"
	"slipway/internal/access"
	"slipway/internal/bucket"
	"slipway/internal/httpapi"
	"slipway/internal/metrics"
	"slipway/internal/provider"
	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/web"
)

// Options is what broker-dev sets beyond the settings.
type Options struct {
	PageGrant func(device string) session.Grant // grants the recording page at an address; nil in production
	TLS       *tls.Config                       // nil: plain HTTP, behind a proxy that ends TLS
	Listener  net.Listener                      // nil: listen on Settings.Listen
	Log       *slog.Logger
	Web       web.Site     // nil: the files in this program, bundled
	Docs      http.Handler // the documentation, for /docs/; nil: there is none
}

// App is a broker, ready to serve.
type App struct {
	server   *http.Server
	listener net.Listener
	monitor  *monitor // nil: nobody watches
	care     care
	store    io.Closer
	grace    time.Duration
	log      *slog.Logger
}

// New wires a broker and takes its port. s must have been resolved. Redis and
// S3 need not answer yet: /readyz says when they do.
func New(ctx context.Context, s Settings, o Options) (*App, error) {
	keyring, err := s.keyring()
	if err != nil {
		return nil, err
	}
	if o.Web == nil {
		o.Web = web.Bundled()
	}
	clients, err := OpenS3(ctx, s.S3)
	if err != nil {
		return nil, err
	}
	proxies, err := s.networks()
	if err != nil {
		return nil, fmt.Errorf("BROKER_TRUSTED_PROXIES: %w", err)
	}
	store, err := redisstore.Open(ctx, s.RedisURL, s.RedisPrefix)
	if err != nil {
		return nil, fmt.Errorf("BROKER_REDIS_URL: %w", err)
	}
	signer, err := clients.signer(ctx, s.S3.Bucket, s.Keep.keep(), time.Now)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	counted := metrics.New()
	counted.Count(store, s.AbandonAfter)
	store.Dropped = func(notice string) {
		counted.NoticeDropped()
		o.Log.Warn("webhook dropped: the outbox is full", slog.String("webhook", notice))
	}
	broker := &session.Broker{
		Store: counted.Store(store), Limits: s.limits(), Secret: keyring.Derive("session ids"), Now: time.Now,
		Bucket: counted.Bucket(bucket.New(clients.Control, s.S3.bucket(s.Keep.keep(), o.Log))),
		Signer: counted.Signer(signer), Acted: logActs(o.Log),
	}
	webhooks, err := s.deliverer(counted.Outbox(store), broker, o.Log)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	ending, end := context.WithCancel(context.WithoutCancel(ctx))
	server := newServer(httpapi.New(httpapi.Config{
		Broker: broker, Access: keyring, Events: store, PublicURL: s.PublicURL, Origins: s.CORSOrigins, S3Origin: signer.Origin(),
		OpenAPI: api.OpenAPI, Web: o.Web, Docs: o.Docs, Log: o.Log, Metrics: counted, PageGrant: o.PageGrant, StoragePrice: s.StoragePrice, Ending: ending,
		Links: s.links(), EmbedOrigins: s.EmbedOrigins, ReturnOrigins: s.ReturnOrigins, TrustedProxies: proxies, Guests: s.guests(broker, keyring),
	}), o)
	server.RegisterOnShutdown(end)
	monitor, err := newMonitor(s.MetricsListen, counted.Handler(), o.Log)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if o.Listener == nil {
		if o.Listener, err = net.Listen("tcp", s.Listen); err != nil {
			return nil, errors.Join(fmt.Errorf("BROKER_LISTEN: %w", err), monitor.close(), store.Close())
		}
	}
	return &App{
		server: server, listener: o.Listener, monitor: monitor, store: store, grace: s.ShutdownWithin, log: o.Log,
		care: care{broker: broker, webhooks: webhooks, metrics: counted, reapEvery: s.ReapEvery, sweepEvery: s.SweepEvery, log: o.Log},
	}, nil
}

func (s *Settings) keyring() (*access.Keyring, error) {
	tokenKeys, err := s.tokenKeys()
	if err != nil {
		return nil, fmt.Errorf("BROKER_TOKEN_KEYS: %w", err)
	}
	apiKeys, err := s.apiKeys()
	if err != nil {
		return nil, fmt.Errorf("BROKER_API_KEYS: %w", err)
	}
	return access.NewKeyring(apiKeys, tokenKeys, time.Now)
}

// name tells this S3 from another in session tokens.
func (s *S3Settings) name() string {
	if s.Endpoint == "" {
		return "s3"
	}
	return s.Endpoint
}

// provider is the profile that BROKER_S3_PROFILE means. resolve has reported
// mistakes.
func (s *S3Settings) provider() *provider.Profile {
	p, err := provider.Choose(s.Profile, s.Endpoint)
	if err != nil {
		return provider.Unknown()
	}
	return p
}

// OpaqueETags says that the ETags of objects are not MD5s of their parts'
// MD5s.
func (s *S3Settings) OpaqueETags() bool { return s.provider().OpaqueETags.Value }

// checksums are those that sessions can have, the best first; nil if nobody
// knows.
func (s *S3Settings) checksums() []session.ChecksumAlgorithm {
	if s.NoChecksums {
		return []session.ChecksumAlgorithm{}
	}
	names := s.provider().ChecksumsOfParts()
	if names == nil {
		return nil
	}
	algorithms := make([]session.ChecksumAlgorithm, len(names))
	for i, name := range names {
		algorithms[i] = session.ChecksumAlgorithm(name)
	}
	return algorithms
}

// bucket sends requests to the bucket, with what is known of its provider.
func (s *S3Settings) bucket(keep bucket.Keep, log *slog.Logger) bucket.Options {
	at := s.provider()
	return bucket.Options{Endpoint: s.name(), Bucket: s.Bucket, Keep: keep, Log: log, OpaqueETags: at.OpaqueETags.Value, PartMD5s: !at.OpaquePartETags.Or(true), Lacks: at.Lacks()}
}

// Addr is where the broker listens.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// Serve answers requests, and does what nobody asks for, until ctx ends. Then
// it lets running requests and rounds finish. Parts in flight do not pass
// through the broker, so stopping it stops no recording.
func (a *App) Serve(ctx context.Context) error {
	caring, rest := context.WithCancel(ctx)
	rested := inBackground(func() { a.care.run(caring) })
	looked := inBackground(func() { look(caring, a.care.broker, a.log) })
	unwatch := a.monitor.start(a.log)
	var failure error
	ended := inBackground(func() { failure = a.answer() })
	select {
	case <-ended:
	case <-ctx.Done():
		a.log.Info("shutting down", slog.Duration("within", a.grace))
	}
	rest()
	<-looked
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.grace)
	defer cancel()
	err := a.server.Shutdown(drain)
	<-ended
	select {
	case <-rested:
	case <-drain.Done():
		err = errors.Join(err, errors.New("a round was still running"))
	}
	return errors.Join(failure, err, unwatch(drain), a.store.Close())
}

// inBackground closes the channel when f has ended.
func inBackground(f func()) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	return ended
}

// answer serves until the server is shut down.
func (a *App) answer() (err error) {
	if a.server.TLSConfig != nil {
		err = a.server.ServeTLS(a.listener, "", "")
	} else {
		err = a.server.Serve(a.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
