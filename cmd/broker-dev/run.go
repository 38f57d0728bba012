package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/alicebob/miniredis/v2"

	"slipway"
	"slipway/api"
	"slipway/internal/app"
	"slipway/internal/devs3"
	"slipway/internal/docsite"
	"slipway/internal/session"
	"slipway/web"
)

const (
	region = "us-east-1"
	bucket = "recordings"
	// startWithin bounds the start of the S3 server; it takes well under a second.
	startWithin = 15 * time.Second
	// asLock is the --s3-as of a bucket with Object Lock.
	asLock = "lock"
)

// run starts everything, serves until ctx ends or a part fails, and ends
// everything: the broker first, so that its last requests find S3 and Redis.
func run(ctx context.Context, f flags) (err error) {
	data, err := openData(f.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()

	listener, err := net.Listen("tcp", f.listenAddr())
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	if err := removeReady(f.ReadyFile); err != nil { // a file that a kill -9 left behind would look like ours
		return errors.Join(err, listener.Close())
	}
	site := newSite(f, listener.Addr())
	if f.TLS {
		if err := data.makeCertificate(site.host); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	s3, err := startS3(ctx, data, f, site)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s3.Close()) }()

	redis := miniredis.NewMiniRedis()
	redis.ClockTTL(true)
	if err := redis.StartAddr("127.0.0.1:0"); err != nil {
		return errors.Join(fmt.Errorf("the embedded Redis: %w", err), listener.Close())
	}
	defer redis.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s3.Exited():
			cancel(errors.New("the S3 server ended"))
		case <-ctx.Done():
		}
	}()
	go stopWithGoRun(ctx, cancel)

	broker, err := startBroker(ctx, f, data, site, s3, redis.Addr(), listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := data.writeEnv(site, s3, redis.Addr(), f.TLS); err != nil {
		return err
	}
	defer os.Remove(data.envFile())
	if f.ReadyFile != "" { // last, so that a script that waits for it finds the rest
		if err := writeReady(f.ReadyFile, ready{
			URL: site.url, APIKey: data.secrets.APIKey, S3Endpoint: s3.Endpoint, Bucket: bucket, Region: region,
			AccessKey: s3.AccessKey, SecretKey: s3.SecretKey, RedisAddr: redis.Addr(), Pid: os.Getpid(),
		}); err != nil {
			return err
		}
		defer os.Remove(f.ReadyFile)
	}
	fmt.Printf("Slipway is up: %s\n  recordings  %s\n  operators   %s/ops with the api_key in %s\n  testers     %s/check\n  documents   %s/docs\n  doctor      ( . %s && go run ./cmd/broker doctor )\n  stop        Ctrl-C\n",
		site.url, filepath.Join(f.Data, "s3"), site.url, filepath.Join(f.Data, secretsName), site.url, site.url, shellPath(f.Data))
	if f.TLS {
		fmt.Printf("  the certificate is self-signed: on each device, open and accept both\n    %s\n    %s\n", site.url, site.s3URL(s3))
	}
	err = broker.Serve(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	return err
}

// listenAddr is where the broker listens: on all interfaces if it is meant for
// other machines and --listen says nothing else.
func (f flags) listenAddr() string {
	host, port, err := net.SplitHostPort(f.Listen)
	if err == nil && f.PublicHost != "" && host == "127.0.0.1" {
		return net.JoinHostPort("", port)
	}
	return f.Listen
}

// site is how browsers see us.
type site struct {
	scheme, host, url string
	bind              string   // the interface that S3 shares with the broker
	origins           []string // whose pages may record
}

func newSite(f flags, addr net.Addr) site {
	bound := addr.(*net.TCPAddr)
	s := site{scheme: "http", host: f.PublicHost, bind: bound.IP.String()}
	if f.TLS {
		s.scheme = "https"
	}
	if s.host == "" {
		s.host = bound.IP.String()
	}
	if bound.IP.IsUnspecified() {
		s.bind = ""
		if f.PublicHost == "" {
			s.host = "127.0.0.1"
		}
	}
	origin := func(host string) string {
		return s.scheme + "://" + net.JoinHostPort(host, fmt.Sprint(bound.Port))
	}
	s.url = origin(s.host)
	s.origins = append([]string{s.url}, f.AllowOrigin...)
	if bound.IP.IsLoopback() || bound.IP.IsUnspecified() {
		s.origins = append(s.origins, origin("localhost"), origin("127.0.0.1"))
	}
	return s
}

// s3URL is where browsers find S3.
func (s site) s3URL(s3 *devs3.Server) string {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s3.Endpoint, s.scheme+"://"))
	return s.scheme + "://" + net.JoinHostPort(s.host, port)
}

