// Package memstore keeps sessions in memory. It is the reference for what a
// session.Store does: small enough to be seen to be right. It also serves
// tests and the simulation; nothing in it survives the process.
package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"slipway/internal/session"
)

// Store is a session.Store, a session.EventLog and a session.Outbox, which
// keep all that ever happened. The zero Store is empty and ready.
type Store struct {
	Now func() time.Time // nil: time.Now

	mu       sync.Mutex // guards what follows
	records  map[string]*record
	events   []session.Event
	dropped  int           // events, by Forget
	told     chan struct{} // closed with the next event; nil: nobody waits
	notices  map[string]*notice
	turns    [session.Tags]map[session.Owner]int // the last of each, in each tag
	firstTag int                                 // where the next Take begins

	days               map[session.Owner]day
	bySession, byOwner debts
}

// record is one session and what was reported of it, by session.ID.Name.
type record struct {
	session  session.Session
	parts    map[session.PartNumber]session.Part
	told     counted   // how much these are, or were when it was finished
	forgetAt time.Time // zero: never
	probeAt  time.Time // when its Probe is due
}

// Get implements session.Store.
func (st *Store) Get(ctx context.Context, id session.ID) (*session.Session, error) {
	now, unlock, err := st.begin(ctx, "memstore.Get")
	if err != nil {
		return nil, err
	}
	defer unlock()
	r := st.records[id.Name()]
	if r == nil {
		return nil, notFound("memstore.Get", id)
	}
	return r.handOut(now), nil
}

// Indexed implements session.Store: what is there is found.
func (st *Store) Indexed(ctx context.Context, s *session.Session) (bool, error) {
	_, unlock, err := st.begin(ctx, "memstore.Indexed")
	if err != nil {
		return false, err
	}
	defer unlock()
	return st.records[s.ID.Name()] != nil, nil
}

// Swap implements session.Store.
func (st *Store) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	now, unlock, err := st.begin(ctx, "memstore.Swap")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if c.Keep > 0 && !c.Session.State.Finished() {
		return nil, &session.Error{Kind: session.Internal, Op: "memstore.Swap", Detail: "only finished sessions are forgotten"}
	}
	r := st.records[c.Session.ID.Name()]
	switch {
	case r == nil && c.From != 0:
		return nil, notFound("memstore.Swap", c.Session.ID)
	case r == nil:
		if c.Session.State == session.Open {
			if err := st.room(c.Session.Owner, c.Quota, now); err != nil {
				return nil, err
			}
		}
		r = &record{parts: map[session.PartNumber]session.Part{}}
	case r.session.Revision != c.From:
		return nil, &session.Error{Kind: session.Conflict, Reason: session.ReasonStale, Op: "memstore.Swap",
			Detail: fmt.Sprintf("the session has revision %d by now, not %d", r.session.Revision, c.From)}
	case r.session.State.Finished() && !c.Session.State.Finished():
		return nil, &session.Error{Kind: session.Internal, Op: "memstore.Swap", Detail: "a finished session does not come back to life"}
	}
	if c.From == 0 {
		r.note(c.Parts)
	} else if s := c.Session; c.Quota.DailyBytes > 0 && s.State == session.Completed && !r.session.State.Finished() && s.Result != nil {
		st.count(s.Owner, s.Result.Size-r.told.bytes, now)
	}
	r.replace(c, now)
	if st.records == nil {
		st.records = map[string]*record{}
	}
	st.records[c.Session.ID.Name()] = r
	if c.Event != nil {
		st.tell(*c.Event, c.Notify, now)
	}
	return r.handOut(now), nil
}

// replace makes c's session the record.
func (r *record) replace(c session.Change, now time.Time) {
	s := clone(c.Session)
	s.OpenedAt, s.ExpiresAt, s.URLsExpireAt = stored(s.OpenedAt), stored(s.ExpiresAt), stored(s.URLsExpireAt)
	s.HoleAt, s.Probe.At = stored(s.HoleAt), stored(s.Probe.At)
	s.Revision, s.ActiveAt, s.LeaseUntil = nextRevision(c.From, now), r.session.ActiveAt, time.Time{}
	if !c.Quiet || c.From == 0 {
		s.ActiveAt = later(s.ActiveAt, now)
	}
	if c.Lease > 0 {
		s.LeaseUntil = stored(now.Add(c.Lease))
	}
	r.session, r.forgetAt, r.probeAt = *s, time.Time{}, s.Probe.At
	if s.State.Finished() {
		clear(r.parts)
	}
	if c.Keep > 0 {
		r.forgetAt = now.Add(c.Keep)
	}
}

// Report implements session.Store.
func (st *Store) Report(ctx context.Context, id session.ID, rep session.Report) (*session.Session, error) {
	now, unlock, err := st.begin(ctx, "memstore.Report")
	if err != nil {
		return nil, err
	}
	defer unlock()
	r := st.records[id.Name()]
	if rep.Look {
		if r != nil && !r.session.State.Finished() {
			rep.Cost += r.told.parts / session.PartsPerCost
		}
		if err := st.take(id, rep, now); err != nil {
			return nil, err
		}
	}
	if r == nil {
		return nil, notFound("memstore.Report", id)
	}
	if r.session.State == session.Open && !rep.Look {
		if err := st.take(id, rep, now); err != nil {
			return nil, err
		}
		before := r.told.bytes
		r.note(rep.Parts)
		if rep.CountBytes {
			st.count(rep.Owner, r.told.bytes-before, now)
		}
		if rep.Announced > 0 && (r.told.bytes >= rep.Announced || len(rep.Parts) == 0 && rep.URLsExpireAt.IsZero()) && now.Before(r.probeAt) {
			r.probeAt = now
		}
		r.session.ActiveAt = later(r.session.ActiveAt, now)
		r.session.URLsExpireAt = later(r.session.URLsExpireAt, stored(rep.URLsExpireAt))
		r.session.Revision = nextRevision(r.session.Revision, now)
	}
	return r.handOut(now), nil
}

