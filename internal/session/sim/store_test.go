package sim

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

// store is memstore behind a network.
type store struct{ *world }

var _ session.Store = store{}

// named is a step that is always the same.
func named(name string) func() string { return func() string { return name } }

// written is one change of the Store, kept so that a failover can lose it.
type written struct {
	at   time.Time
	redo func(*memstore.Store)
}

// write notes a change that was just made.
func (w *world) write(redo func(*memstore.Store)) {
	w.journal = append(w.journal, written{time.Now(), redo})
}

// failOver puts a replica in the Store's place that never heard of the last
// change.
func (w *world) failOver() {
	w.journal = w.journal[:max(0, len(w.journal)-1)]
	clock := time.Time{}
	w.store = &memstore.Store{Now: func() time.Time { return clock }}
	for _, change := range w.journal {
		clock = change.at
		change.redo(w.store)
	}
	w.store.Now = nil
	w.witness.failedOver()
}

// flush empties the Store.
func (w *world) flush() {
	w.store.Forget()
	w.journal = nil
	w.witness.failedOver()
}

func (st store) Get(ctx context.Context, id session.ID) (s *session.Session, err error) {
	err = st.read(ctx, "get", string(id), func() error { s, err = st.store.Get(ctx, id); return err })
	return orNil(s, err), err
}

func (st store) Admit(ctx context.Context, id session.ID, a session.Admission) (s *session.Session, err error) {
	err = st.read(ctx, "get", string(id), func() error { s, err = st.store.Admit(ctx, id, a); return err })
	return orNil(s, err), err
}

func (st store) Parts(ctx context.Context, id session.ID) (parts []session.Part, err error) {
	err = st.read(ctx, "parts", string(id), func() error { parts, err = st.store.Parts(ctx, id); return err })
	return parts, err
}

func (st store) List(ctx context.Context, q session.Query) (page session.Page, err error) {
	err = st.read(ctx, "list", string(q.State), func() error { page, err = st.store.List(ctx, q); return err })
	return page, err
}

func (st store) Indexed(ctx context.Context, s *session.Session) (indexed bool, err error) {
	err = st.read(ctx, "get", string(s.ID), func() error { indexed, err = st.store.Indexed(ctx, s); return err })
	return indexed, err
}

func (st store) Due(ctx context.Context, limit int) (due []*session.Session, err error) {
	err = st.read(ctx, "list", "due", func() error { due, err = st.store.Due(ctx, limit); return err })
	return due, err
}

func (st store) Ping(ctx context.Context) error {
	return st.store.Ping(ctx)
}

// read is a request that changes nothing.
func (st store) read(ctx context.Context, name, of string, do func() error) error {
	return st.send(ctx, request{step: named(name), what: name + " " + of, do: do})
}

func (st store) Report(ctx context.Context, id session.ID, rep session.Report) (s *session.Session, err error) {
	if rep.Look {
		err = st.read(ctx, "get", string(id), func() error { s, err = st.store.Report(ctx, id, rep); return err })
		return orNil(s, err), err
	}
	err = st.send(ctx, request{step: named("report"), what: fmt.Sprintf("report %s %d", id, len(rep.Parts)), do: func() error {
		s, err = st.store.Report(ctx, id, rep)
		if err == nil && s.State == session.Open {
			st.write(func(m *memstore.Store) { _, _ = m.Report(context.Background(), id, rep) })
			st.witness.reported(s, rep)
		}
		return err
	}})
	return orNil(s, err), err
}

func (st store) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	a := actorIn(ctx)
	var s *session.Session
	do := func() (err error) {
		before := st.record(c.Session.ID)
		if s, err = st.store.Swap(context.WithoutCancel(ctx), c); err == nil {
			st.write(func(m *memstore.Store) { _, _ = m.Swap(context.Background(), c) })
			st.witness.swapped(a, before, c, s)
		}
		return err
	}
	err := st.send(ctx, request{
		step: func() string { return st.transition(c) },
		what: fmt.Sprintf("swap %s@%d to %s", c.Session.ID, c.From, c.Session.State),
		do:   do,
		redo: func() error { // the record remembers the last swap of it, reports aside
			if now := st.record(c.Session.ID); now != nil && s != nil && st.witness.life(s.ID).swapped == s {
				s = now
				return nil
			}
			return do()
		},
	})
	return orNil(s, err), err
}

// transition names what c would change, were it carried out now.
func (w *world) transition(c session.Change) string {
	now := w.record(c.Session.ID)
	switch {
	case now == nil && c.From == 0:
		return "- → " + string(c.Session.State)
	case now == nil || now.Revision != c.From:
		return "stale swap"
	}
	return string(now.State) + " → " + string(c.Session.State)
}

// record reads a record behind everybody's back; nil if there is none.
func (w *world) record(id session.ID) *session.Session {
	s, err := w.store.Get(context.Background(), id)
	return orNil(s, err)
}

// orNil is v, unless there is an error.
func orNil[T any](v *T, err error) *T {
	if err != nil {
		return nil
	}
	return v
}
