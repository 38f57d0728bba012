package access

import (
	"crypto/sha256"
	"sync"
	"time"

	"slipway/internal/session"
)

const (
	// maxChecked is how many tokens each of the two generations holds at most, at
	// about 0.5 kB each.
	maxChecked = 8192
	// checkedFor is how long a generation takes new tokens. A token that nobody
	// brings is forgotten after at most twice that time.
	checkedFor = 5 * time.Minute
)

// checked remembers what genuine session tokens carry, because a recorder sends the same
// token with every call. docs/security.md says why that is safe.
//
// It knows a token by its SHA-256 and keeps no token. It does not check whether a token
// has expired; the caller does that each time. It belongs to one Keyring, and ends with
// the Keyring's keys.
type checked struct {
	mu         sync.Mutex // guards what follows
	young, old map[tokenSum]session.SessionToken
	begun      time.Time // young
}

type tokenSum [sha256.Size]byte

func sumOf(token string) tokenSum { return sha256.Sum256([]byte(token)) }

func (c *checked) find(sum tokenSum, now time.Time) (session.SessionToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age(now)
	t, ok := c.young[sum]
	if ok {
		return t, true
	}
	if t, ok = c.old[sum]; ok {
		c.young[sum] = t
	}
	return t, ok
}

func (c *checked) add(sum tokenSum, t session.SessionToken, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age(now)
	c.young[sum] = t
}

// age begins a new generation if the young one is full or old enough.
func (c *checked) age(now time.Time) {
	if c.young == nil || len(c.young) >= maxChecked || now.Sub(c.begun) >= checkedFor {
		c.old, c.young, c.begun = c.young, map[tokenSum]session.SessionToken{}, now
	}
}
