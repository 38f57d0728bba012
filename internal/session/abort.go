package session

import (
	"context"
	"fmt"
)

// Abort gives a session up and frees its parts, and the files beside it. It can be repeated. With
// ifRevision above 0 it happens only if nothing changed since that revision.
//
// The session returned is aborted, or still aborting while S3 has not let go
// of it: then Abort is to be called again.
//
// Errors: Conflict if the session is completed or being completed, which a
// complete sent before can bring about in the midst of an abort;
// PreconditionFailed if it changed since ifRevision; NotFound; Unavailable.
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

// free carries an abort out. What S3 did not confirm stays aborting, and the
// next call takes it up again.
func (b *Broker) free(ctx context.Context, s *Session) (*Session, error) {
	held := b.held(ctx, s)
	if err := b.Bucket.Abort(ctx, b.upload(s)); err != nil {
		if KindOf(err) == Unavailable {
			return s, nil
		}
		return nil, err
	}
	obj, err := b.Bucket.Head(ctx, b.upload(s).Key)
	if err == nil { // a complete that nobody listened to any more was quicker
		return b.found(ctx, s, obj)
	}
	if KindOf(err) != NotFound || b.dropBeside(ctx, s.ID) != nil {
		return s, nil
	}
	if !held {
		b = b.untold()
	}
	aborted, err := b.move(ctx, s, Aborted, nil)
	if ReasonOf(err) == ReasonStale { // the record is another's business by now; S3 has let go all the same
		gone := *s
		gone.State = Aborted
		return &gone, nil
	}
	return aborted, err
}

// trialSize is more than a trial sends, such as the 16 bytes of the recorder's
// check(), and less than a second of sound takes.
const trialSize = 1024

// held reports whether s ever held a part, for all we know, and more than a
// trial's. Where somebody is to be told of its end this decides: opening and
// aborting costs nothing, and could push the notices of others out of the Outbox.
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
