package session

import (
	"context"
	"net/url"
	"time"
)

// Store keeps sessions. It is a cache of what S3 and the tokens know, plus
// leases and an index: the rules of the life live in this package, and a Store
// only carries out single steps. sessiontest.TestStore is its exact meaning.
//
// A Store knows a session by its ID.Name: the type at the end of an ID plays no
// part in finding it, and a record may come back whose ID differs there.
// Instants are kept to the millisecond. A session's Owner never changes.
//
// Errors: NotFound if there is no such session; Conflict with reason "stale"
// if the revision is another by now; Unavailable if the Store does not answer, or refuses to write.
// Where it has no room left only what begins a recording, a Swap from 0 with the
// event that it was opened, is refused: Unavailable "redis-full".
type Store interface {
	// Get returns the record of id.
	Get(ctx context.Context, id ID) (*Session, error)
	// Admit returns the record of id, if there is one. If there is none it
	// returns nil without an error where the quota has room for another session
	// of the owner, and Limited where not. It reserves no room: Swap has the last
	// word. In any case it takes its cost from the owner's rate, and is Limited,
	// with nothing taken, where that does not allow it yet.
	Admit(ctx context.Context, id ID, a Admission) (*Session, error)
	// Swap replaces the record in one step and returns it as stored. Limited if
	// the change makes an open session and its quota has no room. A finished
	// session does not come back to life, as its parts are gone: Internal.
	Swap(ctx context.Context, c Change) (*Session, error)
	// Report notes parts and a sign of life in one step, while the session is
	// open, and returns the record. When it is not open the record comes back
	// unchanged: the caller reads its State. Limited, with nothing noted, if
	// one of the rates does not allow it yet. A look notes nothing in any state,
	// and takes its cost in each.
	Report(ctx context.Context, id ID, r Report) (*Session, error)
	// Parts returns what was reported, in order of number; nothing once the
	// session is finished.
	Parts(ctx context.Context, id ID) ([]Part, error)
	// List returns one page, the longest idle first. From one page to the next a
	// session may stand where it was up to IndexedWithin before, but none that is
	// idle is left out, and none that is not comes with IdleFor.
	List(ctx context.Context, q Query) (Page, error)
	// Indexed reports whether List comes across s, which is not finished. A Store
	// may lose its index and keep the record: a Redis that evicts does so key by
	// key. The next Swap puts it back.
	Indexed(ctx context.Context, s *Session) (bool, error)
	// Due returns up to limit open sessions whose Probe is due, the longest due
	// first. Where some of the Store's nodes do not answer it returns those of
	// the others, and fails if these have none.
	Due(ctx context.Context, limit int) ([]*Session, error)
	// Ping says whether the Store answers and takes a write. Unavailable
	// "redis-full" if it takes no new session, and all else.
	Ping(ctx context.Context) error
}

// IndexedWithin is how far the order of a listing may be behind what recorders
// report: an index that followed each report would cost as much as the report.
const IndexedWithin = 10 * time.Second

// Change is one compare-and-swap.
type Change struct {
	Session *Session      // the record as it shall be; ActiveAt, LeaseUntil, Revision, ReadAt and what was reported are the Store's to set
	From    Revision      // the revision it was made from; 0: there must be no record
	Lease   time.Duration // above 0: LeaseUntil becomes the Store's now + Lease; else it is cleared
	Keep    time.Duration // above 0: the record, which must be finished, is forgotten this long from now; else it stays
	Parts   []Part        // when From is 0: parts known already
	Quiet   bool          // the broker acts of its own accord: where there is a record, its ActiveAt stays
	Event   *Event        // goes to the EventLog in the same step, its At set by the Store; nil: none
	Notify  bool          // and to the Outbox, where there is an Event
	// Quota is the owner's, if there is one. When From is 0 it bounds what is
	// made open; else DailyBytes, above 0, says that what S3 has of a session
	// beyond what was reported counts when it comes to be completed.
	Quota Quota
}

