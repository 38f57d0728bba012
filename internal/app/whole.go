package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"slipway/internal/session"
)

// Every probeRounds a broker probes the sessions that it is to complete when
// they are whole: up to maxProbes of them, probesAtOnce side by side. So it
// asks S3 for 50 listings a second at most. If there is no time for a session,
// it is probed later, the longest due first.
const (
	probeRounds  = 2 * time.Second
	maxProbes    = 100
	probesAtOnce = 8
)

func (c *care) whole(ctx context.Context) error {
	due, err := c.broker.DueProbes(ctx, maxProbes)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, probesAtOnce)
	for _, s := range due {
		slots <- struct{}{}
		all.Go(func() {
			c.probe(ctx, s)
			<-slots
		})
	}
	all.Wait()
	return nil
}

// probe probes one session. It recovers a panic itself, because it runs in a
// goroutine that nobody else recovers.
func (c *care) probe(ctx context.Context, s *session.Session) {
	err := recovered(ctx, func(ctx context.Context) error {
		now, took, err := c.broker.FinishIfWhole(ctx, s)
		if session.ReasonOf(err) == session.ReasonStale { // another broker probes it, or its client called
			return nil
		}
		c.metrics.Probed(err == nil && now.State == session.Completed, took, err)
		return err
	})
	if err != nil && ctx.Err() == nil {
		c.log.LogAttrs(ctx, slog.LevelWarn, "probe failed", slog.String("session", string(s.ID)), slog.String("error", err.Error()))
	}
}
