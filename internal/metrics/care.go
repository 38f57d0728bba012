package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// care is what a broker does without being asked. The result of a round is a
// vector without labels, so that it has no series before a first round.
type care struct {
	reaped, swept               *prometheus.CounterVec
	probes                      *prometheus.CounterVec
	wholeTook                   prometheus.Observer
	rounds                      *prometheus.GaugeVec
	unreadable, passed          *prometheus.GaugeVec
	uploads, orphans, orphBytes *prometheus.GaugeVec
}

func newCare(f factory) care {
	c := care{
		reaped:     f.counters("reaped_total", "Sessions that the reaper ended, by outcome; failed ones are tried again.", "outcome"),
		swept:      f.counters("swept_total", "Uploads that no session had, by what the sweeper did with them; failed ones are tried again.", "outcome"),
		probes:     f.counters("probes_total", "Probes of whether a session is whole, by outcome; failed ones are repeated. Each costs a ListParts.", "outcome"),
		wholeTook:  f.histograms("whole_duration_seconds", "Time from when the last part arrived to when the broker had completed a session by itself.", slow).WithLabelValues(),
		rounds:     f.gauges("round_last_success_timestamp_seconds", "When this broker last finished a round, by the kind of round.", "round"),
		unreadable: f.gauges("unreadable_records", "Records that the last reaper's round could not read."),
		passed:     f.gauges("passed_over_sessions", "Sessions that this broker's reaper found in more than 3 rounds in a row and could not end."),
		uploads:    f.gauges("uploads", "Multipart uploads under our prefix, as of this broker's last sweep."),
		orphans:    f.gauges("orphans", "Uploads that no session has, and about which people must decide, as of this broker's last sweep."),
		orphBytes:  f.gauges("orphan_bytes", "Bytes in those uploads, which cost money."),
	}
	c.addReaped(session.Reaped{})
	c.addSwept(session.Swept{})
	for _, outcome := range []string{probedWhole, probedOpen, failed} {
		c.probes.WithLabelValues(outcome)
	}
	return c
}

func (c care) addReaped(r session.Reaped) {
	for outcome, n := range map[string]int{"salvaged": r.Salvaged, "aborted": r.Aborted, "finished": r.Finished, "lost": r.Lost, "failed": r.Failed} {
		c.reaped.WithLabelValues(outcome).Add(float64(n))
	}
}

func (c care) addSwept(s session.Swept) {
	for outcome, n := range map[string]int{"adopted": s.Adopted, "reindexed": s.Reindexed, "aborted": s.Aborted, "failed": s.Failed} {
		c.swept.WithLabelValues(outcome).Add(float64(n))
	}
}

// Reaped counts a round of the reaper, which may have ended early, with err.
func (m *Metrics) Reaped(r session.Reaped, err error) {
	m.care.addReaped(r)
	if err == nil {
		m.care.unreadable.WithLabelValues().Set(float64(len(r.Broken)))
		m.care.ended("reap")
	}
}

// PassedOver says how many sessions the reaper has passed over for more than a
// few rounds.
func (m *Metrics) PassedOver(n int) { m.care.passed.WithLabelValues().Set(float64(n)) }

// Swept counts a round of the sweeper, which may have ended early, with err.
func (m *Metrics) Swept(s session.Swept, err error) {
	m.care.addSwept(s)
	if err == nil {
		m.care.uploads.WithLabelValues().Set(float64(s.Uploads))
		m.care.orphans.WithLabelValues().Set(float64(s.Orphans))
		m.care.orphBytes.WithLabelValues().Set(float64(s.OrphanBytes))
		m.care.ended("sweep")
	}
}

// What a probe found.
const (
	probedWhole = "whole"
	probedOpen  = "open"
)

// Probed counts a probe of whether a session is whole. If it is, Probed also
// notes how long ago its last part had come.
func (m *Metrics) Probed(whole bool, took time.Duration, err error) {
	switch {
	case err != nil:
		m.care.probes.WithLabelValues(failed).Inc()
	case whole:
		m.care.probes.WithLabelValues(probedWhole).Inc()
		m.care.wholeTook.Observe(took.Seconds())
	default:
		m.care.probes.WithLabelValues(probedOpen).Inc()
	}
}

func (c care) ended(round string) {
	c.rounds.WithLabelValues(round).Set(float64(time.Now().UnixMilli()) / 1000)
}