// Admission is what an open asks for.
type Admission struct {
	Owner Owner // whose quota and rate it is; "": nobody's, and nothing bounds it
	Quota Quota
	Rate  Rate // the owner's
	Cost  int  // what the call takes from Rate
}

// Report is what one call of a live recorder brings.
type Report struct {
	// Look: the call notes nothing, and the fields below Owner mean nothing. While
	// the session is not finished it costs one more for each PartsPerCost parts
	// that were reported, as they are going to be read.
	Look         bool
	Cost         int // what the call takes from Rates
	Rates        Rates
	Owner        Owner // whose rate and day it counts to; "": nobody's
	Parts        []Part
	URLsExpireAt time.Time // of the URLs about to be signed; zero: none. Only ever moves forward
	// Announced, in bytes, is of a session with WhenWhole, and 0 else. Once so
	// many are reported its probe is due at once; so it is when nothing is
	// reported or signed, since then its recorder is back.
	Announced int64
	// CountBytes: by how much the report makes the session larger counts to
	// the owner's day. A part that shrinks gives nothing back.
	CountBytes bool
}

// Query selects sessions. Zero fields select all.
type Query struct {
	State   State         // "": every state that is not finished
	IdleFor time.Duration // ActiveAt at least this long ago, by the Store's clock
	Owner   Owner
	After   Cursor // where the page before ended
	Limit   int    // 1 and up
}

// Cursor is a place in the listing, which is ordered by ActiveAt, then ID, but
// for IndexedWithin. A session that shows a sign of life moves to the end; nothing
// else shifts.
type Cursor struct {
	ActiveAt time.Time
	ID       ID
}

// Page is a part of a listing. Next is zero on the last page; a page before it
// may still be shorter than the limit.
type Page struct {
	Sessions   []*Session
	Next       Cursor
	Unreadable []ID // records that are not ours to read; the type letter in these IDs is 0
}

// Bucket is S3 as far as a session needs it. Every call ends with its
// context; retries are the Bucket's own business and end with it too.
//
// Errors: NotFound if S3 knows no such upload or object; Conflict "s3-refused"
// if S3 definitely refused to complete; Unavailable for everything else, where
// nobody can say whether S3 acted.
type Bucket interface {
	// Name tells this bucket from every other one: endpoint and bucket. It
	// travels in session tokens.
	Name() string
	// Create opens an upload. Its algorithm is the first of those asked for that
	// S3 does not refuse and answers with; or MD5, which S3 need not hear of here;
	// or none.
	Create(ctx context.Context, n NewUpload) (Upload, error)
	// ListParts returns every part, in order of number, and of one number in
	// order of age: some servers list every PUT. A part has the checksum that S3
	// keeps with it; in an MD5 upload the one that its ETag is, where it is sure
	// that it is one.
	ListParts(ctx context.Context, u Upload) ([]Part, error)
	// Complete sends one CompleteMultipartUpload, the parts' ETags pinned.
	// size is the sum of the parts and goes along; S3 holds it against its own.
	//
	// It never replaces an object: where there is one already, the answer is
	// Conflict "key-taken". That may be this very request's, sent before.
	Complete(ctx context.Context, u Upload, parts []Part, size int64) (Object, error)
	// Abort frees the parts. It returns nil once S3 no longer knows the
	// upload, and Unavailable while parts in flight may still surface.
	Abort(ctx context.Context, u Upload) error
	Head(ctx context.Context, key Key) (Object, error)
	Delete(ctx context.Context, key Key) error
	// Note returns the note at key: a line that no Store may lose. NotFound
	// only if S3 itself says that there is none.
	Note(ctx context.Context, key Key) (string, error)
	// SetNote writes it, in the place of the one before.
	SetNote(ctx context.Context, key Key, text string) error
	// Uploads returns one page of the multipart uploads under prefix that are
	// neither completed nor aborted, in order of key.
	Uploads(ctx context.Context, prefix string, after UploadCursor, limit int) (UploadPage, error)
	// Keys returns one page of the objects under prefix, in order of key.
	Keys(ctx context.Context, prefix string, after Key, limit int) (KeyPage, error)
	// Ping says whether the bucket answers.
	Ping(ctx context.Context) error
}

