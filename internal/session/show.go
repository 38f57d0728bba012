package session

import (
	"context"
	"time"
)

// View is a session and what S3 holds of it by now.
type View struct {
	*Session
	Parts   []Part       // as S3 lists them; none once the session is finished
	Missing []PartNumber // see missing
}

// Show returns a session with the parts S3 has, which is what a recorder that
// comes back needs to go on.
//
// Errors: NotFound; Limited if looks come too fast; Unavailable.
func (b *Broker) Show(ctx context.Context, ref Ref) (View, error) {
	read := b.look
	for range casRounds {
		s, err := read(ctx, ref)
		if err != nil {
			return View{}, err
		}
		read = b.find // it is paid for
		if s.State.Finished() {
			return View{Session: s}, nil
		}
		view, err := b.listed(ctx, s)
		if ReasonOf(err) != ReasonStale {
			return view, err
		}
	}
	return View{}, busy()
}

// listed is a session that is not finished, with what S3 lists of it.
func (b *Broker) listed(ctx context.Context, s *Session) (View, error) {
	parts, err := b.Bucket.ListParts(ctx, b.upload(s))
	if KindOf(err) == NotFound {
		return b.vanished(ctx, s)
	}
	if err != nil {
		return View{}, err
	}
	reported, err := b.Store.Parts(ctx, s.ID)
	if err != nil && KindOf(err) != NotFound {
		return View{}, err
	}
	parts = pick(parts, reported)
	return View{Session: s, Parts: parts, Missing: missing(parts, reported, b.doubts(s))}, nil
}

// vanished says what it means that S3 does not know the upload of s: nothing
// yet while a complete or an abort is under way; else it was completed, by
// somebody at this moment or before the Store went back to an older record;
// or it is lost.
func (b *Broker) vanished(ctx context.Context, s *Session) (View, error) {
	if s.State != Open {
		return View{Session: s}, nil
	}
	done, err := b.gone(ctx, s)
	return View{Session: done}, err
}

// missing are the parts below the highest number listed or reported that S3
// does not have, or has otherwise than they were reported. One that is longer
// than reported is newer: the last part of a recording grows. With doubt only what
// was reported is there.
func missing(have, reported []Part, doubt bool) []PartNumber {
	told := byNumber(reported)
	sound := make(map[PartNumber]bool, len(have))
	var highest PartNumber
	for _, p := range have {
		highest = max(highest, p.Number)
		r, ok := told[p.Number]
		sound[p.Number] = !doubt && (!ok || p.Size > r.Size) || ok && sameContent(p, r)
	}
	for _, p := range reported {
		highest = max(highest, p.Number)
	}
	var gaps []PartNumber
	for n := PartNumber(1); n <= highest; n++ {
		if !sound[n] {
			gaps = append(gaps, n)
		}
	}
	return gaps
}

// List returns one page of sessions, the longest idle first.
//
// Errors: Invalid if the state is none or the limit is not 1 to MaxPage;
// Unavailable.
func (b *Broker) List(ctx context.Context, q Query) (Page, error) {
	if q.State != "" && !q.State.Valid() {
		return Page{}, invalid("state", ReasonUnknownValue, "state is open, completing, completed, aborting, aborted or deleted")
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return Page{}, outOfRange("limit", MaxPage, "limit is %d; 1 to %d are allowed", q.Limit, MaxPage)
	}
	if q.IdleFor < 0 || q.IdleFor > maxIdleFor {
		return Page{}, invalid("idle_for", ReasonOutOfRange, "idle_for is %s; 0 to %s are allowed", q.IdleFor, maxIdleFor)
	}
	return b.Store.List(ctx, q)
}

// maxIdleFor is longer than any session is remembered, and far from where sums of
// durations overflow: one that did selected everything.
const maxIdleFor = 10 * 365 * 24 * time.Hour

// MaxPage is the most sessions one page of a listing holds.
const MaxPage = 1000
