package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"slipway/internal/app"
)

type serveCmd struct {
	app.Settings `embed:""`
}

// Run serves until SIGINT or SIGTERM. A second signal ends it at once.
func (c *serveCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.Settings); err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	slog.SetDefault(log)
	for _, m := range mistakes.Misspelt(os.Environ(), apiKeyVariable) {
		log.Warn("unknown setting, which has no effect", slog.String("variable", m.Name), slog.String("nearest", m.Nearest))
	}
	broker, err := app.New(ctx, c.Settings, app.Options{Log: log})
	if err != nil {
		return err
	}
	log.Info("serving", slog.String("address", broker.Addr().String()), slog.String("public_url", c.PublicURL))
	return broker.Serve(ctx)
}
