package session

import (
	"context"
	"net/url"
	"time"
)

// Store keeps sessions. It is a cache of what S3 and the tokens know, with leases and
// an index. The rules of a session's life are in this package; a Store only carries
// out single steps. sessiontest.TestStore defines exactly what a Store does.
//
// A Store finds a session by its ID.Name, without the type at the end of the ID. So
// it may return a record whose ID has another type. Instants are kept to the
// millisecond. A session's Owner never changes.
//
// Errors: NotFound if there is no such session; Conflict "stale" if the record has
// another revision by now; Unavailable if the Store does not answer or refuses to
// write. If the Store is full, it refuses only to open a recording (a Swap from 0 with
// the event that it was opened): Unavailable "redis-full".
type Store interface {
	// Get returns the record of id.
	Get(ctx context.Context, id ID) (*Session, error)
	// Admit returns the record of id, if there is one. If there is none, it returns
	// nil without an error if the owner's quota allows another session, and Limited
	// if not. It reserves nothing: Swap checks the quota again. In each case Admit
	// takes its cost from the owner's rate. If the rate does not allow that yet, it
	// returns Limited and takes nothing.
	Admit(ctx context.Context, id ID, a Admission) (*Session, error)
	// Swap replaces the record in one step and returns it as stored. It returns
	// Limited if the change opens a session and the quota does not allow another
	// one. It returns Internal if the record is finished and the change is not: the
	// parts of a finished session are gone.
	Swap(ctx context.Context, c Change) (*Session, error)
	// Report stores parts and a sign of life in one step, and returns the record. If
	// the session is not open, Report stores nothing and returns the record
	// unchanged; the caller reads its State. If one of the rates does not allow the
	// call yet, Report returns Limited and stores nothing. A look stores nothing in
	// any state, and costs the same in each.
	Report(ctx context.Context, id ID, r Report) (*Session, error)
	// Parts returns the reported parts, sorted by number. It returns none once the
	// session is finished.
	Parts(ctx context.Context, id ID) ([]Part, error)
	// List returns one page, the longest idle first. A session may stand where it
	// belonged up to IndexedWithin ago. But no idle session is left out, and with
	// IdleFor no session comes that is not idle for so long.
	List(ctx context.Context, q Query) (Page, error)
	// Indexed reports whether List can find s, which is not finished. A Store may
	// lose its index and keep the record, because a Redis that evicts takes key by
	// key. The next Swap puts s back into the index.
	Indexed(ctx context.Context, s *Session) (bool, error)
	// Due returns up to limit open sessions whose Probe is due, the longest due
	// first. If some of the Store's nodes do not answer, it returns the sessions of
	// the others. It fails if these have none.
	Due(ctx context.Context, limit int) ([]*Session, error)
	// Ping returns nil if the Store answers and takes a write. Unavailable
	// "redis-full" means that it takes everything except new sessions.
	Ping(ctx context.Context) error
}

// IndexedWithin is how late the order of a listing may be, after the reports of
// recorders. An index that followed each report would cost as much as the report.
const IndexedWithin = 10 * time.Second

// Change is one compare-and-swap.
type Change struct {
	Session *Session      // the new record; the Store itself sets ActiveAt, LeaseUntil, Revision, ReadAt and the counts of what was reported
	From    Revision      // the revision that is replaced; 0: there must be no record
	Lease   time.Duration // above 0: LeaseUntil becomes the Store's now + Lease; else it is cleared
	Keep    time.Duration // above 0: the Store forgets the record, which must be finished, after this time; else it keeps it
	Parts   []Part        // parts that are known already; only if From is 0
	Quiet   bool          // nobody asked for this change: ActiveAt of an existing record stays as it is
	Event   *Event        // goes to the EventLog in the same step; the Store sets its At; nil: none
	Notify  bool          // the Event goes to the Outbox too
	// Quota is the owner's, if there is an owner. If From is 0, it limits whether
	// the session may be opened. Else DailyBytes above 0 means: when the session is
	// completed, bytes that S3 has and nobody reported count to the owner's day.
	Quota Quota
}

// Admission is what an open asks for.
type Admission struct {
	Owner Owner // whose quota and rate count; "": no owner, and no limit
	Quota Quota
	Rate  Rate // the owner's
	Cost  int  // what the call takes from Rate
}

// Report is what one call of a live recorder brings.
type Report struct {
	// Look: the call stores nothing, and the fields below Owner are not used. While
	// the session is not finished, a look costs one more for each PartsPerCost parts
	// that were reported, because they will be read.
	Look         bool
	Cost         int // what the call takes from Rates
	Rates        Rates
	Owner        Owner // whose rate and day count; "": no owner
	Parts        []Part
	URLsExpireAt time.Time // of the URLs that will be signed; zero: none. The record keeps the latest
	// Announced is the announced size, in bytes, of a session with WhenWhole, and 0
	// for others. Once so many bytes are reported, the session's probe is due at
	// once. It is due at once, too, if the call neither reports nor signs, because
	// then the recorder has come back.
	Announced int64
	// CountBytes: the bytes by which this report makes the session larger count to
	// the owner's day. A part that becomes smaller gives nothing back.
	CountBytes bool
}

// Query selects sessions. Zero fields select all.
type Query struct {
	State   State         // "": every state that is not finished
	IdleFor time.Duration // only sessions whose ActiveAt is at least this long ago, by the Store's clock
	Owner   Owner
	After   Cursor // where the page before ended
	Limit   int    // 1 and up
}

