package session

import (
	"context"
	"time"
)

// Salvage completes a session from the parts that arrived, without its recorder. It
// can be repeated. If ifRevision is above 0, Salvage does this only if the session has
// not changed since that revision.
//
// The session returned is completed, and Result.Missing names the parts that are not
// there. Or it is still completing, as with Complete.
//
// Errors: Conflict "empty" if nothing was uploaded; Conflict if the session was
// aborted; PreconditionFailed if it changed since ifRevision; NotFound "lost";
// Unavailable.
func (b *Broker) Salvage(ctx context.Context, ref Ref, ifRevision Revision) (*Session, error) {
	for range casRounds {
		s, err := b.find(ctx, ref)
		if err != nil {
			return nil, err
		}
		switch {
		case s.State == Completed, s.State == Completing && s.leased():
			return s, nil
		case s.State == Completing:
			s, err = b.takeOver(ctx, s)
		case s.State != Open:
			return nil, closed(s)
		default:
			if err := unchanged(s, ifRevision); err != nil {
				return nil, err
			}
			s, err = b.salvage(ctx, s)
		}
		if ReasonOf(err) == ReasonStale || err == nil && s.State == Open { // a part arrived meanwhile
			continue
		}
		return s, err
	}
	return nil, busy()
}

// salvage takes an open session one step towards completed.
func (b *Broker) salvage(ctx context.Context, s *Session) (*Session, error) {
	a, err := b.arrived(ctx, s)
	switch {
	case KindOf(err) == NotFound:
		return b.gone(ctx, s)
	case err != nil:
		return nil, err
	case len(a.parts) == 0:
		return nil, conflict(ReasonEmpty, "nothing was uploaded; abort the session")
	}
	return b.completeFrom(ctx, s, a)
}

// completeFrom stores an intent with the parts that arrived, and carries it out.
func (b *Broker) completeFrom(ctx context.Context, s *Session, a arrival) (*Session, error) {
	// replay lists the parts again: now the lease is ours
	return b.underLease(ctx, s, Completing, func(next *Session) {
		next.Intent = a.intent(s)
		next.Intent.AskedAt = s.ReadAt
	}, b.replay)
}

// arrival is what arrived of a recording whose recorder is gone.
type arrival struct {
	listed  []Part // all that S3 has
	parts   []Part // the parts that can become one object
	missing []PartNumber
}

// intent returns the intent to make one object of what arrived. It counts as a
// recorder's claim only if everything that was announced has arrived.
func (a arrival) intent(s *Session) *Intent {
	if a.isWhole(s) {
		return intentTo(AsClaimed, a.parts)
	}
	i := intentTo(Salvaged, a.parts)
	i.Missing = a.missing
	return i
}

// newest returns when the last part arrived.
func (a arrival) newest() (t time.Time) {
	for _, p := range a.listed {
		t = later(t, p.StoredAt)
	}
	return t
}

// arrived compares what S3 has with what was reported. Reports are half a claim: they
// say what each part should be, but not how many parts there are.
func (b *Broker) arrived(ctx context.Context, s *Session) (arrival, error) {
	listed, err := b.Bucket.ListParts(ctx, b.upload(s))
	if err != nil {
		return arrival{}, err
	}
	reported, err := b.reported(ctx, s)
	a := judgeArrival(pick(listed, reported), reported, b.doubts(s))
	a.expect(s)
	return a, err
}

// reported returns the parts of s that the recorder has reported.
func (b *Broker) reported(ctx context.Context, s *Session) ([]Part, error) {
	reported, err := b.Store.Parts(ctx, s.ID)
	if KindOf(err) == NotFound {
		err = &Error{Kind: Conflict, Reason: ReasonStale, Op: "session.reported", Detail: "the record was lost meanwhile"}
	}
	return reported, err
}

// expect adds the parts that are missing at the end, by the announced size. Parts may
// be smaller than the session's part size, so their number is a guess, but it is
// certain that some are missing. If the client chooses the sizes, expect adds one part.
func (a *arrival) expect(s *Session) {
	if s.Announced <= totalSize(a.listed) || len(a.listed) == 0 {
		return
	}
	next := a.listed[len(a.listed)-1].Number + 1
	if n := len(a.missing); n > 0 {
		next = max(next, a.missing[n-1]+1)
	}
	last := next
	if !s.Unsized {
		last = PartNumber((s.Announced + s.PartSize - 1) / s.PartSize)
	}
	if len(a.missing) == 0 {
		last = max(last, next)
	}
	for n := next; n <= min(last, MaxPartNumber); n++ {
		a.missing = append(a.missing, n)
	}
}

// judgeArrival keeps every part that can be in the object. These are all parts that S3
// has, except a part under MinPartSize that is not the last: S3 would refuse it.
func judgeArrival(listed, reported []Part, doubt bool) arrival {
	a := arrival{listed: listed}
	for i, p := range listed {
		if p.Size >= MinPartSize || i == len(listed)-1 {
			a.parts = append(a.parts, p)
		}
	}
	a.missing = missing(a.parts, reported, doubt)
	return a
}

// salvagedAlready is the error for a recorder that comes back too late. It can upload
// its recording into a new session.
func salvagedAlready(s *Session) error {
	return conflict(ReasonSalvaged, "the session was salvaged with %d bytes while its recorder was away; upload the whole recording in a new session", s.Result.Size)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
