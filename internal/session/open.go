package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OpenRequest is what a recorder asks for. For a zero field the grant's or the
// broker's default counts.
type OpenRequest struct {
	ContentType    string
	Name           string
	Metadata       map[string]string
	Algorithm      ChecksumAlgorithm
	Size           int64 // bytes of the whole recording, if it is known
	PartSize       int64 // bytes, MinPartSize to MaxPartSize
	MaxBytes       int64 // bytes
	OnAbandon      OnAbandon
	WhenWhole      bool // see Session; needs a Size
	Unsized        bool // see Session; has no checksum
	IdempotencyKey string
}

// Opened is a session and the URLs that came with it.
type Opened struct {
	Session *Session
	URLs    []SignedPart
}

// Open creates the multipart upload and the session, and signs the parts in sign. So
// a recorder saves a round trip, and a phone can have all its URLs at once.
//
// If a request with an IdempotencyKey is repeated by the same owner, Open returns the
// session that the first request made, in its present state. A session that has ended
// gets no URLs.
//
// Errors: Invalid names the field; Forbidden if the grant does not allow the content
// type; Conflict "idempotency-key-reused" if the key came with another request;
// Limited if the owner may have no other session now, or opens or signs too fast;
// Unavailable if S3 or the Store did not answer. After Unavailable there may be an
// upload without a session. That costs storage, but no recording is lost.
func (b *Broker) Open(ctx context.Context, g Grant, req OpenRequest, sign []PartToSign) (Opened, error) {
	s, err := b.plan(g, req)
	if err != nil {
		return Opened{}, err
	}
	if req.Algorithm == AutoChecksum && len(sign) > 0 {
		return Opened{}, invalid("sign", ReasonChecksumUnexpected, "sign is for sessions that name their checksum: what auto becomes, and so what a part needs, is in the answer")
	}
	if err := checkToSign(s, sign); err != nil {
		return Opened{}, err
	}
	if s, err = b.create(ctx, s, req, b.quota(g)); err != nil {
		return Opened{}, err
	}
	if len(sign) == 0 || s.State != Open {
		return Opened{Session: s}, nil
	}
	if s.Algorithm == NoChecksum { // S3 took no checksum, whatever the client asked for
		sign = bare(sign)
	}
	t := s.SessionToken(b.Bucket.Name())
	s, urls, err := b.Parts(ctx, &t, nil, sign, 0)
	return Opened{s, urls}, err
}

// bare returns sign without checksums.
func bare(sign []PartToSign) []PartToSign {
	sign = slices.Clone(sign)
	for i := range sign {
		sign[i].Checksum = ""
	}
	return sign
}

// create makes the upload and the record, or finds the session that the
// request repeats.
func (b *Broker) create(ctx context.Context, s *Session, req OpenRequest, q Quota) (*Session, error) {
	wanted := b.Limits.candidates(req.Algorithm)
	metadata := objectMetadata(s, req.Metadata)
	if len(wanted) > 0 && wanted[0] == MD5 { // for the others, the finished object itself tells
		metadata[metaChecksum] = string(MD5)
	}
	if err := checkMetadata(req.Metadata, metadata); err != nil {
		return nil, err
	}
	before, err := b.Store.Admit(ctx, s.ID, Admission{Owner: s.Owner, Quota: q, Rate: b.Limits.Rates.Owner, Cost: CallCost})
	if before == nil && err == nil && req.IdempotencyKey != "" {
		before, err = b.forgotten(ctx, s, q)
	}
	if before != nil || err != nil {
		return repeated(s, before, err)
	}
	made, err := b.Bucket.Create(ctx, NewUpload{Key: b.Key(s.ID), ContentType: s.ContentType, Algorithms: wanted, Metadata: metadata})
	if err != nil {
		return nil, err
	}
	s.UploadID, s.Algorithm, s.State = made.ID, made.Algorithm, Open
	stored, err := b.Store.Swap(ctx, Change{Session: s, Event: eventOf(EventOpened, s), Quota: q})
	if KindOf(err) == Limited || ReasonOf(err) == ReasonRedisFull { // others opened sessions meanwhile, or nothing was written
		b.drop(ctx, s)
	}
	if ReasonOf(err) != ReasonStale {
		// Even after Unavailable the record may have been written. So the upload
		// stays: a session without its upload would be useless.
		return stored, err
	}
	return b.quicker(ctx, s, q)
}