// Cursor is a position in the listing. The listing is sorted by ActiveAt and then by
// ID, as exactly as IndexedWithin allows. A session with a sign of life moves to the
// end; nothing else moves.
type Cursor struct {
	ActiveAt time.Time
	ID       ID
}

// Page is a part of a listing. Next is zero on the last page. Any page may be shorter
// than the limit.
type Page struct {
	Sessions   []*Session
	Next       Cursor
	Unreadable []ID // records that this broker cannot read; the type letter in these IDs is 0
}

// Bucket is what a session needs of S3. Every call ends with its context. A Bucket
// retries by itself, and its retries end with the context too.
//
// Errors: NotFound if S3 knows no such upload or object; Conflict "s3-refused" if S3
// definitely refused to complete; Unavailable for everything else. After Unavailable
// nobody knows whether S3 did what it was asked.
type Bucket interface {
	// Name identifies this bucket among all others: endpoint and bucket. Session
	// tokens carry it.
	Name() string
	// Create opens an upload. Its algorithm is the first one of n.Algorithms that S3
	// accepts and names in its answer. S3 is not told of MD5 here, so MD5 always
	// counts as accepted. If there is no such algorithm, the upload has none.
	Create(ctx context.Context, n NewUpload) (Upload, error)
	// ListParts returns every part, sorted by number. Some servers list every PUT of
	// a number; these are sorted by age. A part has the checksum that S3 keeps with
	// it. In an MD5 upload a part has its ETag as the checksum, if the ETag is
	// certainly an MD5.
	ListParts(ctx context.Context, u Upload) ([]Part, error)
	// Complete sends one CompleteMultipartUpload with the ETags of the parts. It
	// sends size too, the sum of the parts, and S3 compares it with its own sum.
	//
	// Complete never replaces an object. If the key has one already, it returns
	// Conflict "key-taken". The object may come from the same request, sent earlier.
	Complete(ctx context.Context, u Upload, parts []Part, size int64) (Object, error)
	// Abort deletes the parts. It returns nil once S3 no longer knows the upload. It
	// returns Unavailable as long as parts that are still arriving may appear.
	Abort(ctx context.Context, u Upload) error
	Head(ctx context.Context, key Key) (Object, error)
	Delete(ctx context.Context, key Key) error
	// Note returns the note at key: one line that must not be lost with the Store.
	// It returns NotFound only if S3 itself says that there is no such note.
	Note(ctx context.Context, key Key) (string, error)
	// SetNote writes the note at key. It replaces an older one.
	SetNote(ctx context.Context, key Key, text string) error
	// Uploads returns one page of the multipart uploads under prefix that are
	// neither completed nor aborted, sorted by key.
	Uploads(ctx context.Context, prefix string, after UploadCursor, limit int) (UploadPage, error)
	// Keys returns one page of the objects under prefix, sorted by key.
	Keys(ctx context.Context, prefix string, after Key, limit int) (KeyPage, error)
	// Ping returns nil if the bucket answers.
	Ping(ctx context.Context) error
}

// Upload names a multipart upload, and says what holds for all of its parts.
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

// UploadCursor is a position in the listing of uploads. The zero cursor stands before
// the first one.
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

// NewUpload is what an upload is created with.
type NewUpload struct {
	Key         Key
	ContentType string
	Algorithms  []ChecksumAlgorithm // to be tried, the best first; NoChecksum is never among them
	Metadata    map[string]string   // user metadata, ASCII; see metadata.go
}

// Object is what S3 tells about a completed recording.
type Object struct {
	Size        int64 // bytes
	ETag        ETag
	Checksum    Checksum // composite; empty if S3 keeps no such checksum
	ContentType string
	Metadata    map[string]string
	StoredAt    time.Time
	OpaqueETag  bool // the ETag is not an MD5 of MD5s, because the object is encrypted with SSE-KMS or the like
}

// Signer makes presigned URLs. It sends nothing.
//
// If the signer cannot sign for as long as ttl, it signs for as long as it can. Each
// answer has the true expiry.
// Errors: Unavailable if there are no credentials with enough life left.
type Signer interface {
	SignParts(ctx context.Context, u Upload, parts []PartToSign, ttl time.Duration) ([]SignedPart, error)
	SignGet(ctx context.Context, key Key, as Playback, ttl time.Duration) (SignedGet, error)
	SignFile(ctx context.Context, key Key, f FileToSign, ttl time.Duration) (SignedFile, error)
}

// PartToSign is a PUT that a client wants to make. Its exact length is signed, and its
// checksum if the session has one.
type PartToSign struct {
	Number   PartNumber
	Size     int64 // bytes; not used if the upload is unsized
	Checksum Checksum
}

// SignedPart allows one thing only, until ExpiresAt: to PUT this part with a body of
// exactly this length and checksum. Both are signed headers (content-length and
// ChecksumAlgorithm.Header), so send them unchanged. If the upload is unsized, the
// URL allows any length that S3 takes.
type SignedPart struct {
	Number    PartNumber
	URL       SignedURL
	Size      int64    // bytes
	Checksum  Checksum // empty: it is not signed, so do not send it
	ExpiresAt time.Time
}

// Playback is how S3 presents a recording. A client cannot change it.
type Playback struct {
	ContentType string
	Disposition string
}

// SignedGet plays one recording until ExpiresAt.
type SignedGet struct {
	URL       SignedURL
	ExpiresAt time.Time
}

// SignedURL is a presigned URL. It prints without its query, because the query is a
// secret. string(u) is the whole URL.
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
