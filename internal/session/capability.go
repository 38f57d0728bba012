package session

import (
	"slices"
	"time"
)

// Credential is what a request's bearer string turned out to be. Exactly one
// field is set.
type Credential struct {
	APIKey       *APIKey
	Grant        *Grant
	SessionToken *SessionToken
	Link         *Link
}

// APIKey is what a back end or an ops script identifies itself with.
type APIKey struct {
	Name   string // for people and logs
	Scopes []Scope
}

// Scope is what an API key may be used for.
type Scope string

// The scopes. Grants: mint grants. Sessions: open, see, complete and abort any
// session, watch and delete any recording. Ops: all that and listing, but not
// opening.
const (
	ScopeGrants   Scope = "grants"
	ScopeSessions Scope = "sessions"
	ScopeOps      Scope = "ops"
)

// AllScopes is every scope there is.
var AllScopes = []Scope{ScopeGrants, ScopeSessions, ScopeOps}

// Allows reports whether k has any of scopes.
func (k APIKey) Allows(scopes ...Scope) bool {
	return slices.ContainsFunc(scopes, func(s Scope) bool { return slices.Contains(k.Scopes, s) })
}

// Grant is a short-lived capability to open sessions, minted by an
// application's own back end.
type Grant struct {
	Owner        Owner
	DisplayName  string // of its owner, for people; empty: none
	ExpiresAt    time.Time
	MaxBytes     int64    // per session; 0: the broker's own limit
	MaxOpen      int      // sessions that its owner may have open at once; 0: the broker's own limit
	ContentTypes []string // such as "video/webm" or "audio/*"; none: the broker's own list
	Origin       string   // of the only page that may use it; empty: any
	Principal    string   // who asks where nobody owns: the name of the API key
}

// SessionToken is what a session token carries, signed: all that rebuilds the
// session when the Store has forgotten it.
type SessionToken struct {
	ID          ID
	Bucket      string // Bucket.Name of where the upload is
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

// Ref names a session on somebody's behalf.
type Ref struct {
	ID           ID
	SessionToken *SessionToken // from a session token; nil otherwise
	Owner        *Owner        // if set, sessions of other owners are not found
	Link         *Link         // from a share token, for Watch; nil otherwise
	claim        *Claim        // what the caller says the recording consists of, where it does
}

// SessionToken returns what s's token carries. bucket is Bucket.Name.
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

// session is the record that t rebuilds, in no state yet.
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
