package session

import (
	"context"
	"fmt"
)

// Abort gives a session up and deletes its parts and the files beside it. It can be
// repeated. If ifRevision is above 0, Abort does this only if the session has not
// changed since that revision.
//
// The session returned is aborted. It is still aborting if S3 has not confirmed
// the abort; then call Abort again.
//
// Errors: Conflict if the session is completed or being completed, which an
// earlier complete can do even while Abort runs; PreconditionFailed if the session
// changed since ifRevision; NotFound; Unavailable.
func (b *Broker) Abort(ctx context.Context, ref Ref, ifRevision Revision) (*Session, error) {
	for range casRounds {
		s, err := b.find(ctx, ref)
		if err != nil {
			return nil, err
		}
		switch {
		case s.State == Aborted: // a poster or captions that were on their way may have come since
			return s, b.dropBeside(ctx, s.ID)
		case s.State == Aborting && s.leased():
			return s, nil
		}
		if err := unchanged(s, ifRevision); err != nil {
			return nil, err
		}
		if !s.State.mayBecome(Aborting) {
			return nil, closed(s)
		}
		s, err = b.underLease(ctx, s, Aborting, nil, b.free)
		switch {
		case ReasonOf(err) == ReasonStale:
			continue
		case err == nil && s.State == Completed:
			return nil, closed(s)
		}
		return s, err
	}
	return nil, busy()
}

// free carries out an abort. If S3 does not confirm it, the session stays aborting
// and the next call tries again.
func (b *Broker) free(ctx context.Context, s *Session) (*Session, error) {
	held := b.held(ctx, s)
	if err := b.Bucket.Abort(ctx, b.upload(s)); err != nil {
		if KindOf(err) == Unavailable {
			return s, nil
		}
		return nil, err
	}
	obj, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if err == nil { // an earlier complete succeeded after its broker had stopped waiting
		return b.found(ctx, s, obj)
	}
	if KindOf(err) != NotFound || b.dropBeside(ctx, s.ID) != nil {
		return s, nil
	}
	if !held {
		b = b.untold()
	}
	aborted, err := b.move(ctx, s, Aborted, nil)
	if ReasonOf(err) == ReasonStale { // somebody else changed the record; the parts are deleted all the same
		gone := *s
		gone.State = Aborted
		return &gone, nil
	}
	return aborted, err
}

// trialSize, in bytes, is more than a trial sends (the recorder's check() sends
// 16 bytes) and less than a second of sound takes.
const trialSize = 1024

// held reports whether s may have held more than a trial: parts were reported, S3
// lists more than trialSize bytes, or S3 does not answer. Only then a notice tells
// that s was aborted. Opening and aborting costs nothing, so notices of trials
// could push the notices of others out of the Outbox.
func (b *Broker) held(ctx context.Context, s *Session) bool {
	if s.PartsReported > 0 || !b.Limits.Notify {
		return true
	}
	listed, err := b.Bucket.ListParts(ctx, b.upload(s))
	var size int64
	for _, part := range listed {
		size += part.Size
	}
	return err != nil || size > trialSize
}

func unchanged(s *Session, since Revision) error {
	if since == 0 || since == s.Revision || s.State == Aborting {
		return nil
	}
	return &Error{Kind: PreconditionFailed, Reason: ReasonRevision, Detail: fmt.Sprintf("the session is at revision %d, not %d", s.Revision, since)}
}
