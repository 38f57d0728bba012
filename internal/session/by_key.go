package session

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Some S3 servers (MinIO, AIStor) list multipart uploads by their exact key only.
// Asked for the uploads under a prefix, they answer 200 with an empty list. With
// such a server the broker asks for the key of each session on record, one by one.
// It cannot find an upload that is on no record: one that the Store forgot, or one
// that is not ours. A forgotten one comes back by its token or by its ID; see
// RebuildThese.

// recordPlace is a position in the list of records. Sessions that are not finished
// come first, then the finished ones, each kind in the order of Store.List.
type recordPlace struct {
	kind  int // in recordKinds
	after Cursor
}

var recordKinds = []struct {
	name  string
	state State
}{{"unfinished", ""}, {"completed", Completed}, {"aborted", Aborted}, {"deleted", Deleted}}

// cursor writes p as a cursor in a listing of uploads. Its key is the last record's
// key; its upload ID holds the record's kind and time instead.
func (b *Broker) cursor(p recordPlace) UploadCursor {
	kind := recordKinds[p.kind].name
	if p.after == (Cursor{}) {
		return UploadCursor{Key: Key(b.Limits.KeyPrefix + kind), ID: UploadID(kind)}
	}
	return UploadCursor{Key: b.Key(p.after.ID), ID: UploadID(kind + "/" + strconv.FormatInt(p.after.ActiveAt.UnixMilli(), 10))}
}

// placeOf reads a cursor. The zero cursor stands before the first record.
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

// recordedUploads returns one page of the uploads whose key is that of a session on
// record. It looks at limit records, and each costs a request to S3. So the rounds
// that a broker makes every few minutes look only at sessions that are not finished.
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

// maxUploadsOfKey is how many uploads of one key are listed at most; more are not
// worth knowing.
const maxUploadsOfKey = 100

// uploadsOf returns the uploads of exactly this key.
func (b *Broker) uploadsOf(ctx context.Context, key Key) (uploads []ListedUpload, err error) {
	page, err := b.Bucket.Uploads(ctx, string(key), UploadCursor{}, maxUploadsOfKey)
	for _, u := range page.Uploads {
		if u.Key == key {
			uploads = append(uploads, u)
		}
	}
	return uploads, err
}

// uploads returns one page of the uploads under our prefix. With ListsByKeyOnly
// these are only the uploads of sessions on record.
func (b *Broker) uploads(ctx context.Context, after UploadCursor, limit int) (UploadPage, error) {
	if b.Limits.ListsByKeyOnly {
		return b.recordedUploads(ctx, after, limit)
	}
	return b.Bucket.Uploads(ctx, b.Limits.KeyPrefix, after, limit)
}
