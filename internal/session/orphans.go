package session

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Orphan is a multipart upload under our prefix that no live session has. It costs
// storage, and may hold somebody's recording.
type Orphan struct {
	ListedUpload
	Session ID           // that its key belongs to; empty if the key is not one of ours
	Reason  OrphanReason // why no session has it
	Parts   int
	Bytes   int64
	AdoptAt time.Time // when Sweep makes it a session again; zero: never

	live *Session // that has the upload; then the upload is no orphan
}

// OrphanReason says why no session has an upload.
type OrphanReason string

// The reasons.
const (
	ForeignKey  OrphanReason = "foreign-key"  // the key is not one of ours
	Forgotten   OrphanReason = "forgotten"    // no record of the session: just being opened, or the Store was lost
	OtherUpload OrphanReason = "other-upload" // the session goes on with another upload
	Ended       OrphanReason = "ended"        // the session is over, and the upload is still there
	KeyTaken    OrphanReason = "key-taken"    // there is no record, and a finished recording has the key
	Unreadable  OrphanReason = "unreadable"   // there is a record, and it cannot be read
)

// OrphanPage is a part of the list of orphans. Next is zero on the last page. Any
// other page may be shorter than the limit, or empty.
type OrphanPage struct {
	Orphans []Orphan
	Next    UploadCursor
}

// MaxOrphans is how many uploads one page looks through at most. Each orphan among
// them costs a request to S3.
const MaxOrphans = 100

// Orphans returns one page of the orphans, sorted by key. With
// Limits.ListsByKeyOnly it finds only those whose session is on record.
//
// Errors: Invalid if limit is not 1 to MaxOrphans, or after is not a cursor of this
// list; Unavailable.
func (b *Broker) Orphans(ctx context.Context, after UploadCursor, limit int) (OrphanPage, error) {
	if limit < 1 || limit > MaxOrphans {
		return OrphanPage{}, outOfRange("limit", MaxOrphans, "limit is %d; 1 to %d are allowed", limit, MaxOrphans)
	}
	if after != (UploadCursor{}) && !b.mine(after.Key) {
		return OrphanPage{}, invalid("cursor", ReasonBadQuery, "the cursor is not one that a listing gave")
	}
	uploads, err := b.uploads(ctx, after, limit)
	if err != nil {
		return OrphanPage{}, err
	}
	page := OrphanPage{Next: uploads.Next}
	for _, u := range uploads.Uploads {
		o, orphaned, err := b.orphan(ctx, u)
		if err != nil {
			return OrphanPage{}, err
		}
		if orphaned {
			page.Orphans = append(page.Orphans, o)
		}
	}
	return page, nil
}

// orphan describes u. It returns false if a live session has u, or if u is gone.
func (b *Broker) orphan(ctx context.Context, u ListedUpload) (Orphan, bool, error) {
	o, err := b.owning(ctx, u)
	if err != nil || o.Reason == "" {
		return o, false, err
	}
	parts, err := b.Bucket.ListParts(ctx, u.Upload)
	if err != nil {
		return o, false, ignoring(NotFound, err)
	}
	o.Parts, o.Bytes = len(parts), totalSize(parts)
	if o.Reason == Forgotten && o.Parts > 0 {
		o.AdoptAt = u.InitiatedAt.Add(b.Limits.AdoptAfter)
	}
	return o, true, nil
}

// owning finds out why no session has u. The reason is empty if a session has it.
func (b *Broker) owning(ctx context.Context, u ListedUpload) (Orphan, error) {
	o := Orphan{ListedUpload: u}
	id, ours := b.idOf(u.Key)
	if !ours {
		o.Reason = ForeignKey
		return o, nil
	}
	o.Session = id
	s, err := b.Store.Get(ctx, id)
	switch {
	case KindOf(err) == NotFound:
		_, err = b.Bucket.Head(ctx, u.Key)
		if o.Reason = KeyTaken; KindOf(err) == NotFound {
			o.Reason, err = Forgotten, nil
		}
		return o, err
	case err != nil && KindOf(err) == Internal:
		o.Reason = Unreadable
		return o, nil
	case err != nil:
		return o, err
	case s.UploadID != u.ID:
		o.Reason = OtherUpload
	case s.State.Finished():
		o.Reason = Ended
	default:
		o.live = s
	}
	return o, nil
}

