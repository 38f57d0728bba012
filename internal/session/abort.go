package session

import (
	"context"
	"fmt"
)

// Abort gives a session up and frees its parts. It can be repeated. With
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
		if s.State == Aborted || s.State == Aborting && s.leased() {
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
		case ReasonOf(err) == "stale":
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
	if KindOf(err) != NotFound {
		return s, nil
	}
	aborted, err := b.move(ctx, s, Aborted, nil)
	if ReasonOf(err) == "stale" { // the record is another's business by now; S3 has let go all the same
		gone := *s
		gone.State = Aborted
		return &gone, nil
	}
	return aborted, err
}

func unchanged(s *Session, since Revision) error {
	if since == 0 || since == s.Revision || s.State == Aborting {
		return nil
	}
	return &Error{Kind: PreconditionFailed, Reason: "revision", Detail: fmt.Sprintf("the session is at revision %d, not %d", s.Revision, since)}
}
