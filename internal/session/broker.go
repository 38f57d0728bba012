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
	// Acted is told what Reap and Sweep did; nil: nobody is.
	Acted func(context.Context, Act)

	quiet bool // what it does is no sign of life of a recorder; see unattended
}

// Limits are the operator's bounds.
type Limits struct {
	KeyPrefix  string              // of every key, such as "recordings/"
	PartSize   int64               // bytes; where the client asks for none
	MaxBytes   int64               // bytes a session may take
	URLTTL     time.Duration       // life of a part's URL, where the client asks for none
	MaxURLTTL  time.Duration       // the longest life of any URL
	WatchTTL   time.Duration       // life of a playback URL
	SessionTTL time.Duration       // life of a session token: at least the longest recording and its resume window
	Checksums  []ChecksumAlgorithm // that the S3 server takes, the best first: others are opened without, whatever was asked; nil: nobody knows
	MaxParts   int                 // of an upload, where the provider takes fewer than S3; 0: as S3
	MinPart    int64               // bytes of every part but the last, where the provider wants more than S3; 0: as S3
	// CutPutsStay: this S3 server stores a PUT that was cut as a whole part. A
	// part without a checksum that nobody reported is no trusted one then.
	CutPutsStay bool
	// ListsByKeyOnly: this S3 server lists multipart uploads by their exact key
	// alone, so that those are found whose sessions are on record.
	ListsByKeyOnly bool
	KeepRecord     time.Duration // how long the Store remembers a finished session, an empty one an hour at most; S3 answers after that
	Quota          Quota         // of each owner; a grant may lower it
	Rates          Rates         // of signing

	// AbandonAfter is how long nothing may be heard of a session, and no URL of
	// it be good, before it is salvaged or aborted.
	AbandonAfter time.Duration
	// ResumeWindow is how long a recorder may come back to fill a hole: only
	// then a session with one is salvaged. At least AbandonAfter.
	ResumeWindow time.Duration
	// AdoptAfter is how old an upload that no session knows must be to be taken
	// for one that the Store forgot: longer than any open takes.
	AdoptAfter time.Duration
	// Notify: somebody is to be told of what became of each session, so events
	// go to the Outbox.
	Notify bool

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
	// keepEmpty is how long the Store remembers, at most, that a session without
	// parts was aborted: opening and aborting can be repeated at no cost.
	keepEmpty = time.Hour
)

func (b *Broker) lease() time.Duration { return b.Limits.CompleteWithin + leaseMargin }

func (b *Broker) upload(s *Session) Upload {
	return Upload{Key: s.ID.Key(b.Limits.KeyPrefix), ID: s.UploadID, Algorithm: s.Algorithm, Unsized: s.Unsized}
}

// Key is where the recording of id is, or will be.
func (b *Broker) Key(id ID) Key { return id.Key(b.Limits.KeyPrefix) }

// find returns the session ref names. When the Store has forgotten it, it is
// rebuilt from what the token and S3 know.
func (b *Broker) find(ctx context.Context, ref Ref) (*Session, error) {
	return b.findBy(ctx, ref, b.Store.Get)
}

// look is find, and takes what a look costs from the rates of the caller: those
// of the token's session and its owner. Whoever has only a grant may not use up
// the rate of a session that could be another's, and an API key is nobody's.
func (b *Broker) look(ctx context.Context, ref Ref) (*Session, error) {
	r := Report{Look: true, Cost: CallCost, Rates: b.Limits.Rates}
	switch {
	case ref.SessionToken != nil:
		r.Owner = ref.SessionToken.Owner
	case ref.Owner != nil:
		r.Owner, r.Rates.Session = *ref.Owner, Rate{}
	default:
		return b.find(ctx, ref)
	}
	return b.findBy(ctx, ref, func(ctx context.Context, id ID) (*Session, error) { return b.Store.Report(ctx, id, r) })
}

