package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"slipway/internal/session"
)

// notice is an event nobody has acknowledged yet, by Event.ID.
type notice struct {
	event session.Event
	due   time.Time
	tries int
}

// queue makes e a notice that is due at once.
func (st *Store) queue(e session.Event, now time.Time) {
	if st.notices == nil {
		st.notices = map[string]*notice{}
	}
	st.notices[e.ID] = &notice{event: e, due: now}
}

// Take implements session.Outbox.
func (st *Store) Take(ctx context.Context, limit int, hold time.Duration) ([]session.Notice, error) {
	now, unlock, err := st.begin(ctx, "memstore.Take")
	if err != nil {
		return nil, err
	}
	defer unlock()
	due := slices.SortedFunc(maps.Values(st.notices), func(a, b *notice) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.event.ID, b.event.ID))
	})
	var taken []session.Notice
	for _, n := range due {
		if len(taken) >= limit || n.due.After(now) {
			break
		}
		taken = append(taken, session.Notice{Event: cloneEvent(n.event), Tries: n.tries, Ref: n.event.ID})
		n.due = now.Add(hold)
		n.tries++
	}
	return taken, nil
}

// Done implements session.Outbox.
func (st *Store) Done(ctx context.Context, n session.Notice) error {
	_, unlock, err := st.begin(ctx, "memstore.Done")
	if err != nil {
		return err
	}
	defer unlock()
	delete(st.notices, n.Ref)
	return nil
}

// Later implements session.Outbox.
func (st *Store) Later(ctx context.Context, n session.Notice, wait time.Duration) error {
	now, unlock, err := st.begin(ctx, "memstore.Later")
	if err != nil {
		return err
	}
	defer unlock()
	if kept := st.notices[n.Ref]; kept != nil {
		kept.due = now.Add(wait)
	}
	return nil
}
