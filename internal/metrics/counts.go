package metrics

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// keepCounts is for how long a count is kept and given out again, so that many
// scrapers cost Redis no more than one.
const keepCounts = 5 * time.Second

// Count adds to every answer what c counts. A session counts as stale if
// nothing was heard of it for idle.
func (m *Metrics) Count(c session.Counter, idle time.Duration) {
	m.store.expect("count")
	m.registry.MustRegister(&counts{counter: c, idle: idle, calls: m.store, now: time.Now})
}

var (
	sessionsDesc = prometheus.NewDesc(prefix+"sessions",
		"Sessions by state, the same on every broker. Finished ones as long as Redis remembers them, or a little longer.", []string{"state"}, nil)
	staleDesc = prometheus.NewDesc(prefix+"stale_sessions",
		"Open sessions of which nothing was heard for BROKER_ABANDON_AFTER. They wait for the end of a URL, for their recorder to fill a hole, or for the reaper.", nil, nil)
	backlogDesc = prometheus.NewDesc(prefix+"webhook_backlog",
		"Webhooks that are not delivered yet.", nil, nil)
	backlogAgeDesc = prometheus.NewDesc(prefix+"webhook_backlog_age_seconds",
		"How long the oldest webhook has waited; 0 if none waits.", nil, nil)
	refusesDesc = prometheus.NewDesc(prefix+"redis_refuses",
		"1 if Redis answers and takes no write, by the first word of its answer. OOM: its memory is full, and no new session can be opened.", []string{"word"}, nil)
)

// refusals are the words with which Redis refuses to write although it
// answers. Any other word counts as other.
var refusals = []string{"MISCONF", "NOREPLICAS", "OOM", "READONLY", "other"}

// counts are the gauges that Redis is asked for. If Redis does not answer,
// they are missing, instead of old or 0.
type counts struct {
	counter session.Counter
	idle    time.Duration
	calls   calls
	now     func() time.Time

	mu   sync.Mutex // guards the rest, so that all scrapes wait for one count
	last session.Counts
	at   time.Time
	err  error
}

func (c *counts) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsDesc, staleDesc, backlogDesc, backlogAgeDesc, refusesDesc} {
		out <- d
	}
}

func (c *counts) Collect(out chan<- prometheus.Metric) {
	now, err := c.get()
	if err != nil {
		return // it counts among the Store's errors
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for state, n := range now.Sessions {
		gauge(sessionsDesc, float64(n), string(state))
	}
	gauge(staleDesc, float64(now.Stale))
	gauge(backlogDesc, float64(now.Notices))
	gauge(backlogAgeDesc, now.NoticeAge.Seconds())
	refused := now.Refuses
	if refused != "" && !slices.Contains(refusals, refused) {
		refused = "other"
	}
	for _, word := range refusals {
		v := 0.0
		if word == refused {
			v = 1
		}
		gauge(refusesDesc, v, word)
	}
}

// get counts, or returns the last count or failure.
func (c *counts) get() (session.Counts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.now(); at.Sub(c.at) >= keepCounts {
		c.last, c.err = c.count()
		c.at = c.now()
	}
	return c.last, c.err
}

func (c *counts) count() (counted session.Counts, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	defer c.calls.done(time.Now(), &err, "count")
	return c.counter.Count(ctx, c.idle)
}