// startS3 starts the S3 server on the port that it had the last time. Session
// tokens name the endpoint, so an open upload must be found there again.
func startS3(ctx context.Context, data *dataFolder, f flags, site site) (*devs3.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	cfg := devs3.Config{
		Addr: net.JoinHostPort(site.bind, fmt.Sprint(data.secrets.S3Port)), Dir: filepath.Join(data.path, "s3"),
		AccessKey: data.secrets.AccessKey, SecretKey: data.secrets.SecretKey, Region: region, Bucket: bucket, AllowOrigins: site.origins,
	}
	if f.S3As == asLock {
		cfg.RetentionDays = 1
	} else {
		cfg.As = f.S3As
	}
	if f.TLS {
		cfg.CertFile, cfg.KeyFile = data.certFile(), data.keyFile()
	}
	s3, err := devs3.Start(ctx, cfg)
	if errors.Is(err, syscall.EADDRINUSE) {
		fmt.Fprintf(os.Stderr, "broker-dev: port %d, where S3 was the last time, is taken; recordings that were still open then cannot go on\n", data.secrets.S3Port)
		cfg.Addr = net.JoinHostPort(site.bind, "0")
		s3, err = devs3.Start(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("the S3 server: %w", err)
	}
	return s3, data.rememberS3Port(s3.Endpoint)
}

// startBroker runs the same program as in production, with the settings a
// development machine needs.
func startBroker(ctx context.Context, f flags, data *dataFolder, site site, s3 *devs3.Server, redisAddr string, listener net.Listener) (*app.App, error) {
	if err := useCredentials(data, f.TLS); err != nil {
		return nil, err
	}
	apiKey, err := data.apiKey()
	if err != nil {
		return nil, err
	}
	settings, mistakes, err := defaults()
	if err != nil {
		return nil, err
	}
	settings.Listen, settings.PublicURL, settings.CORSOrigins = listener.Addr().String(), site.url, site.origins
	settings.S3 = app.S3Settings{Bucket: bucket, KeyPrefix: settings.S3.KeyPrefix, Region: region, Endpoint: s3.Endpoint, PublicEndpoint: site.s3URL(s3), PathStyle: true, Profile: "auto"}
	if f.S3As != "" && f.S3As != asLock {
		settings.S3.Profile = f.S3As
	}
	settings.RedisURL = "redis://" + redisAddr
	settings.TokenKeys, settings.APIKeys = []string{data.secrets.TokenKey}, append(settings.APIKeys, apiKey.String())
	if err := mistakes.Resolve(&settings); err != nil {
		return nil, fmt.Errorf("settings:\n%w", err)
	}
	docs, err := docsite.Build(slipway.Pages, api.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("the documentation: %w", err)
	}
	options := app.Options{Docs: docs.Handler(), Listener: listener, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: f.logLevel()})), PageGrant: pageGrant}
	if f.Source != "" {
		options.Web = web.Source(os.DirFS(f.Source))
	}
	if f.TLS {
		cert, err := tls.LoadX509KeyPair(data.certFile(), data.keyFile())
		if err != nil {
			return nil, err
		}
		options.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	return app.New(ctx, settings, options)
}

func (f flags) logLevel() slog.Level {
	if f.Verbose {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// defaults are the settings that `broker serve` has without any variable set,
// and the values that could not be read; BROKER_* variables still count.
func defaults() (app.Settings, *app.Mistakes, error) {
	var mistakes app.Mistakes
	var s app.Settings
	parser, err := kong.New(&s, mistakes.Mappers()...)
	if err == nil {
		_, err = parser.Parse(nil)
	}
	return s, &mistakes, err
}

// pageGrant is what the page on a device may do. With --public-host anybody in
// the network can ask for one. So each device is an owner of its own: it can
// neither delete the recordings of another nor use up its limits.
func pageGrant(device string) session.Grant {
	owner := session.Owner("dev")
	if ip := net.ParseIP(device); ip == nil || !ip.IsLoopback() {
		owner += session.Owner(" at " + device)
	}
	return session.Grant{Owner: owner, ExpiresAt: time.Now().Add(time.Hour)}
}

// useCredentials makes the SDK's chain find the embedded server's keys, and
// nothing else that this machine may have.
func useCredentials(data *dataFolder, tls bool) error {
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": data.secrets.AccessKey, "AWS_SECRET_ACCESS_KEY": data.secrets.SecretKey, "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "",
	}
	if tls {
		env["AWS_CA_BUNDLE"] = data.certFile()
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// parent is who started us, read before it can end.
var parent = os.Getppid()

// startedByGoRun says whether the go command started us. If the system does
// not say, the path does: `go run` starts programs from its build cache.
func startedByGoRun() bool {
	if command, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent)); err == nil {
		return strings.TrimSpace(string(command)) == "go"
	}
	exe, err := os.Executable()
	return err == nil && strings.Contains(exe, "go-build")
}

// stopWithGoRun ends us if the `go run` that started us is killed. `go run`
// passes on a Ctrl-C but not a kill -9, and would leave us behind
// (docs/decisions.md#d13).
func stopWithGoRun(ctx context.Context, cancel context.CancelCauseFunc) {
	if !startedByGoRun() {
		return
	}
	for tick := time.Tick(time.Second); os.Getppid() == parent; {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
	cancel(errors.New("the `go run` that started this ended"))
}
