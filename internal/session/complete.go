package session

import (
	"context"
	"slices"
)

// toldAsSuch are the reasons of an Unavailable that says more than that there
// was no answer.
var toldAsSuch = []Reason{ReasonS3Denied, ReasonWrongRegion, ReasonNoSuchBucket}

// Complete makes the recording one object, if S3 holds exactly what is
// claimed. It can be repeated: the same claim gets the same answer for as long
// as the object exists.
//
// The session returned is completed, or still completing when S3 takes long or
// its answer never came: then the same claim is to be sent again.
//
// Errors: Invalid if the claim has a hole or contradicts itself; Conflict
// "parts-differ" with Parts naming each difference, after which the session is
// open as before; Conflict if it was aborted, or was completed with another
// content; NotFound "lost"; Limited if claims come too fast; Unavailable.
func (b *Broker) Complete(ctx context.Context, ref Ref, claim Claim) (*Session, error) {
	ref.claim = &claim
	paid := false
	for range casRounds {
		s, err := b.find(ctx, ref)
		if err == nil && s.State == Open && !paid { // from here on it costs what a look costs; what is completing may be asked often
			s, err = b.look(ctx, ref)
			paid = true
		}
		if err != nil {
			return nil, err
		}
		if err := checkClaim(s, claim); err != nil {
			return nil, err
		}
		if s.State == Completing && s.leased() {
			return s, nil // somebody is at it
		}
		s, err = b.advance(ctx, s, claim)
		switch {
		case ReasonOf(err) == ReasonStale, err == nil && s.State == Open:
			continue // somebody was quicker, or S3 refused an older intent: look again
		case err != nil:
			return nil, err
		case s.State == Completed:
			return s, agrees(s, claim)
		}
		return s, nil
	}
	return nil, busy()
}

// advance takes s one step towards completed.
func (b *Broker) advance(ctx context.Context, s *Session, claim Claim) (*Session, error) {
	switch s.State {
	case Completed:
		return s, nil
	case Open:
		return b.intend(ctx, s, claim)
	case Completing:
		return b.takeOver(ctx, s)
	}
	return nil, closed(s)
}

// takeOver takes the lease of a broker that let it run out and carries on with
// the intent it left behind. If nothing can come of that any more, the session
// is open again.
func (b *Broker) takeOver(ctx context.Context, s *Session) (*Session, error) {
	s, err := b.underLease(ctx, s, Completing, nil, b.replay) // the intent stays
	if s != nil && s.State == Open {
		return s, nil // S3 refused what the intent says; nobody has asked for anything else yet
	}
	return s, err
}

func busy() error {
	return &Error{Kind: Unavailable, Reason: ReasonBusy, RetryAfter: RetryAfter, Detail: "the session keeps changing; try again"}
}

// agrees says whether a completed session is what the claim describes: it is
// the very claim that completed it, or one whose ETags or checksums all make
// the object's. Where nothing can be compared the answer is no, since another
// recording may be as long.
func agrees(s *Session, claim Claim) error {
	want, r := intentTo(AsClaimed, claim.Parts), s.Result
	etags := want.ETag != "" && r.Claimed != ""
	checksums := want.Checksum != "" && r.Checksum != ""
	switch {
	case r.Claim != "" && r.Claim == claim.digest():
		return nil
	case (r.Size == claim.Size || s.Unsized) && (etags || checksums) &&
		(!etags || want.ETag == r.Claimed) && (!checksums || want.Checksum == r.Checksum):
		return nil
	case s.WhenWhole && r.Outcome == AsClaimed && r.Size == claim.Size && !slices.ContainsFunc(claim.Parts, func(p Part) bool { return !p.silent() }):
		return nil // it says what was announced, and no more
	}
	if r.Outcome == Salvaged {
		return salvagedAlready(s)
	}
	return conflict(ReasonCompletedOtherwise, "the session is completed with %d bytes, and nothing shows that they are the %d that are claimed", r.Size, claim.Size)
}

