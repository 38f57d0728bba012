// Package metrics counts and times what a broker does, in the words of
// Prometheus, https://prometheus.io/docs/practices/naming/ (read 2026-11-22).
// It wraps the ports of internal/session, so the adapters behind them know
// nothing of metrics.
//
// No label holds anything that a client sent, such as an owner, a session or a
// path. So the number of series is bounded, and /metrics tells nothing about
// anybody.
package metrics

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what one broker has counted since it started. It is safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	store, bucket, signer calls
	traffic               traffic
	care                  care
	requests              *prometheus.CounterVec
	requestTook           *prometheus.HistogramVec
	completeTook          prometheus.Observer
	webhooks              *prometheus.CounterVec
}

// New returns Metrics that begin at 0.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build())
	f := factory{m.registry}
	m.store = newCalls(f, "store_request", "on Redis", quick, "op")
	m.bucket = newCalls(f, "bucket_request", "to S3, retries included", slow, "op")
	m.signer = newCalls(f, "sign", "to sign the URLs of one call", instant)
	m.traffic = newTraffic(f)
	m.care = newCare(f)
	m.requests = f.counters("http_requests_total", "Requests answered, by route and never by path.", "route", "method", "status")
	m.requestTook = f.histograms("http_request_duration_seconds", "Time to answer a request; for /v1/events, how long the client followed.", slow, "route")
	m.completeTook = f.histograms("complete_duration_seconds", "Time of the calls at whose end a session was completed: from a claim to a recording, with all requests to S3.", slow).
		WithLabelValues()
	m.webhooks = f.counters("webhooks_total", "Attempts to deliver a webhook, by outcome: delivered or failed. dropped counts messages for which the outbox had no room.", "outcome")
	for _, outcome := range []string{delivered, failed, dropped} {
		m.webhooks.WithLabelValues(outcome)
	}
	return m
}

// Handler answers with all metrics, to two requests at a time.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 15 * time.Second})
}

// Buckets of histograms, in seconds: for Redis, for S3 and whole requests, and
// for arithmetic.
var (
	quick   = []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5}
	slow    = []float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 60}
	instant = []float64{.00001, .0001, .001, .01, .1, 1, 10}
)

// build says which program this is.
func build() prometheus.Collector {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "goversion": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["goversion"] = info.Main.Version, info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "build_info", Help: "Always 1; the labels say which program this is.", ConstLabels: labels})
	g.Set(1)
	return g
}

const prefix = "slipway_"

// factory makes metrics and registers them.
type factory struct{ registry *prometheus.Registry }

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	f.registry.MustRegister(c)
	return c
}

func (f factory) counter(name, help string) prometheus.Counter {
	return f.counters(name, help).WithLabelValues()
}

func (f factory) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, labels)
	f.registry.MustRegister(g)
	return g
}

func (f factory) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets}, labels)
	f.registry.MustRegister(h)
	return h
}