// Parts implements session.Store.
func (st *Store) Parts(ctx context.Context, id session.ID) ([]session.Part, error) {
	_, unlock, err := st.begin(ctx, "memstore.Parts")
	if err != nil {
		return nil, err
	}
	defer unlock()
	r := st.records[id.Name()]
	if r == nil {
		return nil, notFound("memstore.Parts", id)
	}
	return slices.SortedFunc(maps.Values(r.parts), func(a, b session.Part) int { return cmp.Compare(a.Number, b.Number) }), nil
}

// List implements session.Store.
func (st *Store) List(ctx context.Context, q session.Query) (session.Page, error) {
	now, unlock, err := st.begin(ctx, "memstore.List")
	if err != nil {
		return session.Page{}, err
	}
	defer unlock()
	var rows []*session.Session
	for _, r := range st.records {
		if selects(q, &r.session, now) {
			rows = append(rows, r.handOut(now))
		}
	}
	slices.SortFunc(rows, func(a, b *session.Session) int { return compare(cursor(a), cursor(b)) })
	page := session.Page{Sessions: rows[:min(len(rows), max(q.Limit, 1))]}
	if len(page.Sessions) < len(rows) {
		page.Next = cursor(page.Sessions[len(page.Sessions)-1])
	}
	return page, nil
}

func selects(q session.Query, s *session.Session, now time.Time) bool {
	switch {
	case q.State == "" && s.State.Finished(), q.State != "" && q.State != s.State:
		return false
	case q.Owner != "" && q.Owner != s.Owner:
		return false
	case q.IdleFor > 0 && s.ActiveAt.After(now.Add(-q.IdleFor)):
		return false
	}
	return q.After == session.Cursor{} || compare(cursor(s), q.After) > 0
}

func cursor(s *session.Session) session.Cursor {
	return session.Cursor{ActiveAt: s.ActiveAt, ID: s.ID}
}

func compare(a, b session.Cursor) int {
	return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID))
}

// Due implements session.Store.
func (st *Store) Due(ctx context.Context, limit int) ([]*session.Session, error) {
	now, unlock, err := st.begin(ctx, "memstore.Due")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var due []*record
	for _, r := range st.records {
		if r.session.State == session.Open && r.session.Probed() && !now.Before(r.probeAt) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *record) int {
		return cmp.Or(a.probeAt.Compare(b.probeAt), cmp.Compare(a.session.ID, b.session.ID))
	})
	var sessions []*session.Session
	for _, r := range due[:min(len(due), max(limit, 0))] {
		sessions = append(sessions, r.handOut(now))
	}
	return sessions, nil
}

// Ping implements session.Store.
func (st *Store) Ping(ctx context.Context) error {
	_, unlock, err := st.begin(ctx, "memstore.Ping")
	if err == nil {
		unlock()
	}
	return err
}

// begin locks st, forgets what is due, and says what time it is.
func (st *Store) begin(ctx context.Context, op string) (now time.Time, unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return now, nil, &session.Error{Kind: session.Unavailable, Op: op, RetryAfter: time.Second, Err: err}
	}
	st.mu.Lock()
	now = time.Now()
	if st.Now != nil {
		now = st.Now()
	}
	now = stored(now)
	maps.DeleteFunc(st.records, func(_ string, r *record) bool { return !r.forgetAt.IsZero() && !now.Before(r.forgetAt) })
	return now, st.mu.Unlock, nil
}

// note keeps what was reported: number, size and ETag, the last word on each
// number, and counts.
func (r *record) note(parts []session.Part) {
	for _, p := range parts {
		r.parts[p.Number] = session.Part{Number: p.Number, Size: p.Size, ETag: p.ETag}
	}
	r.told = counted{parts: len(r.parts)}
	for _, p := range r.parts {
		r.told.bytes += p.Size
	}
}

// counted is how much was reported.
type counted struct {
	parts int
	bytes int64
}

// handOut returns a copy that the caller may change.
func (r *record) handOut(now time.Time) *session.Session {
	s := clone(&r.session)
	s.ReadAt = now
	s.PartsReported, s.BytesReported = r.told.parts, r.told.bytes
	return s
}

func clone(s *session.Session) *session.Session {
	c := *s
	if s.Intent != nil {
		intent := *s.Intent
		intent.Missing = slices.Clone(intent.Missing)
		c.Intent = &intent
	}
	if s.Result != nil {
		result := *s.Result
		result.Missing = slices.Clone(result.Missing)
		c.Result = &result
	}
	return &c
}

// stored is t as a Store keeps it: in whole milliseconds, UTC.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

func nextRevision(last session.Revision, now time.Time) session.Revision {
	return max(last+1, session.Revision(now.UnixMilli()))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func notFound(op string, id session.ID) error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonUnknownSession, Op: op, Detail: fmt.Sprintf("no session %s", id)}
}