// quicker returns the session that another request opened at the same moment with
// the key of s. It may be s itself, if its record was written and the Store was asked
// twice. If it is not, quicker aborts the upload of s.
func (b *Broker) quicker(ctx context.Context, s *Session, q Quota) (*Session, error) {
	winner, err := b.Store.Get(ctx, s.ID)
	if KindOf(err) == NotFound {
		winner, err = b.forgotten(ctx, s, q)
	}
	if winner == nil && err == nil {
		return nil, &Error{Kind: Unavailable, Reason: ReasonRaced, RetryAfter: RetryAfter, Detail: "another request with this Idempotency-Key came and went"}
	}
	winner, err = repeated(s, winner, err)
	if err == nil && winner.UploadID != s.UploadID {
		b.drop(ctx, s)
	}
	return winner, err
}

// drop aborts the upload of s, which is empty and which nobody knows. If that fails,
// the upload stays as an orphan.
func (b *Broker) drop(ctx context.Context, s *Session) {
	ctx, cancel := b.atLength(ctx)
	defer cancel()
	_ = b.Bucket.Abort(ctx, b.upload(s))
}

// forgotten returns the session that s repeats and that the Store has forgotten; nil
// if there is none. Without it, s would get a second upload of the same key. That
// would make the first upload's token useless, or overwrite the finished recording.
//
// forgotten looks for uploads first, and then for an object. In this order it misses
// nothing if an upload is completed meanwhile.
func (b *Broker) forgotten(ctx context.Context, s *Session, q Quota) (*Session, error) {
	upload, parts, err := b.unfinished(ctx, s)
	if err != nil {
		return nil, err
	}
	before, err := b.rebuildFromObject(ctx, Ref{ID: s.ID})
	if KindOf(err) != NotFound {
		return before, err
	}
	if upload == nil {
		return nil, nil
	}
	return b.restore(ctx, upload, Open, parts, q)
}

// repeated returns the earlier session before, if the same request opened it and s.
func repeated(s, before *Session, err error) (*Session, error) {
	if err == nil && before.Request != "" && before.Request != s.Request {
		return nil, conflict(ReasonIdempotencyKeyReused, "this Idempotency-Key came with another request before")
	}
	return before, err
}

// unfinished returns s with the upload that S3 has for its key, and the upload's
// parts; nil if there is no upload. If there are several, it returns the one with the
// most parts, because that is the one in use.
func (b *Broker) unfinished(ctx context.Context, s *Session) (found *Session, parts []Part, err error) {
	page, err := b.Bucket.Uploads(ctx, string(b.Key(s.ID)), UploadCursor{}, 10)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range page.Uploads {
		if u.Key != b.Key(s.ID) {
			continue
		}
		listed, err := b.Bucket.ListParts(ctx, u.Upload)
		if KindOf(err) == NotFound {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, nil, err
		}
		if found == nil || len(listed) > len(parts) {
			again := *s
			again.UploadID, again.Algorithm = u.ID, b.algorithmOf(u, listed, again.Algorithm)
			found, parts = &again, listed
		}
	}
	return found, parts, nil
}

