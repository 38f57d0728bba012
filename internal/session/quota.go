package session

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Quota is how much one owner may use. A zero field sets no limit. The Store checks it
// only when a session is opened. A session that records may go on up to its own
// MaxBytes, whatever the owner has used meanwhile.
type Quota struct {
	MaxOpen int // sessions at once that are not finished
	// DailyBytes is how many bytes may arrive between one midnight (UTC, by the
	// Store's clock) and the next. Reported bytes count, and once a session is
	// completed, the size that S3 has. Bytes that were only announced or signed do
	// not count, nor bytes that were uploaded, never reported and then aborted.
	DailyBytes int64
}

// Room returns nil if an owner may open another session. open is how many sessions
// the owner has open, and today how many of its bytes arrived today. Else the error is
// Limited: "open-sessions" or "daily-bytes".
func (q Quota) Room(open int, today int64, now time.Time) error {
	switch {
	case q.MaxOpen > 0 && open >= q.MaxOpen:
		return limited(ReasonOpenSessions, int64(q.MaxOpen), untilOneEnds, "the owner has %d open sessions; at most %d are allowed", open, q.MaxOpen)
	case q.DailyBytes > 0 && today >= q.DailyBytes:
		midnight := NextMidnight(now)
		return limited(ReasonDailyBytes, q.DailyBytes, midnight.Sub(now), "the owner's recordings came to %d bytes today; no other may begin before %s", today, midnight.Format(time.RFC3339))
	}
	return nil
}

// untilOneEnds is how long to wait before asking again for an open session. It is a
// guess, because nobody knows when a session will end.
const untilOneEnds = 30 * time.Second

// NextMidnight returns when the day of now ends, in UTC.
func NextMidnight(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

// Rate limits how often something may happen: PerSecond in the long run, and Burst at
// once ahead of that. The zero Rate sets no limit.
type Rate struct{ PerSecond, Burst int }

// Rates limit how many parts are signed and reported. A call costs as many as it asks
// for or as it reports, whichever is more, and at least one, because a heartbeat is
// work for the Store too. An open and a look cost CallCost, and a look one more for
// each PartsPerCost parts.
type Rates struct {
	Session Rate
	Owner   Rate // all sessions of an owner together; sessions without an owner have only Session
}

const (
	// CallCost is what a look, an open and the claim of a session that is open
	// cost: each is a few requests to S3 too, so fewer of them are let through
	// than of parts. So do posters, captions and titles, of which each PUT may leave a
	// version. A recorder makes a handful in its life.
	CallCost = 20
	// PartsPerCost is how many parts the Store reads in the time that it takes to
	// note one: Redis 1.2 µs and 10 µs each (TestNoBodyKeepsRedisForLong).
	PartsPerCost = 8
)

// Exceeded returns the error for a call that comes too early by wait. It names the
// owner's rate or the session's.
func (r Rates) Exceeded(owner bool, wait time.Duration) error {
	if owner {
		return limited(ReasonOwnerSignRate, int64(r.Owner.PerSecond), wait, "the owner's sessions report or ask for more than %d parts a second; a look or an open counts as %d or more", r.Owner.PerSecond, CallCost)
	}
	return limited(ReasonSignRate, int64(r.Session.PerSecond), wait, "the session reports or asks for more than %d parts a second; a look or a poster counts as %d or more", r.Session.PerSecond, CallCost)
}

func limited(reason Reason, limit int64, wait time.Duration, format string, args ...any) error {
	return &Error{Kind: Limited, Reason: reason, Limit: limit, RetryAfter: wait, Detail: fmt.Sprintf(format, args...)}
}

// quota returns how much the owner of g may use: the operator's limits, or the
// grant's if they are lower.
func (b *Broker) quota(g Grant) Quota {
	q := b.Limits.Quota
	if g.MaxOpen > 0 {
		q.MaxOpen = min(cmp.Or(q.MaxOpen, math.MaxInt), g.MaxOpen)
	}
	return q
}
