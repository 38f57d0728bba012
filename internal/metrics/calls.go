package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// calls are the calls of one port, by operation.
type calls struct {
	took   *prometheus.HistogramVec
	failed *prometheus.CounterVec
}

func newCalls(f factory, name, what string, buckets []float64, labels ...string) calls {
	return calls{
		f.histograms(name+"_duration_seconds", "Time of the calls "+what+".", buckets, labels...),
		f.counters(name+"_errors_total", "Calls "+what+" that returned an error, by its kind. not-found and conflict are ordinary answers; unavailable is a failure.", append(labels, "kind")...),
	}
}

// expect creates the series of op, so that a first error shows as a rise from
// 0.
func (c calls) expect(op ...string) {
	c.took.WithLabelValues(op...)
	for _, k := range []session.Kind{session.Internal, session.Unavailable} {
		c.failed.WithLabelValues(append(op, k.String())...)
	}
}

// canceled is the kind of a call that its caller gave up. Otherwise every
// client that hangs up would look like a failure of S3 or Redis.
const canceled = "canceled"

// done counts a call that began at start and ends with err.
func (c calls) done(start time.Time, err *error, op ...string) {
	c.took.WithLabelValues(op...).Observe(time.Since(start).Seconds())
	switch {
	case *err == nil:
	case errors.Is(*err, context.Canceled):
		c.failed.WithLabelValues(append(op, canceled)...).Inc()
	default:
		c.failed.WithLabelValues(append(op, session.KindOf(*err).String())...).Inc()
	}
}
