package session

import (
	"context"
	"strings"
)

// rebuild makes a forgotten session's record anew. S3 decides what it is: an
// upload that is still there is open, an object is completed, and with neither
// the recording is lost, for all we can see now.
func (b *Broker) rebuild(ctx context.Context, ref Ref) (*Session, error) {
	if t := ref.SessionToken; t != nil {
		s := t.session()
		parts, err := b.Bucket.ListParts(ctx, b.upload(s))
		if err == nil {
			return b.restore(ctx, s, Open, parts, Quota{})
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
		if ref.SessionToken == nil {
			return nil, unknown(ref.ID)
		}
		return nil, lost()
	}
	if err != nil {
		return nil, err
	}
	s := b.sessionOf(ref.ID, obj)
	if ref.SessionToken != nil {
		result := s.Result
		s = ref.SessionToken.session()
		s.Result = result
	}
	if ref.claim != nil && agrees(s, *ref.claim) == nil {
		s.Result.Claim, s.Result.Duration = ref.claim.digest(), ref.claim.Duration
	}
	return b.restore(ctx, s, Completed, nil, Quota{})
}

// sessionOf is what a finished object says of the session it came from.
func (b *Broker) sessionOf(id ID, obj Object) *Session {
	opened := obj.openedAt()
	if opened.IsZero() {
		opened = obj.StoredAt
	}
	return &Session{ID: id, Owner: obj.owner(), Name: obj.Name(), ContentType: obj.ContentType, Algorithm: obj.algorithm(), PartSize: b.Limits.PartSize,
		MaxBytes: b.Limits.MaxBytes, OnAbandon: Salvage, OpenedAt: opened, ExpiresAt: obj.StoredAt, Result: resultOf(obj)}
}

// resultOf is what an object says of how it was completed. It cannot say that
// it was salvaged: S3 takes no metadata when an upload is completed.
func resultOf(obj Object) *Result {
	r := &Result{Outcome: AsClaimed, Size: obj.Size, ETag: obj.ETag, Checksum: obj.Checksum}
	if !obj.OpaqueETag {
		r.Claimed = obj.ETag
	}
	return r
}

// restore records a session that the Store has forgotten. That it is completed
// is told, once more perhaps, where a claim vouches for it: the object alone
// does not say whether it was salvaged. What counts already needs no room: q is
// empty but where somebody opens.
func (b *Broker) restore(ctx context.Context, s *Session, state State, parts []Part, q Quota) (*Session, error) {
	s.State = state
	c := Change{Session: s, Quota: q}
	if !b.doubts(s) { // what is listed may be less than was sent, and nobody reported it now
		c.Parts = pick(parts)
	}
	if state.Finished() {
		c.Keep = b.Limits.KeepRecord
		if s.Result.Claim != "" {
			c.Event, c.Notify = ended(s), b.Limits.Notify
		}
	} else {
		s.URLsExpireAt = b.Now().Add(b.Limits.MaxURLTTL) // nobody knows which were signed
	}
	stored, err := b.Store.Swap(ctx, c)
	if ReasonOf(err) == ReasonStale { // another broker restored it first
		return b.Store.Get(ctx, s.ID)
	}
	return stored, err
}

// recognise fills in what the record of an adopted upload could only guess,
// from the token that was handed out for it.
func (b *Broker) recognise(ctx context.Context, ref Ref, s *Session) (*Session, error) {
	if !s.Adopted || ref.SessionToken == nil || s.State != Open {
		return s, nil
	}
	c := Change{Session: ref.SessionToken.session()}
	c.Session.State, c.Session.URLsExpireAt = Open, s.URLsExpireAt
	known, err := b.swap(ctx, s, c)
	if ReasonOf(err) == ReasonStale { // by another call with the same token, or it was ended just now
		return b.Store.Get(ctx, s.ID)
	}
	return known, err
}

// learn fills in what the record of an adopted upload could only guess, from
// the metadata that the finished object has had since its upload was created.
func (s *Session) learn(obj Object) {
	if s.Adopted {
		s.Owner, s.Name, s.ContentType, s.Adopted = obj.owner(), obj.Name(), obj.ContentType, false
	}
}

// Rebuilt counts what Rebuild came across.
type Rebuilt struct {
	Objects  int // finished recordings in the bucket
	Restored int // of which the Store learned again
	Uploads  int // multipart uploads that are not finished
	Adopted  int // of which the Store learned again
	Skipped  int // known already, too old to be remembered, empty, or none of ours
}

// Rebuild tells the Store what the bucket knows: finished recordings, for as
// long as the Store would have remembered them, and uploads that are not
// finished. It can be repeated, and run while brokers work. tell hears of the
// progress, page by page.
//
// What the bucket does not know does not come back: who was about to abort,
// what was reported, the tokens' expiry, notices not yet delivered, and whether
// a finished recording was salvaged. An unfinished upload comes back as
// nobody's until its token is used.
//
// Errors: Unavailable; what was done until then stays done.
func (b *Broker) Rebuild(ctx context.Context, tell func(Rebuilt)) (Rebuilt, error) {
	var done Rebuilt
	if err := b.rebuildObjects(ctx, &done, tell); err != nil {
		return done, err
	}
	err := b.eachUpload(ctx, func(u ListedUpload) error { return b.rebuildUpload(ctx, u, &done, tell) })
	return done, err
}

// RebuildThese is Rebuild for sessions whose IDs somebody kept. It finds them
// where S3 lists uploads by exact key alone, too. It skips an ID of which the
// bucket has nothing.
func (b *Broker) RebuildThese(ctx context.Context, ids []ID, tell func(Rebuilt)) (Rebuilt, error) {
	var done Rebuilt
	for _, id := range ids {
		uploads, err := b.uploadsOf(ctx, b.Key(id))
		if err != nil {
			return done, err
		}
		for _, u := range uploads {
			if err := b.rebuildUpload(ctx, u, &done, tell); err != nil {
				return done, err
			}
		}
		if len(uploads) > 0 {
			continue
		}
		restored, err := b.rebuildKey(ctx, id)
		if err != nil {
			return done, err
		}
		done.Objects++
		done.note(&done.Restored, restored)
		tell(done)
	}
	return done, nil
}

// note counts what came back in its place, and what did not as skipped.
func (r *Rebuilt) note(place *int, back bool) {
	if !back {
		place = &r.Skipped
	}
	*place++
}

func (b *Broker) rebuildUpload(ctx context.Context, u ListedUpload, done *Rebuilt, tell func(Rebuilt)) error {
	done.Uploads++
	adopted, err := b.adoptUnknown(ctx, u)
	done.note(&done.Adopted, adopted)
	tell(*done)
	return err
}

func (b *Broker) rebuildObjects(ctx context.Context, done *Rebuilt, tell func(Rebuilt)) error {
	var after Key
	for {
		page, err := b.Bucket.Keys(ctx, b.Limits.KeyPrefix, after, MaxPage)
		if err != nil {
			return err
		}
		for _, o := range page.Objects {
			done.Objects++
			restored, err := b.rebuildObject(ctx, o)
			if err != nil {
				return err
			}
			done.note(&done.Restored, restored)
		}
		tell(*done)
		if after = page.Next; after == "" {
			return nil
		}
	}
}

func (b *Broker) rebuildObject(ctx context.Context, o ListedObject) (bool, error) {
	id, ours := b.idOf(o.Key)
	if !ours || b.Now().Sub(o.StoredAt) > b.Limits.KeepRecord {
		return false, nil
	}
	return b.rebuildKey(ctx, id)
}

// rebuildKey restores a session from the object at its key, if there is one.
func (b *Broker) rebuildKey(ctx context.Context, id ID) (bool, error) {
	if _, err := b.Store.Get(ctx, id); KindOf(err) != NotFound {
		return false, ignoring(Internal, err) // a record nobody can read is no reason to stop
	}
	obj, err := b.Bucket.Head(ctx, b.Key(id))
	if err != nil {
		return false, ignoring(NotFound, err) // deleted since
	}
	_, err = b.restore(ctx, b.sessionOf(id, obj), Completed, nil, Quota{})
	return err == nil, err
}

// idOf reads the ID from a key, where it is one of ours.
func (b *Broker) idOf(key Key) (ID, bool) {
	name, found := strings.CutPrefix(string(key), b.Limits.KeyPrefix)
	base, _, _ := strings.Cut(name, ".")
	id, err := ParseID(base)
	return id, found && err == nil && b.Key(id) == key
}

// ignoring returns err unless it is of kind.
func ignoring(kind Kind, err error) error {
	if err != nil && KindOf(err) == kind {
		return nil
	}
	return err
}
