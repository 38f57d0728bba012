package memstore

import (
	"context"
	"iter"
	"slices"
	"time"

	"slipway/internal/session"
)

// tell notes that e happened now, and wakes who follows.
func (st *Store) tell(e session.Event, notify bool, now time.Time) {
	e = cloneEvent(e)
	e.At = now
	st.events = append(st.events, e)
	if notify {
		st.queue(e, now)
	}
	if st.told != nil {
		close(st.told)
		st.told = nil
	}
}

// Follow implements session.EventLog. The zero since is from now on.
func (st *Store) Follow(ctx context.Context, since time.Time) iter.Seq2[session.Event, error] {
	return func(yield func(session.Event, error) bool) {
		seen := st.before(since)
		for ctx.Err() == nil {
			var events []session.Event
			var told <-chan struct{}
			events, seen, told = st.after(seen)
			for _, e := range events {
				if ctx.Err() != nil || !yield(cloneEvent(e), nil) {
					return
				}
			}
			select {
			case <-ctx.Done():
			case <-told:
			}
		}
	}
}

// before says how many events there were before since.
func (st *Store) before(since time.Time) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	i := slices.IndexFunc(st.events, func(e session.Event) bool { return !since.IsZero() && !e.At.Before(stored(since)) })
	if i < 0 {
		i = len(st.events)
	}
	return st.dropped + i
}

// after returns the events after the first seen, how many there were by then,
// and what is closed when there is another.
func (st *Store) after(seen int) ([]session.Event, int, <-chan struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.told == nil {
		st.told = make(chan struct{})
	}
	return st.events[max(seen-st.dropped, 0):], st.dropped + len(st.events), st.told
}

func cloneEvent(e session.Event) session.Event {
	e.Missing = slices.Clone(e.Missing)
	return e
}
