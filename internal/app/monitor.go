package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// MetricsSettings is where the broker shows what it counts.
type MetricsSettings struct {
	MetricsListen string `name:"metrics-listen" env:"BROKER_METRICS_LISTEN" placeholder:"HOST:PORT" group:"HTTP" help:"Address to answer /metrics on, for Prometheus, such as 127.0.0.1:9090. It asks for no credential, so no browser should reach it. Default: no metrics."`
}

func (s *MetricsSettings) resolve() problems {
	var p problems
	if s.MetricsListen != "" {
		p.add("BROKER_METRICS_LISTEN", checkListen(s.MetricsListen))
	}
	return p
}

// monitor answers /metrics at an address of its own, apart from the address
// that is open to everybody.
type monitor struct {
	server   *http.Server
	listener net.Listener
}

// newMonitor takes the port. It returns nil if no address is set.
func newMonitor(addr string, metrics http.Handler, log *slog.Logger) (*monitor, error) {
	if addr == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("BROKER_METRICS_LISTEN: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return &monitor{listener: listener, server: &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// start answers until the caller calls the function it returns. That function
// lets running answers finish until ctx ends. Both do nothing on nil.
func (m *monitor) start(log *slog.Logger) (stop func(ctx context.Context) error) {
	if m == nil {
		return func(context.Context) error { return nil }
	}
	log.Info("serving metrics", slog.String("address", m.listener.Addr().String()))
	ended := inBackground(func() {
		if err := m.server.Serve(m.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", slog.String("error", err.Error()))
		}
	})
	return func(ctx context.Context) error {
		err := m.server.Shutdown(ctx)
		<-ended
		return err
	}
}

// close frees the port if start was never called.
func (m *monitor) close() error {
	if m == nil {
		return nil
	}
	return m.listener.Close()
}
