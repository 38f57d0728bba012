package session

import (
	"context"
	"slices"
)

// toldAsSuch are reasons of Unavailable that the client gets to see, because they
// say more than that S3 did not answer.
var toldAsSuch = []Reason{ReasonS3Denied, ReasonWrongRegion, ReasonNoSuchBucket}

// Complete makes the recording one object, if S3 holds exactly what is claimed. It
// can be repeated: the same claim gets the same answer as long as the object exists.
//
// The session returned is completed. It is still completing if S3 takes long or its
// answer was lost; then send the same claim again.
//
// Errors: Invalid if the claim has a hole or contradicts itself; Conflict
// "parts-differ", where Parts names each difference and the session stays open;
// Conflict if the session was aborted, or completed with another content; NotFound
// "lost"; Limited if claims come too fast; Unavailable.
func (b *Broker) Complete(ctx context.Context, ref Ref, claim Claim) (*Session, error) {
	ref.claim = &claim
	paid := false
	for range casRounds {
		s, err := b.find(ctx, ref)
		if err == nil && s.State == Open && !paid { // the first claim costs what a look costs; a client may ask often while it is completing
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
			return s, nil // another broker is completing it
		}
		s, err = b.advance(ctx, s, claim)
		switch {
		case ReasonOf(err) == ReasonStale, err == nil && s.State == Open:
			continue // somebody else changed it, or S3 refused an older intent: look again
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

// takeOver takes over the lease of a broker that let it run out, and carries out
// the intent which that broker stored. If the intent can no longer succeed, the
// session is open again.
func (b *Broker) takeOver(ctx context.Context, s *Session) (*Session, error) {
	s, err := b.underLease(ctx, s, Completing, nil, b.replay) // the intent stays
	if s != nil && s.State == Open {
		return s, nil // S3 refused the intent, and this call asks for nothing else
	}
	return s, err
}

func busy() error {
	return &Error{Kind: Unavailable, Reason: ReasonBusy, RetryAfter: RetryAfter, Detail: "the session keeps changing; try again"}
}

// agrees refuses a claim that does not describe the completed session s. A claim
// agrees if it is the one that completed s, or if its ETags or checksums make the
// object's. If nothing can be compared it does not agree, because another recording
// may be as long.
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

// intend compares the claim with what S3 lists. If they agree, it stores what it
// will send to S3, and only then sends it.
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

// wanted returns the claimed parts. If the claim gives only the size of a part, what
// was reported of that part counts.
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

// explain lists the parts again after S3 refused to complete. A part may have been
// overwritten between the first listing and the request; then the error names it.
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

// replay carries out an intent that another broker stored. It sends exactly the
// same request again, if S3 still has the parts for it.
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
		// A part was overwritten meanwhile. The intent names its old ETag, which S3
		// refuses, so the intent can no longer succeed. Or a part arrived that a
		// salvage does not know: then the recorder is there after all.
		return b.move(ctx, s, Open, func(next *Session) { next.Intent = nil })
	}
	if s, err = b.askAgain(ctx, s); err != nil {
		return nil, err
	}
	return b.carryOut(ctx, s, parts, false)
}

// askAgain stores that S3 is asked again now, if the intent is older than a lease.
func (b *Broker) askAgain(ctx context.Context, s *Session) (*Session, error) {
	if s.ReadAt.Sub(s.Intent.AskedAt) <= b.lease() {
		return s, nil
	}
	again := *s.Intent
	again.AskedAt = s.ReadAt
	return b.move(ctx, s, Completing, func(next *Session) { next.Intent = &again })
}

// carryOut sends the request of the intent and records the result. With look, it
// asks S3 for the object too. ctx ends before the lease does.
func (b *Broker) carryOut(ctx context.Context, s *Session, parts []Part, look bool) (*Session, error) {
	obj, err := b.Bucket.Complete(ctx, b.upload(s), asSent(parts), s.Intent.Size)
	switch {
	case err == nil && (look || s.Adopted || s.Intent.Claim == ""):
		// Only the finished object tells whose it is, how long it is if no recorder
		// is there to check, and which checksum S3 has if it did not list them.
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
		return nil, err // asking again is useless until somebody mends it; the intent stays
	default:
		return s, nil // not known: the intent stays, and the next call settles it
	}
}

// judge settles an intent whose upload is gone or whose key holds an object. If it
// is the intended object, the intent was carried out. If it is another one, the
// session is completed all the same, with the object that is there. A client that
// claims another content then gets an error.
func (b *Broker) judge(ctx context.Context, s *Session) (*Session, error) {
	obj, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if err != nil {
		switch {
		case KindOf(err) != NotFound:
			return nil, err
		case s.Intent.underWay(s.ReadAt):
			return s, nil // S3 may still be completing it
		}
		return s, b.missing(ctx, s)
	}
	if !s.Intent.made(obj) {
		return b.found(ctx, s, obj)
	}
	return b.finish(ctx, s, obj)
}

// gone judges an open session whose upload S3 does not know. Either it was completed
// and the Store has gone back to an older record, or it is lost.
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

// found records that the object is there, however it was made.
func (b *Broker) found(ctx context.Context, s *Session, obj Object) (*Session, error) {
	return b.move(ctx, s, Completed, func(next *Session) {
		next.Result = resultOf(obj)
		if i := s.Intent; i != nil && i.Claim == "" { // no recorder has claimed what is there
			next.Result.Outcome, next.Result.Missing = Salvaged, i.Missing
		}
		next.Intent = nil
		next.learn(obj)
	})
}

// missing returns the error for a session of which S3 has neither the upload nor
// the object: lost, unless somebody else has just ended it.
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
