package session

import (
	"slices"
	"time"
)

// Credential is what a request's bearer string is. Exactly one field is set.
type Credential struct {
	APIKey       *APIKey
	Grant        *Grant
	SessionToken *SessionToken
	Link         *Link
}

// APIKey identifies a back end or an ops script.
type APIKey struct {
	Name   string // for people and logs
	Scopes []Scope
}

// Scope says what an API key may be used for.
type Scope string

// The scopes. Grants: make grants. Sessions: open, see, complete and abort any session;
// watch and delete any recording. Ops: list, and everything that Sessions may do except
// open.
const (
	ScopeGrants   Scope = "grants"
	ScopeSessions Scope = "sessions"
	ScopeOps      Scope = "ops"
)

// AllScopes has every scope.
var AllScopes = []Scope{ScopeGrants, ScopeSessions, ScopeOps}

// Allows reports whether k has any of scopes.
func (k APIKey) Allows(scopes ...Scope) bool {
	return slices.ContainsFunc(scopes, func(s Scope) bool { return slices.Contains(k.Scopes, s) })
}

// Grant lets its holder open sessions for one owner, for a short time. An application's
// back end asks for it.
type Grant struct {
	Owner        Owner
	DisplayName  string // of its owner, for people; empty: none
	ExpiresAt    time.Time
	MaxBytes     int64    // per session; 0: the broker's own limit
	MaxOpen      int      // sessions that its owner may have open at once; 0: the broker's own limit
	ContentTypes []string // such as "video/webm" or "audio/*"; none: the broker's own list
	Origin       string   // of the only pages that may use it; empty: all
	Principal    string   // the name of the API key that asks, if there is no owner
}

// SessionToken is what a session token carries, signed: everything that is needed to
// rebuild the session if the Store has forgotten it.
type SessionToken struct {
	ID          ID
	Bucket      string // Bucket.Name of the bucket with the upload
	UploadID    UploadID
	Owner       Owner
	Name        string
	ContentType string
	Algorithm   ChecksumAlgorithm
	PartSize    int64
	MaxBytes    int64
	OnAbandon   OnAbandon
	WhenWhole   bool
	Unsized     bool
	Announced   int64 // bytes; only with WhenWhole or Unsized
	OpenedAt    time.Time
	ExpiresAt   time.Time
}

// Ref names a session, and says who asks for it.
type Ref struct {
	ID           ID
	SessionToken *SessionToken // from a session token; nil otherwise
	Owner        *Owner        // if set, sessions of other owners are not found
	Link         *Link         // from a share token, for Watch; nil otherwise
	claim        *Claim        // what the caller claims, if this is a complete
}

// SessionToken returns what the token of s carries. bucket is Bucket.Name.
func (s *Session) SessionToken(bucket string) SessionToken {
	t := SessionToken{
		ID: s.ID, Bucket: bucket, UploadID: s.UploadID, Owner: s.Owner, Name: s.Name, ContentType: s.ContentType,
		Algorithm: s.Algorithm, PartSize: s.PartSize, MaxBytes: s.MaxBytes, OnAbandon: s.OnAbandon,
		OpenedAt: s.OpenedAt, ExpiresAt: s.ExpiresAt,
	}
	if s.Probed() {
		t.WhenWhole, t.Unsized, t.Announced = s.WhenWhole, s.Unsized, s.Announced
	}
	return t
}

// session returns the session that t describes, without a state.
func (t *SessionToken) session() *Session {
	s := &Session{
		ID: t.ID, Owner: t.Owner, Name: t.Name, ContentType: t.ContentType, Algorithm: t.Algorithm, UploadID: t.UploadID,
		PartSize: t.PartSize, MaxBytes: t.MaxBytes, OnAbandon: t.OnAbandon, OpenedAt: t.OpenedAt, ExpiresAt: t.ExpiresAt,
		WhenWhole: t.WhenWhole, Unsized: t.Unsized, Announced: t.Announced,
	}
	if s.Probed() {
		s.Probe = firstProbe(t.OpenedAt)
	}
	return s
}
