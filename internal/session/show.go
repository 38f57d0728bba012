package session

import "context"

// View is a session and what S3 holds of it by now.
type View struct {
	*Session
	Parts   []Part       // as S3 lists them; none once the session is finished
	Missing []PartNumber // below the highest number listed or reported, and not in S3
}

// Show returns a session with the parts S3 has, which is what a recorder that
// comes back needs to go on.
//
// Errors: NotFound; Unavailable.
func (b *Broker) Show(ctx context.Context, ref Ref) (View, error) {
	for range casRounds {
		s, err := b.find(ctx, ref)
		if err != nil {
			return View{}, err
		}
		if s.State.Finished() {
			return View{Session: s}, nil
		}
		view, err := b.listed(ctx, s)
		if ReasonOf(err) != "stale" {
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
	return View{Session: s, Parts: parts, Missing: missing(parts, reported)}, nil
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

func missing(listed, reported []Part) []PartNumber {
	there := make(map[PartNumber]bool, len(listed))
	var highest PartNumber
	for _, p := range listed {
		there[p.Number] = true
		highest = max(highest, p.Number)
	}
	for _, p := range reported {
		highest = max(highest, p.Number)
	}
	var gaps []PartNumber
	for n := PartNumber(1); n <= highest; n++ {
		if !there[n] {
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
		return Page{}, invalid("state", "unknown-value", "state is open, completing, completed, aborting, aborted or deleted")
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return Page{}, outOfRange("limit", MaxPage, "limit is %d; 1 to %d are allowed", q.Limit, MaxPage)
	}
	if q.IdleFor < 0 {
		return Page{}, invalid("idle_for", "out-of-range", "idle_for is below zero")
	}
	return b.Store.List(ctx, q)
}

// MaxPage is the most sessions one page of a listing holds.
const MaxPage = 1000
