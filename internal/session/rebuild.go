package session

import (
	"context"
	"strings"
)

// rebuild makes the record of a forgotten session again. S3 decides its state: if the
// upload is there the session is open, if the object is there it is completed, and if
// neither is there the recording counts as lost for now.
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

// sessionOf returns the session of a finished object, from the object's metadata.
func (b *Broker) sessionOf(id ID, obj Object) *Session {
	opened := obj.openedAt()
	if opened.IsZero() {
		opened = obj.StoredAt
	}
	return &Session{ID: id, Owner: obj.owner(), Name: obj.Name(), ContentType: obj.ContentType, Algorithm: obj.algorithm(), PartSize: b.Limits.PartSize,
		MaxBytes: b.Limits.MaxBytes, OnAbandon: Salvage, OpenedAt: opened, ExpiresAt: obj.StoredAt, Result: resultOf(obj)}
}

// resultOf returns how an object was completed, as far as the object tells. It does not
// tell whether it was salvaged, because S3 takes no metadata with a complete.
func resultOf(obj Object) *Result {
	r := &Result{Outcome: AsClaimed, Size: obj.Size, ETag: obj.ETag, Checksum: obj.Checksum}
	if !obj.OpaqueETag {
		r.Claimed = obj.ETag
	}
	return r
}

// restore records a session that the Store has forgotten. If the session is completed
// and a claim agrees with it, restore sends the event, perhaps for the second time.
// Without a claim it sends none, because the object does not tell whether it was
// salvaged. q is empty unless somebody opens the session: one that exists already
// needs no room in the quota.
func (b *Broker) restore(ctx context.Context, s *Session, state State, parts []Part, q Quota) (*Session, error) {
	s.State = state
	c := Change{Session: s, Quota: q}
	if !b.doubts(s) { // else a listed part may be damaged, and nobody is there to report it
		c.Parts = pick(parts)
	}
	if state.Finished() {
		c.Keep = b.Limits.KeepRecord
		if s.Result.Claim != "" {
			c.Event, c.Notify = ended(s), b.Limits.Notify
		}
	} else {
		s.URLsExpireAt = b.Now().Add(b.Limits.MaxURLTTL) // nobody knows which URLs were signed
	}
	stored, err := b.Store.Swap(ctx, c)
	if ReasonOf(err) == ReasonStale { // another broker restored it first
		return b.Store.Get(ctx, s.ID)
	}
	return stored, err
}

// recognise corrects the guesses in the record of an adopted upload, with what the
// session's token says.
func (b *Broker) recognise(ctx context.Context, ref Ref, s *Session) (*Session, error) {
	if !s.Adopted || ref.SessionToken == nil || s.State != Open {
		return s, nil
	}
	c := Change{Session: ref.SessionToken.session()}
	c.Session.State, c.Session.URLsExpireAt = Open, s.URLsExpireAt
	known, err := b.swap(ctx, s, c)
	if ReasonOf(err) == ReasonStale { // another call with the same token did it, or the session has just ended
		return b.Store.Get(ctx, s.ID)
	}
	return known, err
}

// learn corrects the guesses in the record of an adopted upload, with the metadata of
// the finished object.
func (s *Session) learn(obj Object) {
	if s.Adopted {
		s.Owner, s.Name, s.ContentType, s.Adopted = obj.owner(), obj.Name(), obj.ContentType, false
	}
}

// Rebuilt counts what Rebuild found and restored.
type Rebuilt struct {
	Objects  int // finished recordings that were found in the bucket
	Restored int // of which the Store learned again
	Uploads  int // multipart uploads that are not finished
	Adopted  int // of which the Store learned again
	Skipped  int // known already, too old to be remembered, empty, or not ours
}

// Rebuild refills the Store from the bucket: with finished recordings that the Store
// would still remember, and with uploads that are not finished. It can be repeated,
// and can run while brokers work. It calls tell with its progress after each page.
//
// What the bucket does not know does not come back: that a session was being aborted,
// what was reported, when tokens expire, notices that were not delivered yet, and
// whether a finished recording was salvaged. An unfinished upload comes back without
// an owner until its token is used.
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

// RebuildThese is Rebuild for sessions whose IDs are known. It also finds them if S3
// lists uploads by their exact key only. It skips an ID for which the bucket has
// nothing.
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

// note adds one to *counter if a session came back, and else to Skipped.
func (r *Rebuilt) note(counter *int, back bool) {
	if !back {
		counter = &r.Skipped
	}
	*counter++
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
		return false, ignoring(Internal, err) // a record that cannot be read must not stop the rest
	}
	obj, err := b.Bucket.Head(ctx, b.Key(id))
	if err != nil {
		return false, ignoring(NotFound, err) // deleted since
	}
	_, err = b.restore(ctx, b.sessionOf(id, obj), Completed, nil, Quota{})
	return err == nil, err
}

// idOf reads the ID from a key, if the key is one of ours.
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
