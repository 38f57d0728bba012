package session

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Some S3 servers (MinIO, AIStor) list multipart uploads by their exact key
// alone: asked for those under our prefix they answer 200 and nothing. There the
// keys of the sessions on record are asked for, one by one. What is on no record
// cannot be found so: an upload that the Store forgot, and one that is not ours.
// It comes back by its token, or by its ID; see RebuildThese.

// recordPlace is a place among the records: those that are not finished come
// first, then the others, each kind as Store.List has it.
type recordPlace struct {
	kind  int // in recordKinds
	after Cursor
}

var recordKinds = []struct {
	name  string
	state State
}{{"unfinished", ""}, {"completed", Completed}, {"aborted", Aborted}, {"deleted", Deleted}}

// cursor writes a place as one in a listing of uploads: the last record's key,
// and, in the place of an upload ID, its kind and instant.
func (b *Broker) cursor(p recordPlace) UploadCursor {
	kind := recordKinds[p.kind].name
	if p.after == (Cursor{}) {
		return UploadCursor{Key: Key(b.Limits.KeyPrefix + kind), ID: UploadID(kind)}
	}
	return UploadCursor{Key: b.Key(p.after.ID), ID: UploadID(kind + "/" + strconv.FormatInt(p.after.ActiveAt.UnixMilli(), 10))}
}

// placeOf reads a cursor. The zero cursor is before all.
func (b *Broker) placeOf(c UploadCursor) (p recordPlace, ok bool) {
	if c == (UploadCursor{}) {
		return recordPlace{}, true
	}
	name, instant, within := strings.Cut(string(c.ID), "/")
	for kind, k := range recordKinds {
		if k.name != name {
			continue
		}
		if p.kind = kind; !within {
			return p, true
		}
		ms, err := strconv.ParseInt(instant, 10, 64)
		id, ours := b.idOf(c.Key)
		p.after = Cursor{ActiveAt: time.UnixMilli(ms), ID: id}
		return p, err == nil && ours
	}
	return p, false
}

// recordedUploads returns one page of the uploads that have a key of a session
// on record. It looks at limit records, each of which costs a request to S3: so
// what a broker does of its own accord, every few minutes, looks at those alone
// that are not finished.
func (b *Broker) recordedUploads(ctx context.Context, after UploadCursor, limit int) (page UploadPage, err error) {
	at, ok := b.placeOf(after)
	if !ok {
		return page, invalid("cursor", ReasonBadQuery, "the cursor is not one that a listing gave")
	}
	records, err := b.Store.List(ctx, Query{State: recordKinds[at.kind].state, After: at.after, Limit: limit})
	if err != nil {
		return page, err
	}
	for _, s := range records.Sessions {
		uploads, err := b.uploadsOf(ctx, b.Key(s.ID))
		if err != nil {
			return page, err
		}
		page.Uploads = append(page.Uploads, uploads...)
	}
	switch {
	case records.Next != (Cursor{}):
		page.Next = b.cursor(recordPlace{at.kind, records.Next})
	case at.kind+1 < len(recordKinds) && !b.quiet:
		page.Next = b.cursor(recordPlace{kind: at.kind + 1})
	}
	return page, nil
}

// maxUploadsOfKey is more than the uploads of one key that are worth knowing.
const maxUploadsOfKey = 100

// uploadsOf returns the uploads of just this key.
func (b *Broker) uploadsOf(ctx context.Context, key Key) (uploads []ListedUpload, err error) {
	page, err := b.Bucket.Uploads(ctx, string(key), UploadCursor{}, maxUploadsOfKey)
	for _, u := range page.Uploads {
		if u.Key == key {
			uploads = append(uploads, u)
		}
	}
	return uploads, err
}

// uploads returns one page of the uploads under our prefix, as far as this S3
// server lets them be found.
func (b *Broker) uploads(ctx context.Context, after UploadCursor, limit int) (UploadPage, error) {
	if b.Limits.ListsByKeyOnly {
		return b.recordedUploads(ctx, after, limit)
	}
	return b.Bucket.Uploads(ctx, b.Limits.KeyPrefix, after, limit)
}
