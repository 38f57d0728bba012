package app

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"slipway/internal/metrics"
	"slipway/internal/pace"
	"slipway/internal/session"
	"slipway/internal/webhook"
)

// care is what a broker does without being asked. It ends sessions that nobody
// else ends, finds what Redis forgot, and sends webhooks. Every broker does
// this; leases keep two brokers from doing the same thing.
type care struct {
	broker                *session.Broker
	webhooks              *webhook.Deliverer // nil: no webhooks are set up
	metrics               *metrics.Metrics
	reapEvery, sweepEvery time.Duration
	passed                passedOver // sessions that the reaper could not end
	log                   *slog.Logger
}

// run works until ctx ends, and then finishes its current round.
func (c *care) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { c.rounds(ctx, "reap", c.reapEvery, c.reap) })
	all.Go(func() { c.rounds(ctx, "sweep", c.sweepEvery, c.sweep) })
	all.Go(func() { c.rounds(ctx, "whole", probeRounds, c.whole) })
	if c.webhooks != nil {
		all.Go(func() { c.webhooks.Run(ctx) })
	}
	all.Wait()
}

// rounds calls round about that often and logs if it fails.
func (c *care) rounds(ctx context.Context, name string, every time.Duration, round func(context.Context) error) {
	for pace.Wait(ctx, every); ctx.Err() == nil; pace.Wait(ctx, every) {
		if err := recovered(ctx, round); err != nil && ctx.Err() == nil {
			c.log.Error("round failed", slog.String("round", name), slog.String("error", err.Error()))
		}
	}
}

// recovered makes an error of a panic. The next round may succeed, and other
// requests go on.
func recovered(ctx context.Context, round func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return round(ctx)
}

func (c *care) reap(ctx context.Context) error {
	done, err := c.broker.Reap(ctx)
	c.metrics.Reaped(done, err)
	level := slog.LevelInfo
	if done.Failed+len(done.Broken) > 0 {
		level = slog.LevelWarn
	}
	if done.Salvaged+done.Aborted+done.Finished+done.Lost+done.Failed+len(done.Broken) > 0 {
		c.log.LogAttrs(ctx, level, "reaped", slog.Int("salvaged", done.Salvaged), slog.Int("aborted", done.Aborted), slog.Int("finished", done.Finished),
			slog.Int("lost", done.Lost), slog.Int("failed", done.Failed), slog.Any("broken", done.Broken), trouble(done.Trouble))
	}
	if err == nil {
		c.tellPassed(ctx, done.Passed)
	}
	return err
}

// tellPassed logs each session once if the reaper has passed it over for long,
// and counts those that it still passes over.
func (c *care) tellPassed(ctx context.Context, passed []session.ID) {
	stuck, told := c.passed.note(passed)
	c.metrics.PassedOver(stuck)
	for _, id := range told {
		c.log.LogAttrs(ctx, slog.LevelWarn, "passed over", slog.String("session", string(id)), slog.Int("rounds", fewRounds+1))
	}
}

func (c *care) sweep(ctx context.Context) error {
	done, err := c.broker.Sweep(ctx)
	c.metrics.Swept(done, err)
	if done.Adopted+done.Reindexed+done.Aborted+done.Failed > 0 {
		c.log.LogAttrs(ctx, slog.LevelInfo, "swept", slog.Int("adopted", done.Adopted), slog.Int("reindexed", done.Reindexed), slog.Int("aborted", done.Aborted), slog.Int("orphans", done.Orphans),
			slog.Int("failed", done.Failed), trouble(done.Trouble))
	}
	return err
}

// logActs logs each thing that a round does to a session on a line of its own.
func logActs(log *slog.Logger) func(context.Context, session.Act) {
	return func(ctx context.Context, a session.Act) {
		log.LogAttrs(ctx, slog.LevelInfo, "acted", slog.String("act", string(a.What)), slog.String("session", string(a.Session)))
	}
}

// trouble is the last failure of a round, for the log; it adds nothing if
// there was none.
func trouble(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.String("trouble", err.Error())
}
