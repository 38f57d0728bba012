package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// ID names a session and, later, its recording: 29 characters of a-z and 0-9.
//
//	2c 7qmtx4o3avbnkfz5yd6ueirlwi w
//	│  │                          └ type: the key's extension follows from it
//	│  └ 128 unguessable bits, base32
//	└ tag: which of the Tags groups of sessions this one belongs to
//
// The key is computable from the ID alone, so a watch link works when Redis
// has forgotten everything.
type ID string

// Key is an object key in the bucket.
type Key string

// Tags is the fixed number of groups that sessions are spread over. All
// sessions of one owner share a tag, hence a Redis Cluster slot.
const Tags = 64

const idLength = 2 + 26 + 1

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Tag is the group of sessions that id belongs to, 0 to Tags-1.
func (id ID) Tag() int {
	n, _ := strconv.ParseUint(string(id[:2]), 16, 8)
	return int(n)
}

// Name is the ID without its type. It is what a Store keys by, so that the
// same Idempotency-Key with another content type meets the first session and
// is told so.
func (id ID) Name() string { return string(id[:idLength-1]) }

// Key returns the object key: prefix, id and an extension.
func (id ID) Key(prefix string) Key {
	return Key(prefix + string(id) + "." + typeByCode(id[idLength-1]).ext())
}

// ParseID accepts what newID makes and nothing else, so no two spellings name
// one session and nothing in an ID can steer a key or a path.
func ParseID(s string) (ID, error) {
	if !plainID(s) {
		return "", &Error{Kind: NotFound, Reason: ReasonBadID, Detail: "not the ID of a session"}
	}
	return ID(s), nil
}

func plainID(s string) bool {
	if len(s) != idLength || typeByCode(s[28]).code != s[28] {
		return false
	}
	var text, again [26]byte
	var random [16]byte
	copy(text[:], s[2:28])
	if _, err := idEncoding.Decode(random[:], text[:]); err != nil {
		return false
	}
	if idEncoding.Encode(again[:], random[:]); again != text {
		return false
	}
	tag, err := strconv.ParseUint(s[:2], 16, 8)
	return err == nil && tag < Tags && s[:2] == strings.ToLower(s[:2])
}

// TagOf returns the tag of all of owner's sessions.
func TagOf(owner Owner) int {
	sum := sha256.Sum256([]byte(owner))
	return int(sum[0]) % Tags
}

// newID makes an ID for a session of owner. With an idempotency key the
// random bits are an HMAC of owner (or, without one, of the principal) and key
// under secret: the same request lands on the same session, and nobody without
// the secret can guess it.
func newID(owner Owner, contentType string, secret []byte, principal, idempotencyKey string) ID {
	var random [16]byte
	if idempotencyKey == "" {
		_, _ = rand.Read(random[:]) // never fails since Go 1.24
	} else {
		mac := hmac.New(sha256.New, secret)
		if owner != "" {
			principal = ""
		}
		fmt.Fprintf(mac, "slipway session id %q %q %q", owner, principal, idempotencyKey)
		copy(random[:], mac.Sum(nil))
	}
	tag := TagOf(owner)
	if owner == "" {
		tag = int(random[15]) % Tags
	}
	return ID(hex.EncodeToString([]byte{byte(tag)}) + idEncoding.EncodeToString(random[:]) + string(typeOf(contentType).code))
}
