package session

import (
	"context"
	"fmt"
	"time"
)

// Broker carries out the use cases. Any number of brokers may work on the
// same sessions at once, and any one may die at any instant: a change of
// state is a single step in the Store.
//
// All methods are safe for concurrent use and can be repeated: the second
// call of the same kind finds the work done and gives the same answer.
type Broker struct {
	Store  Store
	Bucket Bucket
	Signer Signer
	Limits Limits

	// Secret makes the IDs of sessions that are opened with an
	// Idempotency-Key unguessable. At least 16 bytes, the same on all brokers.
	Secret []byte
	// Now is the clock for tokens and URLs; leases go by the Store's own.
	Now func() time.Time
}

// Limits are the operator's bounds.
type Limits struct {
	KeyPrefix  string        // of every key, such as "recordings/"
	PartSize   int64         // bytes; where the client asks for none
	MaxBytes   int64         // bytes a session may take
	URLTTL     time.Duration // life of a part's URL, where the client asks for none
	MaxURLTTL  time.Duration // the longest life of any URL
	WatchTTL   time.Duration // life of a playback URL
	SessionTTL time.Duration // life of a session token: at least the longest recording and its resume window
	NoChecksum bool          // the S3 server has no checksums: sessions are opened without, whatever was asked
	KeepRecord time.Duration // how long the Store remembers a finished session; S3 answers after that

	// CompleteWithin bounds one CompleteMultipartUpload or abort, retries
	// included. The lease is longer by leaseMargin, so a broker has let go
	// before another may take over.
	CompleteWithin time.Duration
}

const (
	leaseMargin = 10 * time.Second
	// RetryAfter is what a client is told while an outcome is unknown.
	RetryAfter = 2 * time.Second
	// casRounds bounds how often a use case starts over because somebody else
	// changed the session in between. A live recorder reports a few times a
	// second at most, so even the second round is rare.
	casRounds = 8
)

func (b *Broker) lease() time.Duration { return b.Limits.CompleteWithin + leaseMargin }

func (b *Broker) upload(s *Session) Upload {
	return Upload{Key: s.ID.Key(b.Limits.KeyPrefix), ID: s.UploadID, Algorithm: s.Algorithm}
}

// Key is where the recording of id is, or will be.
func (b *Broker) Key(id ID) Key { return id.Key(b.Limits.KeyPrefix) }

// find returns the session ref names. When the Store has forgotten it, it is
// rebuilt from what the token and S3 know.
func (b *Broker) find(ctx context.Context, ref Ref) (*Session, error) {
	if err := b.serves(ref.Ticket); err != nil {
		return nil, err
	}
	s, err := b.Store.Get(ctx, ref.ID)
	if KindOf(err) == NotFound {
		s, err = b.rebuild(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	return s, b.check(ref, s)
}

// serves refuses a session of another bucket: here it would look lost.
func (b *Broker) serves(t *Ticket) error {
	if t == nil || t.Bucket == b.Bucket.Name() {
		return nil
	}
	return &Error{Kind: Unavailable, Reason: "other-bucket", RetryAfter: time.Minute,
		Detail: fmt.Sprintf("the session is in %s and this broker serves %s", t.Bucket, b.Bucket.Name())}
}

// check refuses a session that ref does not really name.
func (b *Broker) check(ref Ref, s *Session) error {
	switch {
	case s.ID != ref.ID, ref.Owner != nil && *ref.Owner != s.Owner:
		return unknown(ref.ID)
	case ref.Ticket != nil && s.UploadID != "" && s.UploadID != ref.Ticket.UploadID:
		// The Store was lost and the same Idempotency-Key opened anew.
		return conflict("superseded", "this session was opened again with another upload; use the newer token")
	}
	return nil
}

func unknown(id ID) error {
	return &Error{Kind: NotFound, Reason: "unknown-session", Detail: fmt.Sprintf("no session %s", id)}
}

// rebuild makes a forgotten session's record anew. S3 decides what it is: an
// upload that is still there is open, an object is completed, and with neither
// the recording is lost, for all we can see now.
func (b *Broker) rebuild(ctx context.Context, ref Ref) (*Session, error) {
	if t := ref.Ticket; t != nil {
		s := t.session()
		parts, err := b.Bucket.ListParts(ctx, b.upload(s))
		if err == nil {
			return b.restore(ctx, s, Open, parts)
		}
		if KindOf(err) != NotFound {
			return nil, err
		}
	}
	return b.rebuildFromObject(ctx, ref)
}

func (b *Broker) rebuildFromObject(ctx context.Context, ref Ref) (*Session, error) {
	obj, err := b.Bucket.Head(ctx, b.Key(ref.ID))
	if KindOf(err) == NotFound {
		if ref.Ticket == nil {
			return nil, unknown(ref.ID)
		}
		return nil, lost()
	}
	if err != nil {
		return nil, err
	}
	s := &Session{ID: ref.ID, Owner: obj.owner(), Name: obj.Name(), ContentType: obj.ContentType, Algorithm: NoChecksum,
		PartSize: b.Limits.PartSize, MaxBytes: b.Limits.MaxBytes, OnAbandon: Salvage, OpenedAt: obj.StoredAt, ExpiresAt: obj.StoredAt}
	if ref.Ticket != nil {
		s = ref.Ticket.session()
	}
	s.Result = &Result{Outcome: AsClaimed, Size: obj.Size, ETag: obj.ETag, Checksum: obj.Checksum}
	return b.restore(ctx, s, Completed, nil)
}

func (b *Broker) restore(ctx context.Context, s *Session, state State, parts []Part) (*Session, error) {
	s.State = state
	c := Change{Session: s, Parts: parts}
	if state.Finished() {
		c.Keep = b.Limits.KeepRecord
	}
	stored, err := b.Store.Swap(ctx, c)
	if ReasonOf(err) == "stale" { // another broker restored it first
		return b.Store.Get(ctx, s.ID)
	}
	return stored, err
}

// move takes s to another state, if it may go there and nobody was quicker.
// edit sets what comes with it.
func (b *Broker) move(ctx context.Context, s *Session, to State, edit func(*Session)) (*Session, error) {
	if !s.State.mayBecome(to) {
		return nil, &Error{Kind: Internal, Op: "session.move", Detail: fmt.Sprintf("%s may not become %s", s.State, to)}
	}
	next := *s
	next.State = to
	if edit != nil {
		edit(&next)
	}
	c := Change{Session: &next, From: s.Revision}
	switch {
	case to == Completing || to == Aborting:
		c.Lease = b.lease()
	case to.Finished():
		c.Keep = b.Limits.KeepRecord
	}
	stored, err := b.Store.Swap(ctx, c)
	if KindOf(err) == NotFound { // the Store was lost just now: who looks again rebuilds it
		return nil, &Error{Kind: Conflict, Reason: "stale", Op: "session.move", Detail: "the session changed meanwhile", Err: err}
	}
	return stored, err
}

// closed is the answer to whoever wants to go on with a session that ended.
func closed(s *Session) error {
	switch s.State {
	case Completing:
		e := conflict("completing", "the session is being completed")
		e.RetryAfter = RetryAfter
		return e
	case Completed:
		return conflict("completed", "the session is completed (%s) with %d bytes", s.Result.Outcome, s.Result.Size)
	case Aborting, Aborted:
		return conflict("aborted", "the session was aborted")
	default:
		return conflict("deleted", "the recording was deleted")
	}
}

// atLength returns a context for work on S3 that a client's leaving must not
// cut short: it ends after CompleteWithin.
func (b *Broker) atLength(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), b.Limits.CompleteWithin)
}
