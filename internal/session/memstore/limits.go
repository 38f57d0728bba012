package memstore

import (
	"context"
	"time"

	"slipway/internal/session"
)

// day is how many bytes came in since some midnight.
type day struct {
	bytes int64
	ends  time.Time
}

// debts are until when what was taken from a Rate uses it up, by
// session.ID.Name or by owner. The algorithm is GCRA, and this its theoretical
// arrival time: the virtual scheduling of ITU-T I.371.
type debts map[string]time.Time

// Admit implements session.Store.
func (st *Store) Admit(ctx context.Context, id session.ID, a session.Admission) (*session.Session, error) {
	now, unlock, err := st.begin(ctx, "memstore.Admit")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := st.take(id, session.Report{Cost: a.Cost, Rates: session.Rates{Owner: a.Rate}, Owner: a.Owner}, now); err != nil {
		return nil, err
	}
	if r := st.records[id.Name()]; r != nil {
		return r.handOut(now), nil
	}
	return nil, st.room(a.Owner, a.Quota, now)
}

// room is what q says of an owner; it has nothing against nobody.
func (st *Store) room(owner session.Owner, q session.Quota, now time.Time) error {
	if owner == "" {
		return nil
	}
	open := 0
	for _, r := range st.records {
		if r.session.Owner == owner && !r.session.State.Finished() {
			open++
		}
	}
	return q.Room(open, st.today(owner, now).bytes, now)
}

func (st *Store) today(owner session.Owner, now time.Time) day {
	if d := st.days[owner]; now.Before(d.ends) {
		return d
	}
	return day{ends: session.NextMidnight(now)}
}

// count adds to the day of owner, if there is one, what came in.
func (st *Store) count(owner session.Owner, bytes int64, now time.Time) {
	if owner == "" || bytes <= 0 {
		return
	}
	if st.days == nil {
		st.days = map[session.Owner]day{}
	}
	d := st.today(owner, now)
	d.bytes += bytes
	st.days[owner] = d
}

// take takes rep.Cost from both rates, or from neither.
func (st *Store) take(id session.ID, rep session.Report, now time.Time) error {
	if st.bySession == nil {
		st.bySession, st.byOwner = debts{}, debts{}
	}
	mine, wait := st.bySession.after(id.Name(), rep.Rates.Session, rep.Cost, now)
	if wait > 0 {
		return rep.Rates.Exceeded(false, wait)
	}
	if rep.Owner == "" {
		st.bySession[id.Name()] = mine
		return nil
	}
	owners, wait := st.byOwner.after(string(rep.Owner), rep.Rates.Owner, rep.Cost, now)
	if wait > 0 {
		return rep.Rates.Exceeded(true, wait)
	}
	st.bySession[id.Name()], st.byOwner[string(rep.Owner)] = mine, owners
	return nil
}

// after is what the debt of who would be, and how long until r allows it.
func (d debts) after(who string, r session.Rate, cost int, now time.Time) (debt time.Time, wait time.Duration) {
	if r.PerSecond <= 0 {
		return d[who], 0
	}
	burst := lasts(r.Burst, r)
	debt = later(d[who], now)
	if latest := now.Add(burst); debt.After(latest) { // the clock went back
		debt = latest
	}
	debt = debt.Add(lasts(cost, r))
	return debt, ceilMillis(debt.Sub(now) - burst)
}

// lasts is how long r takes to allow n, in whole microseconds.
func lasts(n int, r session.Rate) time.Duration {
	return time.Duration(int64(n)*1e6/int64(r.PerSecond)) * time.Microsecond
}

func ceilMillis(d time.Duration) time.Duration {
	return (max(d, 0) + time.Millisecond - 1).Truncate(time.Millisecond)
}