// AbortOrphan deletes the parts of an upload that no live session has. It can be
// repeated.
//
// Errors: Invalid if the key is not under our prefix; Conflict "in-use" if a live
// session has the upload; Conflict "forgotten" if the Store may have lost the
// upload's session; Unavailable. After the Store was lost, every recording in
// progress is "forgotten". After AdoptAfter it is a session again, and can be
// aborted as one.
func (b *Broker) AbortOrphan(ctx context.Context, u Upload) error {
	if u.ID == "" || !b.mine(u.Key) || climbs(u.Key) {
		return invalid("key", ReasonForeignKey, "key is not under %q, where this broker's uploads are", b.Limits.KeyPrefix)
	}
	o, _, err := b.orphan(ctx, ListedUpload{Upload: u})
	switch {
	case err != nil:
		return err
	case o.Reason == "":
		return conflict(ReasonInUse, "session %s has this upload; abort the session", o.Session)
	case o.Reason == Forgotten && o.Parts > 0:
		return conflict(ReasonForgotten, "this may be a recording in progress whose session was forgotten; once it is session %s again, abort that", o.Session)
	}
	return b.freeOrphan(ctx, o)
}

// freeOrphan frees the parts of an upload that no live session has, and deletes
// the poster where neither a session nor a recording has its key.
func (b *Broker) freeOrphan(ctx context.Context, o Orphan) error {
	ctx, cancel := b.atLength(ctx)
	defer cancel()
	if err := b.Bucket.Abort(ctx, o.Upload); err != nil || o.Reason != Forgotten {
		return err
	}
	return b.dropBeside(ctx, o.Session)
}

// maxKey is the length of S3's longest key, in bytes:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (read 2026-11-22).
const maxKey = 1024

// mine reports whether key can be a key under our prefix.
func (b *Broker) mine(key Key) bool {
	rest, found := strings.CutPrefix(string(key), b.Limits.KeyPrefix)
	return found && rest != "" && len(key) <= maxKey && utf8.ValidString(rest)
}

// climbs reports whether a server that cleans paths would look for another key,
// because of ".." and the like.
func climbs(key Key) bool {
	return slices.ContainsFunc(strings.Split(string(key), "/"), func(step string) bool { return step == "." || step == ".." })
}

// Swept counts what one Sweep found and did.
type Swept struct {
	Uploads     int   // under our prefix
	Adopted     int   // became sessions again
	Reindexed   int   // belong to sessions that were missing from the Store's index, and were put back
	Aborted     int   // had been empty for long, and were aborted
	Orphans     int   // left for people to decide
	OrphanBytes int64 // that the Orphans hold
	Failed      int   // S3 or the Store did not answer; the next round tries again
	Trouble     error // the last failure, for the log
}

// maxTrouble is how many uploads in a row may fail before a round ends, because S3
// does not answer.
const maxTrouble = 8

// Sweep takes care of the uploads that no session has. An upload that the Store
// forgot becomes a session again after AdoptAfter. An upload without parts is aborted
// after AbandonAfter plus the longest life of a URL. An upload that holds parts and
// cannot become a session is left alone; Orphans shows it. Every broker may run Sweep
// at any time.
//
// Errors: Unavailable if the uploads cannot be listed, or S3 does not answer. If one
// upload fails, it is counted in Failed, and Sweep goes on with the others.
func (b *Broker) Sweep(ctx context.Context) (Swept, error) {
	b = b.unattended()
	var done Swept
	inARow := 0
	err := b.eachUpload(ctx, func(u ListedUpload) error {
		done.Uploads++
		err := b.sweepOne(ctx, u, &done)
		if err == nil {
			inARow = 0
			return nil
		}
		done.Failed, done.Trouble = done.Failed+1, err
		if inARow++; inARow == maxTrouble || ctx.Err() != nil {
			return err
		}
		return nil
	})
	return done, err
}

