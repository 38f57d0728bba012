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
	s, err := b.find(ctx, ref)
	if err != nil {
		return View{}, err
	}
	if s.State.Finished() {
		return View{Session: s}, nil
	}
	parts, err := b.Bucket.ListParts(ctx, b.upload(s))
	if KindOf(err) == NotFound {
		return View{Session: s}, b.vanished(ctx, s)
	}
	if err != nil {
		return View{}, err
	}
	reported, err := b.Store.Parts(ctx, s.ID)
	if err != nil {
		return View{}, err
	}
	return View{Session: s, Parts: parts, Missing: missing(parts, reported)}, nil
}

// vanished says what it means that S3 does not know the upload of s, which is
// not finished: nothing yet while a complete or an abort is under way, and
// for an open one that it is lost.
func (b *Broker) vanished(ctx context.Context, s *Session) error {
	if s.State != Open {
		return nil
	}
	_, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if KindOf(err) == NotFound {
		return lost()
	}
	return err
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