// intend holds the claim against S3 and, where they agree, stores what will be
// sent before anything is sent.
func (b *Broker) intend(ctx context.Context, s *Session, claim Claim) (*Session, error) {
	listed, err := b.Bucket.ListParts(ctx, b.upload(s))
	if KindOf(err) == NotFound {
		return b.gone(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	wanted, err := b.wanted(ctx, s, claim)
	if err != nil {
		return nil, err
	}
	if s.Unsized {
		wanted = weighed(wanted, listed)
	}
	if listed, err = b.once(ctx, s, known(listed, wanted), wanted); err != nil {
		return nil, err
	}
	parts, err := settle(wanted, listed)
	if err == nil {
		err = b.bound(ctx, s, parts)
	}
	if err != nil {
		return nil, err
	}
	s, err = b.underLease(ctx, s, Completing, func(next *Session) {
		next.Intent = intentTo(AsClaimed, parts)
		next.Intent.Claim, next.Intent.Duration, next.Intent.AskedAt = claim.digest(), claim.Duration, s.ReadAt
	}, func(ctx context.Context, s *Session) (*Session, error) {
		return b.carryOut(ctx, s, parts, unlisted(listed, wanted))
	})
	if ReasonOf(err) == ReasonS3Refused {
		return nil, b.explain(ctx, s, wanted, err)
	}
	return s, err
}

// wanted is what is claimed. Where a claim gives no more than a size, what was
// reported of the part counts.
func (b *Broker) wanted(ctx context.Context, s *Session, claim Claim) ([]Part, error) {
	if !slices.ContainsFunc(claim.Parts, Part.silent) {
		return claim.Parts, nil
	}
	reported, err := b.reported(ctx, s)
	if err != nil {
		return nil, err
	}
	wanted := claim.with(reported)
	switch {
	case b.doubts(s):
		err = vouched(wanted, reported, "%d parts were never reported, and this S3 server may hold less of them than was sent; PUT those again and complete again")
	case len(reported) < s.PartsReported:
		err = vouched(wanted, reported, "Redis has lost what was reported of %d parts, and S3 may hold older ones; claim their ETags, or PUT those again and complete again")
	}
	return wanted, err
}

// explain looks again at what S3 refused: a part may have been overwritten
// between the listing and the request, and then it has a number.
func (b *Broker) explain(ctx context.Context, s *Session, wanted []Part, refusal error) error {
	listed, err := b.Bucket.ListParts(ctx, b.upload(s))
	if err == nil {
		listed, err = b.once(ctx, s, known(listed, wanted), wanted)
	}
	if err != nil {
		return refusal
	}
	if _, err := settle(wanted, listed); err != nil {
		return err
	}
	return suspected(listed, wanted, refusal)
}

// replay takes up an intent that another broker left behind. It sends that
// very request again, if S3 still has the parts for it.
func (b *Broker) replay(ctx context.Context, s *Session) (*Session, error) {
	listed, err := b.Bucket.ListParts(ctx, b.upload(s))
	if KindOf(err) == NotFound {
		return b.judge(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	if listed, err = b.once(ctx, s, listed, nil); err != nil {
		return nil, err
	}
	parts := s.Intent.among(listed)
	if partsDigest(asSent(parts)) != s.Intent.Digest {
		// A part was overwritten since: S3 refuses the pinned ETags, so the
		// request of the intent can no longer succeed. Or one came that a
		// salvage does not know of: somebody is there after all.
		return b.move(ctx, s, Open, func(next *Session) { next.Intent = nil })
	}
	if s, err = b.askAgain(ctx, s); err != nil {
		return nil, err
	}
	return b.carryOut(ctx, s, parts, false)
}

// askAgain notes that S3 is asked anew, if the intent is older than a lease.
func (b *Broker) askAgain(ctx context.Context, s *Session) (*Session, error) {
	if s.ReadAt.Sub(s.Intent.AskedAt) <= b.lease() {
		return s, nil
	}
	again := *s.Intent
	again.AskedAt = s.ReadAt
	return b.move(ctx, s, Completing, func(next *Session) { next.Intent = &again })
}

// carryOut sends what the intent says and records what became of it; look has it
// look at the object. ctx ends before the lease does.
func (b *Broker) carryOut(ctx context.Context, s *Session, parts []Part, look bool) (*Session, error) {
	obj, err := b.Bucket.Complete(ctx, b.upload(s), asSent(parts), s.Intent.Size)
	switch {
	case err == nil && (look || s.Adopted || s.Intent.Claim == ""):
		// Only the finished object says whose it is; and how long it became,
		// where no recorder is there to notice; and what S3 made of checksums
		// that it did not list.
		return b.judge(ctx, s)
	case err == nil:
		return b.finish(ctx, s, obj)
	case ReasonOf(err) == ReasonS3Refused: // nothing was made of it
		reopened, moveErr := b.move(ctx, s, Open, func(next *Session) { next.Intent = nil })
		if moveErr != nil {
			return nil, moveErr
		}
		return reopened, err
	case KindOf(err) == NotFound, ReasonOf(err) == ReasonKeyTaken:
		return b.judge(ctx, s)
	case slices.Contains(toldAsSuch, ReasonOf(err)):
		return nil, err // asking again is no use before somebody mends it; the intent stands
	default:
		return s, nil // unknown: the intent stands, and whoever asks next settles it
	}
}

// judge settles an intent whose upload is gone, or whose key holds an object:
// if it is the one that was intended, the intent was carried out. If not, the
// session is completed all the same, as what is there; whoever claims another
// content is told so.
func (b *Broker) judge(ctx context.Context, s *Session) (*Session, error) {
	obj, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if err != nil {
		switch {
		case KindOf(err) != NotFound:
			return nil, err
		case s.Intent.underWay(s.ReadAt):
			return s, nil // S3 may be at it
		}
		return s, b.missing(ctx, s)
	}
	if !s.Intent.made(obj) {
		return b.found(ctx, s, obj)
	}
	return b.finish(ctx, s, obj)
}

// gone judges an open session whose upload S3 does not know: it was completed
// and the Store went back to an older record, or it is lost.
func (b *Broker) gone(ctx context.Context, s *Session) (*Session, error) {
	obj, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if KindOf(err) == NotFound {
		return nil, b.missing(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return b.found(ctx, s, obj)
}

// found records that the object is there, however it came to be.
func (b *Broker) found(ctx context.Context, s *Session, obj Object) (*Session, error) {
	return b.move(ctx, s, Completed, func(next *Session) {
		next.Result = resultOf(obj)
		if i := s.Intent; i != nil && i.Claim == "" { // no recorder vouches for what is there
			next.Result.Outcome, next.Result.Missing = Salvaged, i.Missing
		}
		next.Intent = nil
		next.learn(obj)
	})
}

// missing says what it means that S3 has neither the upload nor the object of
// s: it is lost, unless somebody else ended it at this moment.
func (b *Broker) missing(ctx context.Context, s *Session) error {
	now, err := b.Store.Get(ctx, s.ID)
	switch {
	case err == nil && now.Revision != s.Revision:
		return &Error{Kind: Conflict, Reason: ReasonStale, Op: "session.missing", Detail: "the session changed meanwhile"}
	case err != nil && KindOf(err) != NotFound:
		return err
	}
	return lost()
}

func lost() error {
	return &Error{Kind: NotFound, Reason: ReasonLost, Detail: "S3 knows neither the upload nor the recording; it was aborted, deleted or expired"}
}

func (b *Broker) finish(ctx context.Context, s *Session, obj Object) (*Session, error) {
	return b.move(ctx, s, Completed, func(next *Session) {
		next.Result = &Result{Outcome: s.Intent.Outcome, Size: s.Intent.Size, ETag: obj.ETag, Claim: s.Intent.Claim, Claimed: s.Intent.ETag, Checksum: s.Intent.Checksum, Missing: s.Intent.Missing, Duration: s.Intent.Duration}
		next.Intent = nil
		next.learn(obj)
	})
}