func (b *Broker) findBy(ctx context.Context, ref Ref, read func(context.Context, ID) (*Session, error)) (*Session, error) {
	if err := b.serves(ref.SessionToken); err != nil {
		return nil, err
	}
	s, err := read(ctx, ref.ID)
	if KindOf(err) == NotFound {
		s, err = b.rebuild(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	if err := b.check(ref, s); err != nil {
		return nil, err
	}
	return b.recognise(ctx, ref, s)
}

// serves refuses a session of another bucket: here it would look lost.
func (b *Broker) serves(t *SessionToken) error {
	if t == nil || t.Bucket == b.Bucket.Name() {
		return nil
	}
	return &Error{Kind: Unavailable, Reason: ReasonOtherBucket, RetryAfter: time.Minute,
		Detail: fmt.Sprintf("the session is in %s and this broker serves %s", t.Bucket, b.Bucket.Name())}
}

// check refuses a session that ref does not really name.
func (b *Broker) check(ref Ref, s *Session) error {
	owner := s.Owner
	if s.Adopted && ref.SessionToken != nil {
		owner = ref.SessionToken.Owner // the record cannot say yet
	}
	switch {
	case s.ID != ref.ID, ref.Owner != nil && *ref.Owner != owner:
		return unknown(ref.ID)
	case ref.SessionToken != nil && s.State != Completed && s.UploadID != "" && s.UploadID != ref.SessionToken.UploadID:
		// The Store was lost and the same Idempotency-Key opened anew. Where a
		// recording is there it counts, whichever upload it came from.
		return conflict(ReasonSuperseded, "this session was opened again with another upload; use the newer token")
	}
	return nil
}

func unknown(id ID) error {
	return &Error{Kind: NotFound, Reason: ReasonUnknownSession, Detail: fmt.Sprintf("no session %s", id)}
}

// move takes s to another state, if it may go there and nobody was quicker.
// edit sets what comes with it.
func (b *Broker) move(ctx context.Context, s *Session, to State, edit func(*Session)) (*Session, error) {
	next := *s
	next.State = to
	if edit != nil {
		edit(&next)
	}
	c := Change{Session: &next, Event: ended(&next)}
	switch {
	case to == Completing || to == Aborting:
		c.Lease = b.lease()
	case to == Aborted && s.PartsReported == 0:
		c.Keep = min(keepEmpty, b.Limits.KeepRecord)
	case to.Finished():
		c.Keep = b.Limits.KeepRecord
	}
	return b.swap(ctx, s, c)
}

// ended is the event that a session has come to its end, nil if it has not.
func ended(s *Session) *Event {
	switch {
	case s.State == Completed && s.Result.Outcome == Salvaged:
		return eventOf(EventSalvaged, s)
	case s.State == Completed:
		return eventOf(EventCompleted, s)
	case s.State == Aborted:
		return eventOf(EventAborted, s)
	}
	return nil
}

// giveUp ends a session that S3 knows nothing of any more. Its record goes at
// once: should S3 know it again, the next call judges anew.
func (b *Broker) giveUp(ctx context.Context, s *Session) (*Session, error) {
	next := *s
	next.State, next.Intent = Aborted, nil
	return b.swap(ctx, s, Change{Session: &next, Keep: time.Millisecond, Event: eventOf(EventLost, &next)})
}

// swap replaces s by c's session, if the table allows it and nobody was
// quicker.
func (b *Broker) swap(ctx context.Context, s *Session, c Change) (*Session, error) {
	if !s.State.mayBecome(c.Session.State) {
		return nil, &Error{Kind: Internal, Op: "session.swap", Detail: fmt.Sprintf("%s may not become %s", s.State, c.Session.State)}
	}
	c.From, c.Quiet, c.Notify, c.Quota = s.Revision, b.quiet, b.Limits.Notify, b.Limits.Quota
	stored, err := b.Store.Swap(ctx, c)
	if KindOf(err) == NotFound { // the Store was lost just now: who looks again rebuilds it
		return nil, &Error{Kind: Conflict, Reason: ReasonStale, Op: "session.swap", Detail: "the session changed meanwhile", Err: err}
	}
	return stored, err
}

// unattended is b acting of its own accord.
func (b *Broker) unattended() *Broker {
	alone := *b
	alone.quiet = true
	return &alone
}

// untold is b telling nobody by way of the Outbox.
func (b *Broker) untold() *Broker {
	silent := *b
	silent.Limits.Notify = false
	return &silent
}

// closed is the answer to whoever wants to go on with a session that ended.
func closed(s *Session) error {
	switch s.State {
	case Completing:
		e := conflict(ReasonCompleting, "the session is being completed")
		e.RetryAfter = RetryAfter
		return e
	case Completed:
		if s.Result.Outcome == Salvaged {
			return salvagedAlready(s)
		}
		return conflict(ReasonCompleted, "the session is completed with %d bytes", s.Result.Size)
	case Aborting, Aborted:
		return conflict(ReasonAborted, "the session was aborted")
	default:
		return conflict(ReasonDeleted, "the recording was deleted")
	}
}

// underLease takes s to a state that is a lease, and works while it holds. The
// time for the work counts from before the Store is asked: however late its
// answer comes, the work has ended before the lease does.
func (b *Broker) underLease(ctx context.Context, s *Session, to State, edit func(*Session), work func(context.Context, *Session) (*Session, error)) (*Session, error) {
	ctx, cancel := b.atLength(ctx)
	defer cancel()
	s, err := b.move(ctx, s, to, edit)
	if err != nil {
		return nil, err
	}
	return work(ctx, s)
}

// atLength returns a context for work on S3 that a client's leaving must not
// cut short: it ends after CompleteWithin.
func (b *Broker) atLength(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), b.Limits.CompleteWithin)
}