// Upload names a multipart upload and what holds for all of it.
type Upload struct {
	Key       Key
	ID        UploadID
	Algorithm ChecksumAlgorithm
	Unsized   bool // the lengths of its parts are not signed
}

// ListedUpload is an upload as S3 lists it.
type ListedUpload struct {
	Upload
	InitiatedAt time.Time
}

// UploadCursor is a place in the listing of uploads. The zero cursor is before
// all.
type UploadCursor struct {
	Key Key
	ID  UploadID
}

// UploadPage is a part of that listing. Next is zero on the last page.
type UploadPage struct {
	Uploads []ListedUpload
	Next    UploadCursor
}

// KeyPage is a part of a listing of objects. Next is empty on the last page.
type KeyPage struct {
	Objects []ListedObject
	Next    Key
}

// ListedObject is an object as S3 lists it; Head knows the rest.
type ListedObject struct {
	Key      Key
	Size     int64 // bytes
	StoredAt time.Time
}

// NewUpload is what CreateMultipartUpload is told.
type NewUpload struct {
	Key         Key
	ContentType string
	Algorithms  []ChecksumAlgorithm // to be tried, the best first; NoChecksum is never among them
	Metadata    map[string]string   // user metadata, ASCII; see metadata.go
}

// Object is what S3 says of a completed recording.
type Object struct {
	Size        int64 // bytes
	ETag        ETag
	Checksum    Checksum // composite; empty where S3 keeps none of that kind
	ContentType string
	Metadata    map[string]string
	StoredAt    time.Time
	OpaqueETag  bool // it is no MD5 of MD5s: the object is encrypted with SSE-KMS or the like
}

// Signer makes presigned URLs. It sends nothing.
//
// ttl is cut to what the signer may promise; the answers say the true expiry.
// Errors: Unavailable if there are no credentials with enough life left.
type Signer interface {
	SignParts(ctx context.Context, u Upload, parts []PartToSign, ttl time.Duration) ([]SignedPart, error)
	SignGet(ctx context.Context, key Key, as Playback, ttl time.Duration) (SignedGet, error)
	SignFile(ctx context.Context, key Key, f FileToSign, ttl time.Duration) (SignedFile, error)
}

// PartToSign is a PUT somebody is about to make: its exact length and the
// session's checksum, if it has one, are part of the signature.
type PartToSign struct {
	Number   PartNumber
	Size     int64 // bytes; of no account where the upload is unsized
	Checksum Checksum
}

// SignedPart allows one thing only: to PUT this part with a body of just this
// length (and checksum), until ExpiresAt. Both are signed headers, content-length
// and ChecksumAlgorithm.Header, and must be sent just so. Where the upload is
// unsized, it allows any length that S3 takes.
type SignedPart struct {
	Number    PartNumber
	URL       SignedURL
	Size      int64    // bytes
	Checksum  Checksum // empty: not signed, not to be sent
	ExpiresAt time.Time
}

// Playback fixes how S3 presents a recording, whatever a client wishes.
type Playback struct {
	ContentType string
	Disposition string
}

// SignedGet plays one recording until ExpiresAt.
type SignedGet struct {
	URL       SignedURL
	ExpiresAt time.Time
}

// SignedURL is a presigned URL. It prints without its query, because the
// query is the secret; string(u) is the whole.
type SignedURL string

// String returns scheme, host and path.
func (u SignedURL) String() string {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return "(signed URL)"
	}
	parsed.RawQuery, parsed.User = "", nil
	return parsed.String() + "?…"
}

// GoString keeps %#v from printing the secret.
func (u SignedURL) GoString() string { return u.String() }
