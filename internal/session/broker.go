package session

import (
	"context"
	"fmt"
	"time"
)

// Broker carries out the use cases. Any number of brokers may work on the same
// sessions at once, and any of them may die at any moment, because each change of
// state is a single step in the Store.
//
// All methods are safe for concurrent use and can be repeated. A repeated call
// finds the work done and returns the same answer.
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
	// Acted is called with what Reap and Sweep did, unless it is nil.
	Acted func(context.Context, Act)

	quiet bool // calls do not count as a recorder's sign of life; see unattended
}

// Limits are what the operator allows, and what the S3 server can do.
type Limits struct {
	KeyPrefix  string              // of every key, such as "recordings/"
	PartSize   int64               // bytes; if the client does not ask for a size
	MaxBytes   int64               // bytes a session may take
	URLTTL     time.Duration       // life of a part's URL, if the client does not ask for one
	MaxURLTTL  time.Duration       // the longest life of any URL
	WatchTTL   time.Duration       // life of a playback URL
	SessionTTL time.Duration       // life of a session token: at least the longest recording and its resume window
	Checksums  []ChecksumAlgorithm // that the S3 server takes, the best first; a session that asks for another has none; nil: not known
	MaxParts   int                 // of an upload, if the provider takes fewer than S3; 0: as many as S3
	MinPart    int64               // least bytes of every part but the last, if the provider wants more than S3; 0: as S3
	// CutPutsStay: this S3 server stores a PUT that was cut as if it were whole.
	// So a part without a checksum is not trusted until somebody reports it.
	CutPutsStay bool
	// ListsByKeyOnly: this S3 server lists multipart uploads by their exact key
	// only. So the broker finds an upload only if its session is on record.
	ListsByKeyOnly bool
	KeepRecord     time.Duration // how long the Store remembers a finished session (an empty one: at most an hour); afterwards S3 tells
	Quota          Quota         // of each owner; a grant may lower it
	Rates          Rates         // of signing

	// AbandonAfter is the time after which a session counts as abandoned, and is
	// salvaged or aborted. It runs while there is no sign of life and no URL of the
	// session is still good.
	AbandonAfter time.Duration
	// ResumeWindow is how long a recorder may take to come back and fill a hole.
	// A session with a hole is salvaged only after it. At least AbandonAfter.
	ResumeWindow time.Duration
	// AdoptAfter is the age at which an upload without a session counts as one that
	// the Store forgot. It must be longer than any open takes.
	AdoptAfter time.Duration
	// Notify: a webhook tells what became of each session, so events go to the
	// Outbox too.
	Notify bool

	// CompleteWithin limits one CompleteMultipartUpload or abort, with its retries.
	// The lease is longer by leaseMargin, so a broker has stopped before another
	// one may take over.
	CompleteWithin time.Duration
}

const (
	leaseMargin = 10 * time.Second
	// RetryAfter is how long a client is told to wait while an outcome is unknown.
	RetryAfter = 2 * time.Second
	// casRounds limits how often a use case starts again because somebody else
	// changed the session meanwhile. A recorder reports at most a few times a
	// second, so even a second round is rare.
	casRounds = 8
	// keepEmpty is the longest time for which the Store remembers that a session
	// without parts was aborted. Anybody can open and abort again and again at no
	// cost, so such records must not pile up.
	keepEmpty = time.Hour
)

func (b *Broker) lease() time.Duration { return b.Limits.CompleteWithin + leaseMargin }

func (b *Broker) upload(s *Session) Upload {
	return Upload{Key: s.ID.Key(b.Limits.KeyPrefix), ID: s.UploadID, Algorithm: s.Algorithm, Unsized: s.Unsized}
}

// Key is the key of the recording of id in the bucket, also before it is there.
func (b *Broker) Key(id ID) Key { return id.Key(b.Limits.KeyPrefix) }

// find returns the session that ref names. If the Store has forgotten it, find
// rebuilds it from what the token and S3 know.
func (b *Broker) find(ctx context.Context, ref Ref) (*Session, error) {
	return b.findBy(ctx, ref, b.Store.Get)
}

