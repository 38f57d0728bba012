package session

import (
	"context"
	"time"
)

// View is a session and the parts that S3 holds of it now.
type View struct {
	*Session
	Parts   []Part       // as S3 lists them; none once the session is finished
	Missing []PartNumber // see missing
}

// Show returns a session with the parts that S3 has. A recorder that comes back needs
// them to go on.
//
// Errors: NotFound; Limited if looks come too fast; Unavailable.
func (b *Broker) Show(ctx context.Context, ref Ref) (View, error) {
	read := b.look
	for range casRounds {
		s, err := read(ctx, ref)
		if err != nil {
			return View{}, err
		}
		read = b.find // its cost was taken already
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

// listed returns a session that is not finished, with the parts that S3 lists.
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

// vanished returns the session s, whose upload S3 does not know. While s is completing
// or aborting that says nothing yet. Otherwise s was completed, either just now or
// before the Store went back to an older record, or s is lost.
func (b *Broker) vanished(ctx context.Context, s *Session) (View, error) {
	if s.State != Open {
		return View{Session: s}, nil
	}
	done, err := b.gone(ctx, s)
	return View{Session: done}, err
}

// missing returns the numbers, up to the highest one listed or reported, of parts that
// S3 does not have, or that differ from what was reported. A part that is longer than
// reported does not differ: it is newer, because the last part of a recording grows.
// With doubt, a part that nobody reported is missing too.
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
// Errors: Invalid if the state does not exist or the limit is not 1 to MaxPage;
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

// maxIdleFor is longer than any session is remembered, and too short for a sum of
// durations to overflow. A sum that overflowed selected every session.
const maxIdleFor = 10 * 365 * 24 * time.Hour

// MaxPage is how many sessions a page of a listing has at most.
const MaxPage = 1000
