package redisstore

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/session"
)

// List implements session.Store. The index is up to 10 s behind what recorders
// report, so rows are in order within a page, and from page to page but for that.
// Who showed a sign of life since is no idle one all the same. List reads at most twice Limit records, and
// where rows are hard to find, such as one owner's among finished ones, a page
// can be shorter than Limit and not be the last.
//
// On one node or under Sentinel a page is one round trip, which reads Limit
// records. A Cluster answers for each tag apart, and nobody knows beforehand
// how many rows of a page each tag has: of a page of 1,000 the first round trip
// (one for each node) nearly always brings all, of a page of 100 nearly never;
// one more, for the rest, completes it. The live sessions of one owner take
// three.
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

// row adds the session at p to page if it still is where the index had it: one
// that was deleted is gone, and one that was touched comes at its new place.
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
