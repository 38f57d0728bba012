// Package webhook tells an application what became of its recordings. It takes
// notices out of a session.Outbox and POSTs them to the one URL that the
// operator set. It signs them by the Standard Webhooks specification 1.0.0,
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
// (read 2026-11-22). docs/webhooks.md is for people who receive them.
package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"slipway/internal/pace"
	"slipway/internal/session"
)

const (
	atOnce = 4 // deliveries of one broker that are in flight together
	// answerWithin is the shortest time that the specification recommends.
	answerWithin = 15 * time.Second
	// hold leaves time to tell the Outbox before another broker may take over.
	hold       = answerWithin + 15*time.Second
	pollEvery  = time.Second
	afterError = 10 * time.Second
)

// Config is what a Deliverer needs.
type Config struct {
	Outbox session.Outbox
	Key    func(session.ID) session.Key // where a recording is in the bucket
	// Object says what S3 has of a recording. Only S3 has the metadata.
	Object  func(context.Context, session.ID) (session.Object, error)
	URL     *url.URL // from ParseURL; never anything that a client sent
	Secrets []Secret // each signs, so that during a rotation a receiver needs to know only one
	Log     *slog.Logger
}

// Deliverer delivers each notice at least once, in no particular order. Any
// number of brokers may run one over the same Outbox.
type Deliverer struct {
	Config
	client       *http.Client
	answerWithin time.Duration
	pollEvery    time.Duration
}

// New returns a Deliverer that does nothing yet; see Run.
func New(c Config) *Deliverer {
	return &Deliverer{Config: c, client: newClient(), answerWithin: answerWithin, pollEvery: pollEvery}
}

// Run delivers until ctx ends, and then waits for deliveries in flight, for as
// long as hold at most.
func (d *Deliverer) Run(ctx context.Context) {
	defer d.client.CloseIdleConnections()
	for ctx.Err() == nil {
		switch n, err := d.round(ctx); {
		case err != nil && ctx.Err() == nil:
			d.Log.Error("webhooks not taken", slog.String("error", err.Error()))
			pace.Wait(ctx, afterError)
		case n == 0:
			pace.Wait(ctx, d.pollEvery)
		}
	}
}

// round delivers what is due, up to atOnce, and returns how many notices that
// were.
func (d *Deliverer) round(ctx context.Context) (int, error) {
	notices, err := d.Outbox.Take(ctx, atOnce, hold)
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	for _, n := range notices {
		all.Go(func() { d.deliver(ctx, n) })
	}
	all.Wait()
	return len(notices), nil
}

// deliver makes one attempt and tells the Outbox. If that fails, or the broker
// dies in between, the notice is delivered again once hold is over.
func (d *Deliverer) deliver(ctx context.Context, n session.Notice) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hold)
	defer cancel()
	asked, failure := d.post(ctx, n)
	var err error
	if failure == nil {
		d.Log.Info("webhook delivered", slog.String("webhook", n.ID), slog.String("session", string(n.Session)), slog.Int("tries", n.Tries+1))
		err = d.Outbox.Done(ctx, n)
	} else {
		wait := backoff(n.Tries, asked)
		d.Log.Warn("webhook not delivered", slog.String("webhook", n.ID), slog.String("session", string(n.Session)), slog.Int("tries", n.Tries+1),
			slog.String("error", failure.Error()), slog.Duration("again_in", wait))
		err = d.Outbox.Later(ctx, n, wait)
	}
	if err != nil {
		d.Log.Error("webhook will be sent again", slog.String("webhook", n.ID), slog.String("session", string(n.Session)), slog.String("error", err.Error()))
	}
}