func (b *Broker) sweepOne(ctx context.Context, u ListedUpload, done *Swept) error {
	o, orphaned, err := b.orphan(ctx, u)
	if err == nil && o.live != nil {
		return b.reindex(ctx, o.live, done)
	}
	if err != nil || !orphaned {
		return err
	}
	age := b.Now().Sub(u.InitiatedAt)
	switch {
	case o.Parts == 0 && o.abortable() && age >= b.Limits.AbandonAfter+b.Limits.MaxURLTTL:
		if err := b.freeOrphan(ctx, o); err != nil {
			return err
		}
		done.Aborted++
		b.acted(ctx, ActFreed, o.Session)
	case o.Reason == Forgotten && o.Parts > 0 && age >= b.Limits.AdoptAfter:
		if err := b.adopt(ctx, o.Session, u); err != nil {
			return err
		}
		done.Adopted++
		b.acted(ctx, ActAdopted, o.Session)
	default:
		done.Orphans++
		done.OrphanBytes += o.Bytes
	}
	return nil
}

// reindex puts s back into the Store's index if it is missing there. The reaper finds
// sessions by the index. Without reindex, nobody would salvage s after its recorder
// has gone.
func (b *Broker) reindex(ctx context.Context, s *Session, done *Swept) error {
	if s.LeaseUntil.After(s.ReadAt) { // a swap would end the lease of a broker that works on it
		return nil
	}
	indexed, err := b.Store.Indexed(ctx, s)
	if err != nil || indexed {
		return err
	}
	if _, err := b.swap(ctx, s, Change{Session: s}); err != nil {
		return ignoring(Conflict, err) // somebody else changed the session, and so put it back
	}
	done.Reindexed++
	b.acted(ctx, ActReindexed, s.ID)
	return nil
}

// abortable reports whether an empty orphan o is ours to abort.
func (o Orphan) abortable() bool { return o.Reason != ForeignKey && o.Reason != Unreadable }

// eachUpload calls f for every upload under our prefix that can be found. It stops
// at the first error.
func (b *Broker) eachUpload(ctx context.Context, f func(ListedUpload) error) error {
	var after UploadCursor
	for {
		page, err := b.uploads(ctx, after, MaxPage)
		if err != nil {
			return err
		}
		for _, u := range page.Uploads {
			if err := f(u); err != nil {
				return err
			}
		}
		if after = page.Next; after == (UploadCursor{}) {
			return nil
		}
	}
}

// adoptUnknown adopts u if it holds parts and the Store has no record of it.
func (b *Broker) adoptUnknown(ctx context.Context, u ListedUpload) (bool, error) {
	o, orphaned, err := b.orphan(ctx, u)
	if err != nil || !orphaned || o.Reason != Forgotten || o.Parts == 0 {
		return false, err
	}
	return true, b.adopt(ctx, o.Session, u)
}

// adopt makes a session of an upload that the Store forgot. S3 tells the owner only
// once the upload is completed. So the session has no owner until its token comes.
func (b *Broker) adopt(ctx context.Context, id ID, u ListedUpload) error {
	parts, err := b.Bucket.ListParts(ctx, u.Upload)
	if err != nil {
		return ignoring(NotFound, err)
	}
	s := &Session{
		ID: id, ContentType: typeByCode(id[idLength-1]).contentType(), Algorithm: b.algorithmOf(u, parts, NoChecksum), UploadID: u.ID, PartSize: MinPartSize,
		MaxBytes: b.Limits.MaxBytes, OnAbandon: Salvage, OpenedAt: u.InitiatedAt, ExpiresAt: b.Now().Add(b.Limits.SessionTTL), Adopted: true,
	}
	for _, p := range parts {
		s.PartSize = max(s.PartSize, p.Size)
	}
	_, err = b.restore(ctx, s, Open, parts, Quota{})
	return err
}