// look is find, and charges the cost of a look to the caller's rates. With a
// session token these are the rates of its session and of its owner. A grant alone
// is charged to its owner only, because the session could be somebody else's. An
// API key has no owner and is not charged.
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

// serves refuses a session of another bucket, which would look lost in this one.
func (b *Broker) serves(t *SessionToken) error {
	if t == nil || t.Bucket == b.Bucket.Name() {
		return nil
	}
	return &Error{Kind: Unavailable, Reason: ReasonOtherBucket, RetryAfter: time.Minute,
		Detail: fmt.Sprintf("the session is in %s and this broker serves %s", t.Bucket, b.Bucket.Name())}
}

// check refuses s if ref may not see it, or means another session of the same ID.
func (b *Broker) check(ref Ref, s *Session) error {
	owner := s.Owner
	if s.Adopted && ref.SessionToken != nil {
		owner = ref.SessionToken.Owner // the record cannot say yet
	}
	switch {
	case s.ID != ref.ID, ref.Owner != nil && *ref.Owner != owner:
		return unknown(ref.ID)
	case ref.SessionToken != nil && s.State != Completed && s.UploadID != "" && s.UploadID != ref.SessionToken.UploadID:
		// The Store was lost, and then the same Idempotency-Key opened a new
		// session. But if a recording exists, it counts for both uploads.
		return conflict(ReasonSuperseded, "this session was opened again with another upload; use the newer token")
	}
	return nil
}

func unknown(id ID) error {
	return &Error{Kind: NotFound, Reason: ReasonUnknownSession, Detail: fmt.Sprintf("no session %s", id)}
}

// move changes the state of s. It fails if the table of transitions forbids that,
// or if somebody else has changed s. edit sets what else changes with the state.
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

// ended returns the event for a session that has just ended; nil if it has not.
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

// giveUp ends a session of which S3 knows neither upload nor object. Its record is
// deleted at once, so if S3 finds one of them again, the next call judges anew.
func (b *Broker) giveUp(ctx context.Context, s *Session) (*Session, error) {
	next := *s
	next.State, next.Intent = Aborted, nil
	return b.swap(ctx, s, Change{Session: &next, Keep: time.Millisecond, Event: eventOf(EventLost, &next)})
}

// swap replaces s by c.Session. It fails if the table of transitions forbids that,
// or if somebody else has changed s.
func (b *Broker) swap(ctx context.Context, s *Session, c Change) (*Session, error) {
	if !s.State.mayBecome(c.Session.State) {
		return nil, &Error{Kind: Internal, Op: "session.swap", Detail: fmt.Sprintf("%s may not become %s", s.State, c.Session.State)}
	}
	c.From, c.Quiet, c.Notify, c.Quota = s.Revision, b.quiet, b.Limits.Notify, b.Limits.Quota
	stored, err := b.Store.Swap(ctx, c)
	if KindOf(err) == NotFound { // the Store was lost just now; the next look rebuilds the session
		return nil, &Error{Kind: Conflict, Reason: ReasonStale, Op: "session.swap", Detail: "the session changed meanwhile", Err: err}
	}
	return stored, err
}

// unattended returns b for work that nobody asked for, as the reaper's.
func (b *Broker) unattended() *Broker {
	alone := *b
	alone.quiet = true
	return &alone
}

// untold returns b without notices: nothing that it does goes to the Outbox.
func (b *Broker) untold() *Broker {
	silent := *b
	silent.Limits.Notify = false
	return &silent
}

// closed is the error for a caller that wants to go on with a session that ended.
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

// underLease moves s to a state that is a lease, and calls work while the lease
// holds. The time for the work starts before the Store is asked. So the work ends
// before the lease does, even if the Store answers late.
func (b *Broker) underLease(ctx context.Context, s *Session, to State, edit func(*Session), work func(context.Context, *Session) (*Session, error)) (*Session, error) {
	ctx, cancel := b.atLength(ctx)
	defer cancel()
	s, err := b.move(ctx, s, to, edit)
	if err != nil {
		return nil, err
	}
	return work(ctx, s)
}

// atLength returns a context for work on S3 that must go on if the client goes
// away. The context ends after CompleteWithin.
func (b *Broker) atLength(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), b.Limits.CompleteWithin)
}
