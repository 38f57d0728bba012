package session

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Orphan is a multipart upload under our prefix that no live session has. It
// costs money, and may hold somebody's recording.
type Orphan struct {
	ListedUpload
	Session ID           // whose key it has; empty if the key is none of ours
	Reason  OrphanReason // why no session has it
	Parts   int
	Bytes   int64
	AdoptAt time.Time // when Sweep makes it a session again; zero: never

	live *Session // that has it: then it is no orphan
}

// OrphanReason says how an upload came to be nobody's.
type OrphanReason string

// The reasons.
const (
	ForeignKey  OrphanReason = "foreign-key"  // the key is none of ours
	Forgotten   OrphanReason = "forgotten"    // no record of the session: just being opened, or the Store was lost
	OtherUpload OrphanReason = "other-upload" // the session goes on with another upload
	Ended       OrphanReason = "ended"        // the session is over, and the upload is still there
	KeyTaken    OrphanReason = "key-taken"    // there is no record, and a finished recording has the key
	Unreadable  OrphanReason = "unreadable"   // there is a record, and it cannot be read
)

// OrphanPage is a part of the list of orphans. Next is zero on the last page;
// a page before it may be shorter than the limit, or empty.
type OrphanPage struct {
	Orphans []Orphan
	Next    UploadCursor
}

// MaxOrphans is the most uploads one page looks through; each orphan among
// them costs a request to S3.
const MaxOrphans = 100

// Orphans returns one page of them, in order of key; where S3 lists by exact
// key alone, those of sessions on record, see Limits.ListsByKeyOnly.
//
// Errors: Invalid if limit is not 1 to MaxOrphans, or after is no place among
// them; Unavailable.
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

// orphan describes u, unless a live session has it or it is gone by now.
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

// owning finds why no session has u; no reason means that one has.
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

// AbortOrphan frees the parts of an upload that no live session has. It can be
// repeated.
//
// Errors: Invalid if the key is not under our prefix; Conflict "in-use" if a
// live session has it, or "forgotten" if it may have one: after the Store was
// lost that is every recording in progress. Such an upload is a session again
// after AdoptAfter, which can be aborted; Unavailable.
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

// maxKey is the longest key of S3, in bytes:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (read 2026-11-22).
const maxKey = 1024

// mine reports whether key can be one under our prefix.
func (b *Broker) mine(key Key) bool {
	rest, found := strings.CutPrefix(string(key), b.Limits.KeyPrefix)
	return found && rest != "" && len(key) <= maxKey && utf8.ValidString(rest)
}

// climbs reports whether a server that cleans paths would look for another key.
func climbs(key Key) bool {
	return slices.ContainsFunc(strings.Split(string(key), "/"), func(step string) bool { return step == "." || step == ".." })
}

// Swept counts what one Sweep came across.
type Swept struct {
	Uploads     int   // under our prefix
	Adopted     int   // nobody's, and sessions again
	Reindexed   int   // of sessions that the Store had lost from its index
	Aborted     int   // nobody's, and empty for long
	Orphans     int   // nobody's, and left for people to decide on
	OrphanBytes int64 // that these hold
	Failed      int   // S3 or the Store did not answer; the next round tries again
	Trouble     error // the last failure, for the log
}

// maxTrouble is how many uploads in a row may fail before a round gives up: S3
// is away then.
const maxTrouble = 8

// Sweep takes care of the uploads that no session has: one that the Store
// forgot becomes a session again after AdoptAfter, and one without any part is
// aborted after AbandonAfter and the longest life of a URL. What holds parts and cannot become a session is
// left alone, for Orphans to show. Every broker may run it at any time.
//
// Errors: Unavailable if the uploads cannot be listed, or S3 is away. What goes
// wrong with one upload is counted, and does not keep it from the others.
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

// reindex puts a session back into the Store's index, if that has lost it. The
// reaper goes by the index: without it, nobody would salvage the session once
// its recorder is gone.
func (b *Broker) reindex(ctx context.Context, s *Session, done *Swept) error {
	if s.LeaseUntil.After(s.ReadAt) { // a swap would end the lease of whoever is at it
		return nil
	}
	indexed, err := b.Store.Indexed(ctx, s)
	if err != nil || indexed {
		return err
	}
	if _, err := b.swap(ctx, s, Change{Session: s}); err != nil {
		return ignoring(Conflict, err) // whoever was quicker has put it back
	}
	done.Reindexed++
	b.acted(ctx, ActReindexed, s.ID)
	return nil
}

// abortable reports whether o, if it is empty, is anybody's business but ours.
func (o Orphan) abortable() bool { return o.Reason != ForeignKey && o.Reason != Unreadable }

// eachUpload calls f for every upload under our prefix that can be found, until
// it fails.
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

// adoptUnknown adopts u if it holds parts and nobody knows it.
func (b *Broker) adoptUnknown(ctx context.Context, u ListedUpload) (bool, error) {
	o, orphaned, err := b.orphan(ctx, u)
	if err != nil || !orphaned || o.Reason != Forgotten || o.Parts == 0 {
		return false, err
	}
	return true, b.adopt(ctx, o.Session, u)
}

// adopt makes a session of an upload that the Store forgot. S3 does not say
// whose it is before it is completed, so it is nobody's until its token comes.
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
