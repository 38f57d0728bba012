package access

import (
	"crypto/sha256"
	"sync"
	"time"

	"slipway/internal/session"
)

const (
	// maxChecked bounds each of the two generations, to some 0.5 kB times that.
	maxChecked = 8192
	// checkedFor is how long a generation takes in: what nobody brings is
	// forgotten after twice that.
	checkedFor = 5 * time.Minute
)

// checked remembers the session tokens that were found genuine, and what they
// say: a recorder brings the same one with every call. docs/security.md says why
// that is safe.
//
// It knows a token by its SHA-256 and keeps none. That a token has ended it does
// not know: who asks looks at that each time. It belongs to one Keyring, and
// with that its keys are forgotten.
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

// age begins another generation where the young one is full or has had its time.
func (c *checked) age(now time.Time) {
	if c.young == nil || len(c.young) >= maxChecked || now.Sub(c.begun) >= checkedFor {
		c.old, c.young, c.begun = c.young, map[tokenSum]session.SessionToken{}, now
	}
}
