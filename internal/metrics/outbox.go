package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// The outcomes of an attempt to deliver a webhook.
const (
	delivered = "delivered"
	failed    = "failed"
	dropped   = "dropped"
)

// Outbox is o, counted and timed as part of the Store that it is.
func (m *Metrics) Outbox(o session.Outbox) session.Outbox {
	for _, op := range []string{"take", "done", "later"} {
		m.store.expect(op)
	}
	return outbox{o, m.store, m.webhooks}
}

// NoticeDropped counts a notice for which the Outbox had no room.
func (m *Metrics) NoticeDropped() { m.webhooks.WithLabelValues(dropped).Inc() }

type outbox struct {
	session.Outbox
	store    calls
	webhooks *prometheus.CounterVec
}

func (o outbox) Take(ctx context.Context, limit int, hold time.Duration) (taken []session.Notice, err error) {
	defer o.store.done(time.Now(), &err, "take")
	return o.Outbox.Take(ctx, limit, hold)
}

// Done is called after a delivery, and Later after one that failed.
func (o outbox) Done(ctx context.Context, n session.Notice) (err error) {
	defer o.store.done(time.Now(), &err, "done")
	o.webhooks.WithLabelValues(delivered).Inc()
	return o.Outbox.Done(ctx, n)
}

func (o outbox) Later(ctx context.Context, n session.Notice, wait time.Duration) (err error) {
	defer o.store.done(time.Now(), &err, "later")
	o.webhooks.WithLabelValues(failed).Inc()
	return o.Outbox.Later(ctx, n, wait)
}
