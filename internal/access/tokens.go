package access

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/session"
)

// The payloads of the tokens. Names are short because tokens are sent in headers. A field
// may be added, but its meaning must never change. An older broker ignores a new field.
// So a new limit takes effect only when every old broker has been replaced. Instants are
// Unix milliseconds.

type grantPayload struct {
	Version      int      `json:"v"`
	Owner        string   `json:"o"`
	ExpiresAt    int64    `json:"e"`
	MaxBytes     int64    `json:"m,omitzero"`
	ContentTypes []string `json:"c,omitzero"`
	MaxOpen      int      `json:"n,omitzero"`
	Origin       string   `json:"r,omitzero"`
	DisplayName  string   `json:"d,omitzero"`
}

type sessionTokenPayload struct {
	Version     int    `json:"v"`
	ID          string `json:"i"`
	Bucket      string `json:"b"`
	UploadID    string `json:"u"`
	Owner       string `json:"o,omitzero"`
	Name        string `json:"n,omitzero"`
	ContentType string `json:"c"`
	Algorithm   string `json:"a"`
	PartSize    int64  `json:"p"`
	MaxBytes    int64  `json:"m"`
	OnAbandon   string `json:"d"`
	OpenedAt    int64  `json:"t"`
	ExpiresAt   int64  `json:"e"`
	WhenWhole   bool   `json:"w,omitzero"`
	Announced   int64  `json:"s,omitzero"`
	Unsized     bool   `json:"z,omitzero"`
}

type linkPayload struct {
	Version    int    `json:"v"`
	ID         string `json:"i"`
	Generation string `json:"g,omitzero"`
	ExpiresAt  int64  `json:"e,omitzero"`
}

const (
	version = 1
	// newerVersion is the version of a token whose session has a checksum that
	// older brokers do not know. They would sign its parts without a checksum, so
	// they must answer token-version. Then the recorder asks another broker.
	newerVersion = 2
)

// versionOf is the version of the token that carries t.
func versionOf(t session.SessionToken) int {
	if t.Algorithm == session.NoChecksum || t.Algorithm == session.SHA256 {
		return version
	}
	return newerVersion
}

// SignGrant returns the token for g.
func (k *Keyring) SignGrant(g session.Grant) string {
	return k.pack(grantPrefix, grantPayload{version, string(g.Owner), g.ExpiresAt.UnixMilli(), g.MaxBytes, g.ContentTypes, g.MaxOpen, g.Origin, g.DisplayName})
}

// SignSessionToken returns the session token for t.
func (k *Keyring) SignSessionToken(t session.SessionToken) string {
	return k.packSessionToken(sessionTokenPrefix, t)
}

// SignUpload returns a name for the upload of t. The name stands in URLs, which others
// may log. It carries what a session token carries, but it is no credential: Check
// refuses it, and OpenUpload is called only for a caller who has shown another one.
func (k *Keyring) SignUpload(t session.SessionToken) string {
	return k.packSessionToken(uploadPrefix, t)
}

func (k *Keyring) packSessionToken(prefix string, t session.SessionToken) string {
	return k.pack(prefix, sessionTokenPayload{
		versionOf(t), string(t.ID), t.Bucket, string(t.UploadID), string(t.Owner), t.Name, t.ContentType, string(t.Algorithm),
		t.PartSize, t.MaxBytes, string(t.OnAbandon), t.OpenedAt.UnixMilli(), t.ExpiresAt.UnixMilli(), t.WhenWhole, t.Announced, t.Unsized,
	})
}

// SignLink returns the share token for link. The same Link always gives the same
// token, so a link can be shown before the recording is finished.
func (k *Keyring) SignLink(link session.Link) string {
	p := linkPayload{Version: version, ID: string(link.ID), Generation: link.Generation}
	if !link.ExpiresAt.IsZero() {
		p.ExpiresAt = link.ExpiresAt.UnixMilli()
	}
	return k.pack(linkPrefix, p)
}

func (k *Keyring) checkGrant(token string) (session.Credential, error) {
	var p grantPayload
	if err := k.open(grantPrefix, token, &p, &p.Version, version); err != nil {
		return session.Credential{}, err
	}
	g := session.Grant{
		Owner: session.Owner(p.Owner), ExpiresAt: time.UnixMilli(p.ExpiresAt), MaxBytes: p.MaxBytes, MaxOpen: p.MaxOpen,
		ContentTypes: p.ContentTypes, Origin: p.Origin, DisplayName: p.DisplayName,
	}
	if !k.now().Before(g.ExpiresAt) {
		return session.Credential{}, denied(session.ReasonGrantExpired, "the grant ended at "+clock(g.ExpiresAt)+"; ask for a fresh one")
	}
	return session.Credential{Grant: &g}, nil
}

