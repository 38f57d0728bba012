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
// The key follows from the ID alone, so a watch link works even if Redis has
// forgotten everything.
type ID string

// Key is an object key in the bucket.
type Key string

// Tags is the number of groups that sessions are spread over. It never changes. All
// sessions of one owner have the same tag, and so the same Redis Cluster slot.
const Tags = 64

const idLength = 2 + 26 + 1

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Tag is the group of sessions that id belongs to, 0 to Tags-1.
func (id ID) Tag() int {
	n, _ := strconv.ParseUint(string(id[:2]), 16, 8)
	return int(n)
}

// Name is the ID without its type. A Store finds sessions by their Name. So if the
// same Idempotency-Key comes with another content type, the Store finds the first
// session, and the request is refused.
func (id ID) Name() string { return string(id[:idLength-1]) }

// Key returns the object key: prefix, id and an extension.
func (id ID) Key(prefix string) Key {
	return Key(prefix + string(id) + "." + typeByCode(id[idLength-1]).ext())
}

// ParseID accepts only what newID makes. So a session has one spelling, and no ID
// can change the meaning of a key or a path.
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

// newID makes an ID for a session of owner. With an idempotency key, the random bits
// are an HMAC under secret of the owner (or, without an owner, of the principal) and
// the key. So the same request gets the same session, and nobody can guess the ID
// without the secret.
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
