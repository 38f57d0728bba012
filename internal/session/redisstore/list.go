package redisstore

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/session"
)

// List implements session.Store. The index may be up to 10 s behind the reports of
// recorders. So rows are sorted within a page, but from one page to the next only as
// exactly as that. A session with a sign of life in these seconds does not count as idle.
// List reads at most twice Limit records. If rows are hard to find, such as those of one
// owner among finished sessions, a page may be shorter than Limit and not be the last.
//
// On one node, or with Sentinel, a page takes one round trip, which reads Limit records. A
// Cluster answers for each tag separately, and nobody knows beforehand how many rows of a
// page each tag has. For a page of 1,000 the first round trip (one for each node) nearly
// always brings all rows; for a page of 100 it nearly never does, and a second one brings
// the rest. The live sessions of one owner take three round trips.
func (s *Store) List(ctx context.Context, q session.Query) (session.Page, error) {
	const op = "redisstore.List"
	limit := max(q.Limit, 1)
	after, err := placeOf(q.After)
	if err != nil {
		return session.Page{}, &session.Error{Kind: session.Invalid, Reason: session.ReasonBadCursor, Op: op, Err: err}
	}
	var page session.Page
	for budget := 2 * limit; ; {
		l, err := s.look(ctx, q, after, min(limit-len(page.Sessions), budget), budget)
		if err != nil {
			return session.Page{}, failed(op, "", err)
		}
		budget -= len(l.records)
		l.cut(budget)
		budget -= l.missing()
		if err := s.readMissing(ctx, l); err != nil {
			return session.Page{}, failed(op, "", err)
		}
		for i := range l.places {
			l.row(&page, q, &l.places[i])
		}
		full := budget == 0 || len(page.Sessions) == limit
		if l.more {
			after = l.places[len(l.places)-1]
		}
		if l.more && full {
			page.Next = after.cursor()
		}
		if !l.more || full {
			slices.SortFunc(page.Sessions, byActivity)
			return page, nil
		}
	}
}

func byActivity(a, b *session.Session) int {
	return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID))
}

func selected(q session.Query, s *session.Session) bool {
	state := s.State == q.State || q.State == "" && !s.State.Finished()
	idle := q.IdleFor <= 0 || s.ReadAt.Sub(s.ActiveAt) >= q.IdleFor
	return state && (q.Owner == "" || q.Owner == s.Owner) && idle
}

// row adds the session at p to page, if it is still where the index has it. A session
// that was deleted is left out. One that has moved comes later, at its new place.
func (l *look) row(page *session.Page, q session.Query, p *place) {
	k := l.records[p.spot]
	if k.gone {
		return
	}
	r, err := decodeRecord(p.id, k.value)
	if err != nil {
		page.Unreadable = append(page.Unreadable, p.id)
		return
	}
	p.id, r.session.ReadAt = r.session.ID, k.readAt
	if selected(q, r.session) && r.indexed == p.at {
		page.Sessions = append(page.Sessions, r.session)
	}
}