func (k *Keyring) checkSessionToken(token string) (session.Credential, error) {
	t, err := k.openSessionToken(sessionTokenPrefix, token)
	if err != nil {
		return session.Credential{}, err
	}
	if !k.now().Before(t.ExpiresAt) {
		return session.Credential{}, denied(session.ReasonTokenExpired, "the session token ended at "+clock(t.ExpiresAt))
	}
	return session.Credential{SessionToken: &t}, nil
}

// Reopen reads a session token that may have ended, so that it can be renewed.
//
// Errors: Invalid if the token is not one of ours. It is not Unauthorized, because the
// caller has shown another credential, which is good.
func (k *Keyring) Reopen(token string) (session.SessionToken, error) {
	return k.reopen(sessionTokenPrefix, token, "token", "a session token")
}

// OpenUpload reads what SignUpload made, however old it is. Its owner may use it, as
// with a session token that has expired. Errors are the same as for Reopen.
func (k *Keyring) OpenUpload(name string) (session.SessionToken, error) {
	return k.reopen(uploadPrefix, name, "uploadId", "an uploadId")
}

// reopen reads a token from a field of a request, where it is no credential.
func (k *Keyring) reopen(prefix, token, field, what string) (session.SessionToken, error) {
	bad := &session.Error{Kind: session.Invalid, Reason: session.ReasonBadToken, Field: field, Detail: field + " is not " + what + " of ours, or was cut short"}
	if !strings.HasPrefix(token, prefix) {
		return session.SessionToken{}, bad
	}
	t, err := k.openSessionToken(prefix, token)
	if session.KindOf(err) == session.Unauthorized {
		err = bad
	}
	return t, err
}

// openSessionToken reads a session token that may have expired, or an upload's name.
func (k *Keyring) openSessionToken(prefix, token string) (session.SessionToken, error) {
	sum, now := sumOf(token), k.now() // its prefix is part of it
	if t, known := k.checked.find(sum, now); known {
		return t, nil
	}
	t, err := k.unpackSessionToken(prefix, token)
	if err == nil {
		k.checked.add(sum, t, now)
	}
	return t, err
}

func (k *Keyring) unpackSessionToken(prefix, token string) (session.SessionToken, error) {
	var p sessionTokenPayload
	if err := k.open(prefix, token, &p, &p.Version, newerVersion); err != nil {
		return session.SessionToken{}, err
	}
	return session.SessionToken{
		ID: session.ID(p.ID), Bucket: p.Bucket, UploadID: session.UploadID(p.UploadID), Owner: session.Owner(p.Owner), Name: p.Name,
		ContentType: p.ContentType, Algorithm: session.ChecksumAlgorithm(p.Algorithm), PartSize: p.PartSize, MaxBytes: p.MaxBytes,
		OnAbandon: session.OnAbandon(p.OnAbandon), OpenedAt: time.UnixMilli(p.OpenedAt), ExpiresAt: time.UnixMilli(p.ExpiresAt),
		WhenWhole: p.WhenWhole, Unsized: p.Unsized, Announced: p.Announced,
	}, nil
}

func (k *Keyring) checkLink(token string) (session.Credential, error) {
	var p linkPayload
	if err := k.open(linkPrefix, token, &p, &p.Version, version); err != nil {
		return session.Credential{}, err
	}
	link := session.Link{ID: session.ID(p.ID), Generation: p.Generation}
	if p.ExpiresAt != 0 {
		link.ExpiresAt = time.UnixMilli(p.ExpiresAt)
		if !k.now().Before(link.ExpiresAt) {
			return session.Credential{}, denied(session.ReasonLinkExpired, "the link ended at "+clock(link.ExpiresAt))
		}
	}
	return session.Credential{Link: &link}, nil
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// open unpacks a token. It refuses a version that it does not know: a newer broker made
// that token, and the client should ask another broker.
func (k *Keyring) open(prefix, token string, payload any, v *int, newest int) error {
	if err := k.unpack(prefix, token, payload); err != nil {
		return err
	}
	if *v < version || *v > newest {
		return &session.Error{Kind: session.Unavailable, Reason: session.ReasonTokenVersion, RetryAfter: time.Minute,
			Detail: fmt.Sprintf("the token is of version %d and this broker reads up to %d", *v, newest)}
	}
	return nil
}
