package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// traffic is what recorders do, as the ports see it.
type traffic struct {
	signed, reported, bytes prometheus.Counter
	events                  *prometheus.CounterVec
}

func newTraffic(f factory) traffic {
	t := traffic{
		signed:   f.counter("parts_signed_total", "URLs signed for parts."),
		reported: f.counter("parts_reported_total", "Parts that recorders reported; a part that grows and is sent again counts each time."),
		bytes:    f.counter("bytes_reported_total", "Bytes of the parts that recorders reported; a part that is sent again counts each time."),
		events:   f.counters("session_events_total", "Sessions opened and ended, by what happened. Only the broker that did it counts it.", "type"),
	}
	for _, e := range []session.EventType{session.EventOpened, session.EventCompleted, session.EventSalvaged, session.EventAborted, session.EventLost} {
		t.events.WithLabelValues(string(e))
	}
	return t
}

// Store is s, counted and timed.
func (m *Metrics) Store(s session.Store) session.Store {
	for _, op := range []string{"get", "admit", "swap", "report", "look", "parts", "list", "due", "ping"} {
		m.store.expect(op)
	}
	return store{s, m.store, m.traffic}
}

type store struct {
	session.Store
	calls
	traffic
}

func (s store) Get(ctx context.Context, id session.ID) (found *session.Session, err error) {
	defer s.done(time.Now(), &err, "get")
	return s.Store.Get(ctx, id)
}

func (s store) Admit(ctx context.Context, id session.ID, a session.Admission) (found *session.Session, err error) {
	defer s.done(time.Now(), &err, "admit")
	return s.Store.Admit(ctx, id, a)
}

func (s store) Swap(ctx context.Context, c session.Change) (stored *session.Session, err error) {
	defer s.done(time.Now(), &err, "swap")
	stored, err = s.Store.Swap(ctx, c)
	if err == nil && c.Event != nil {
		s.events.WithLabelValues(string(c.Event.Type)).Inc()
	}
	return stored, err
}

func (s store) Report(ctx context.Context, id session.ID, r session.Report) (now *session.Session, err error) {
	if r.Look {
		defer s.done(time.Now(), &err, "look")
		return s.Store.Report(ctx, id, r)
	}
	defer s.done(time.Now(), &err, "report")
	now, err = s.Store.Report(ctx, id, r)
	if err == nil && now.State == session.Open {
		s.reported.Add(float64(len(r.Parts)))
		for _, p := range r.Parts {
			s.bytes.Add(float64(p.Size))
		}
	}
	return now, err
}

func (s store) Parts(ctx context.Context, id session.ID) (parts []session.Part, err error) {
	defer s.done(time.Now(), &err, "parts")
	return s.Store.Parts(ctx, id)
}

func (s store) List(ctx context.Context, q session.Query) (page session.Page, err error) {
	defer s.done(time.Now(), &err, "list")
	return s.Store.List(ctx, q)
}

func (s store) Indexed(ctx context.Context, rec *session.Session) (indexed bool, err error) {
	defer s.done(time.Now(), &err, "indexed")
	return s.Store.Indexed(ctx, rec)
}

func (s store) Due(ctx context.Context, limit int) (due []*session.Session, err error) {
	defer s.done(time.Now(), &err, "due")
	return s.Store.Due(ctx, limit)
}

func (s store) Ping(ctx context.Context) (err error) {
	defer s.done(time.Now(), &err, "ping")
	return s.Store.Ping(ctx)
}
