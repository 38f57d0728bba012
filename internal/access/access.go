// Package access knows who may do what. It checks API keys, and it makes and checks the
// three tokens. A grant opens sessions, a session token works on one session, and a
// share token lets people watch one recording. The name of an upload for Uppy is signed
// like the tokens, but it is no credential.
package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

// APIKey is an API key as the settings have it: with its hash, and without its secret.
type APIKey struct {
	session.APIKey
	Hash [sha256.Size]byte
}

// String returns k as it stands in the settings. ParseAPIKey reads it back.
func (k APIKey) String() string {
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	return k.Name + ":" + strings.Join(scopes, "+") + ":" + hex.EncodeToString(k.Hash[:])
}

// ParseAPIKey reads "name:scope+scope:sha256-hex".
func ParseAPIKey(s string) (APIKey, error) {
	name, rest, _ := strings.Cut(s, ":")
	scopes, hash, _ := strings.Cut(rest, ":")
	k := APIKey{APIKey: session.APIKey{Name: name}}
	for scope := range strings.SplitSeq(scopes, "+") {
		if !slices.Contains(session.AllScopes, session.Scope(scope)) {
			return APIKey{}, fmt.Errorf("API key %q: unknown scope; the scopes are grants, sessions and ops", name)
		}
		k.Scopes = append(k.Scopes, session.Scope(scope))
	}
	sum, err := hex.DecodeString(hash)
	if err != nil || len(sum) != len(k.Hash) || name == "" {
		return APIKey{}, fmt.Errorf("API key %q: want name:scope+scope:SHA-256 in hex, as `broker keys new` prints it", name)
	}
	copy(k.Hash[:], sum)
	return k, nil
}

// The beginning of a token says what it is, so that a person or a secret scanner can
// tell.
const (
	apiKeyPrefix       = "sk_"
	grantPrefix        = "gr_"
	sessionTokenPrefix = "st_"
	linkPrefix         = "wt_"
	uploadPrefix       = "up_"
)

// NewAPIKey makes a key, and returns its secret too. Show the secret once, and keep it
// nowhere.
func NewAPIKey(name string, scopes ...session.Scope) (APIKey, string) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	secret := apiKeyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return APIKey{APIKey: session.APIKey{Name: name, Scopes: scopes}, Hash: sha256.Sum256([]byte(secret))}, secret
}

// Keyring makes and checks credentials. Its keys never change. It is safe for
// concurrent use.
type Keyring struct {
	apiKeys []APIKey
	seals   []*sealer // one for each token key
	now     func() time.Time
	checked checked
}

// MinTokenKey is the least length of a token key, in bytes.
const MinTokenKey = 32

// NewKeyring returns a Keyring with these API keys and token keys. The first token key
// signs, and each of them verifies. Several brokers change to a new key in steps: old;
// old, new, old; new, old; new. At each step a broker can read the tokens of the step
// before and of the step after.
//
// Errors: there is no token key, or one is shorter than MinTokenKey.
func NewKeyring(apiKeys []APIKey, tokenKeys [][]byte, now func() time.Time) (*Keyring, error) {
	if len(tokenKeys) == 0 {
		return nil, errors.New("no token key")
	}
	k := &Keyring{apiKeys: apiKeys, now: now}
	for i, key := range tokenKeys {
		if len(key) < MinTokenKey {
			return nil, fmt.Errorf("token key %d is %d bytes; at least %d are needed", i+1, len(key), MinTokenKey)
		}
		k.seals = append(k.seals, newSealer(key))
	}
	return k, nil
}

// Derive makes a secret for another purpose. It uses the last token key, because that
// one stays until the end of a rotation.
func (k *Keyring) Derive(purpose string) []byte {
	return k.seals[len(k.seals)-1].seal("derive", purpose)
}

// Check returns what a bearer string is.
//
// Errors: Unauthorized if it is not one of ours, or has expired.
func (k *Keyring) Check(bearer string) (session.Credential, error) {
	if len(bearer) > maxToken {
		return session.Credential{}, denied(session.ReasonBadToken, "the credential is not one of ours")
	}
	switch {
	case strings.HasPrefix(bearer, apiKeyPrefix):
		return k.checkAPIKey(bearer)
	case strings.HasPrefix(bearer, grantPrefix):
		return k.checkGrant(bearer)
	case strings.HasPrefix(bearer, sessionTokenPrefix):
		return k.checkSessionToken(bearer)
	case strings.HasPrefix(bearer, linkPrefix):
		return k.checkLink(bearer)
	case bearer == "":
		return session.Credential{}, denied(session.ReasonMissingToken, "an Authorization header with a bearer token is required")
	}
	return session.Credential{}, denied(session.ReasonBadToken, "the credential is not one of ours")
}

func denied(reason session.Reason, detail string) error {
	return &session.Error{Kind: session.Unauthorized, Reason: reason, Detail: detail}
}

func (k *Keyring) checkAPIKey(bearer string) (session.Credential, error) {
	sum := sha256.Sum256([]byte(bearer))
	var found *session.APIKey
	for i := range k.apiKeys { // all of them, so time tells nothing
		if subtle.ConstantTimeCompare(sum[:], k.apiKeys[i].Hash[:]) == 1 {
			found = &k.apiKeys[i].APIKey
		}
	}
	if found == nil {
		return session.Credential{}, denied(session.ReasonBadToken, "the API key is not known")
	}
	return session.Credential{APIKey: found}, nil
}

const maxToken = 8 << 10 // bytes

// pack makes a token: prefix, payload, dot, HMAC. The prefix goes into the
// HMAC, so one kind of token can never pass for another.
func (k *Keyring) pack(prefix string, payload any) string {
	body, err := json.Marshal(payload, jsontext.AllowInvalidUTF8(true)) // it is replaced: an upload ID is S3's word
	if err != nil {
		panic(err) // our own structs always marshal
	}
	text := base64.RawURLEncoding.EncodeToString(body)
	return prefix + text + "." + base64.RawURLEncoding.EncodeToString(k.seals[0].seal(prefix, text))
}

func (k *Keyring) unpack(prefix, token string, payload any) error {
	text, mac, _ := strings.Cut(strings.TrimPrefix(token, prefix), ".")
	got, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	genuine := err == nil && slices.ContainsFunc(k.seals, func(s *sealer) bool {
		return hmac.Equal(got, s.seal(prefix, text))
	})
	if !genuine {
		return denied(session.ReasonBadToken, "the token is not one of ours, or was cut short")
	}
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(body, payload)
	}
	if err != nil {
		return &session.Error{Kind: session.Internal, Op: "access.unpack", Err: err}
	}
	return nil
}

// sealer makes HMACs with one key. An HMAC that is set up is used again: that
// spares it the hashes of its key.
type sealer struct{ macs sync.Pool }

func newSealer(key []byte) *sealer {
	return &sealer{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (s *sealer) seal(prefix, text string) []byte {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	_, _ = io.WriteString(mac, "slipway "+prefix+" ") // a hash takes everything
	_, _ = io.WriteString(mac, text)
	return mac.Sum(nil)
}
