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
	turn  int // among those that are due, from 1; 0: it has none yet
	tries int
}

// queue makes e a notice that is due at once.
func (st *Store) queue(e session.Event, now time.Time) {
	if st.notices == nil {
		st.notices = map[string]*notice{}
	}
	n := &notice{event: e, due: now}
	if before := st.notices[e.ID]; before != nil {
		n.turn = before.turn
	}
	st.notices[e.ID] = n
}

// Take implements session.Outbox.
func (st *Store) Take(ctx context.Context, limit int, hold time.Duration) ([]session.Notice, error) {
	now, unlock, err := st.begin(ctx, "memstore.Take")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var taken []session.Notice
	for _, n := range st.next(now, limit) {
		taken = append(taken, session.Notice{Event: cloneEvent(n.event), Tries: n.tries, Ref: n.event.ID})
		n.due, n.turn = now.Add(hold), 0
		n.tries++
	}
	return taken, nil
}

// next are up to limit notices that are due. Tags take turns, and in each of them
// the owners: the next of each owner, then the one after it. Each call begins
// behind the tag that the last one ended with.
func (st *Store) next(now time.Time, limit int) []*notice {
	type row struct {
		*notice
		turn, behind int // how many turns there are below it in its tag; how far its tag is from the first
	}
	var rows []row
	for tag, due := range st.inTurn(now) {
		for _, n := range due[:min(limit, len(due))] {
			rows = append(rows, row{n, n.turn - due[0].turn, (tag - st.firstTag + session.Tags) % session.Tags})
		}
	}
	happened := func(a, b row) int {
		return cmp.Or(a.event.At.Compare(b.event.At), cmp.Compare(a.event.ID, b.event.ID))
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.behind, b.behind), happened(a, b))
	})
	rows = rows[:min(limit, len(rows))]
	if len(rows) > 0 {
		st.firstTag = (rows[len(rows)-1].event.Session.Tag() + 1) % session.Tags
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.turn, b.turn), happened(a, b)) })
	var next []*notice
	for _, r := range rows {
		next = append(next, r.notice)
	}
	return next
}

// inTurn are the notices of each tag that are due, in the order of their turns.
// One that became due gets the turn behind the last one of its owner, and none
// below the lowest that there is: so who comes late waits for one notice of each
// other owner at most. This is start-time fair queueing (Goyal, Vin, Cheng:
// SIGCOMM 1996).
func (st *Store) inTurn(now time.Time) map[int][]*notice {
	longestDue := func(a, b *notice) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.event.ID, b.event.ID)) }
	all := map[int][]*notice{}
	for _, n := range slices.SortedFunc(maps.Values(st.notices), longestDue) {
		if tag := n.event.Session.Tag(); !n.due.After(now) {
			all[tag] = append(all[tag], n)
		}
	}
	for tag, due := range all {
		lowest := 0
		for _, n := range due {
			if n.turn > 0 && (lowest == 0 || n.turn < lowest) {
				lowest = n.turn
			}
		}
		if lowest == 0 {
			st.turns[tag], lowest = map[session.Owner]int{}, 1
		}
		for _, n := range due {
			if n.turn == 0 {
				n.turn = max(lowest, st.turns[tag][n.event.Owner]+1)
				st.turns[tag][n.event.Owner] = n.turn
			}
		}
		slices.SortFunc(due, func(a, b *notice) int {
			return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.event.ID, b.event.ID))
		})
	}
	return all
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
		kept.due, kept.turn = now.Add(wait), 0
	}
	return nil
}