// plan checks a request and fills in every default.
func (b *Broker) plan(g Grant, req OpenRequest) (*Session, error) {
	now := b.Now()
	s := &Session{
		Owner: g.Owner, Name: req.Name, ContentType: req.ContentType, Algorithm: req.Algorithm, OnAbandon: req.OnAbandon,
		PartSize: req.PartSize, MaxBytes: req.MaxBytes, OpenedAt: now, ExpiresAt: now.Add(b.Limits.SessionTTL),
		Request: fingerprint(req), Announced: req.Size, WhenWhole: req.WhenWhole, Unsized: req.Unsized,
	}
	if s.Algorithm == "" {
		s.Algorithm = NoChecksum
	}
	if s.OnAbandon == "" {
		s.OnAbandon = Salvage
	}
	allowed := b.Limits.MaxBytes
	if g.MaxBytes > 0 {
		allowed = min(allowed, g.MaxBytes)
	}
	b.Limits.fit(s, allowed)
	if err := checkWords(s, g); err != nil {
		return nil, err
	}
	if err := b.Limits.checkSizes(s, req.Size, allowed); err != nil {
		return nil, err
	}
	if s.WhenWhole {
		if s.Announced == 0 {
			return nil, invalid("size", ReasonMissing, "size is missing; a session that is completed when it is whole needs to know how many bytes there will be")
		}
	}
	if s.Probed() {
		s.Probe = firstProbe(now)
	}
	s.ID = newID(s.Owner, s.ContentType, b.Secret, g.Principal, req.IdempotencyKey)
	return s, nil
}

func checkWords(s *Session, g Grant) error {
	if err := checkText("owner", string(s.Owner), MaxOwnerBytes); err != nil {
		return err
	}
	if err := checkText("name", s.Name, MaxNameBytes); err != nil {
		return err
	}
	if !s.Algorithm.known() && s.Algorithm != AutoChecksum {
		return invalid("checksum", ReasonUnknownValue, "checksum is auto, sha256, crc32c, md5 or none, in small letters")
	}
	if s.OnAbandon != Salvage && s.OnAbandon != Discard {
		return invalid("on_abandon", ReasonUnknownValue, "on_abandon is salvage or abort")
	}
	return checkContentType(s.ContentType, g.ContentTypes)
}

// anyRecording is what a grant without content types allows.
var anyRecording = []string{"video/*", "audio/*"}

func checkContentType(contentType string, allowed []string) error {
	if err := checkText("content_type", contentType, 200); err != nil {
		return err
	}
	base := mediaTypeOf(contentType)
	if base == "" || !plainParameters(contentType) {
		return invalid("content_type", ReasonBadContentType, "content_type is not a media type, such as video/webm;codecs=vp9")
	}
	if len(allowed) == 0 {
		allowed = anyRecording
	}
	for _, pattern := range allowed {
		if major, found := strings.CutSuffix(pattern, "/*"); pattern == base || found && strings.HasPrefix(base, major+"/") {
			return nil
		}
	}
	return &Error{Kind: Forbidden, Reason: ReasonContentTypeNotAllowed, Field: "content_type",
		Detail: fmt.Sprintf("%s may not be recorded here; allowed: %s", base, strings.Join(allowed, ", "))}
}

// plainParameters reports whether a browser understands a content type as we do, if it
// is sent as a header. A browser reads a header with a comma as a list, and takes the
// last type in it that it can parse. So a recording with the type
// video/webm;codecs=vp9,text/html is shown as a page, and runs its scripts (https://fetch.spec.whatwg.org/#concept-header-extract-mime-type, read
// 2026-11-22; seen with Chromium 156). Commas have to stay: MediaRecorder writes
// codecs=vp9,opus. Without a second slash no other type can be parsed.
func plainParameters(contentType string) bool {
	return strings.Count(contentType, "/") == 1 && !strings.ContainsFunc(contentType, func(r rune) bool { return r > '~' })
}

// fingerprint tells one open request from another.
func fingerprint(r OpenRequest) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %d %d %q\n", r.ContentType, r.Name, r.Algorithm, r.Size, r.PartSize, r.MaxBytes, r.OnAbandon)
	if r.WhenWhole { // else the fingerprint stays as it was before WhenWhole existed
		fmt.Fprintln(h, "when-whole")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		fmt.Fprintf(h, "%q %q\n", name, r.Metadata[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
