package session

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Quota is what one owner may use up. Zero fields bound nothing. It is held
// against what the Store has seen, and only where a session is opened: one that
// records goes on to its own MaxBytes, whatever the owner used up meanwhile.
type Quota struct {
	MaxOpen int // sessions at once that are not finished
	// DailyBytes may arrive between one midnight (UTC, by the Store's clock)
	// and the next. What counts is what was reported and, once a session is
	// completed, what S3 says it is; never what was announced or signed, nor
	// what was uploaded and aborted without a report.
	DailyBytes int64
}

// Room returns nil if an owner that has open sessions and as many bytes today
// may open another session, and else Limited: "open-sessions" or "daily-bytes".
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

// untilOneEnds is when to ask again for an open session: nobody knows when one
// of them will end.
const untilOneEnds = 30 * time.Second

// NextMidnight is when the day of now ends, in UTC.
func NextMidnight(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

// Rate is how fast something may go on: PerSecond in the long run, and Burst
// ahead of it. The zero Rate bounds nothing.
type Rate struct{ PerSecond, Burst int }

// Rates bound how many parts are signed and reported. A call costs as many as
// it asks for or reports, whichever are more, and at least one: noting a part
// and a heartbeat are work for the Store too. So are opens and looks, which cost
// CallCost, and looks one more for each PartsPerCost parts.
type Rates struct {
	Session Rate
	Owner   Rate // all sessions of an owner together; not for sessions of nobody
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

// Exceeded is the answer to a call that comes too soon by wait. It is of the
// owner, or of the one session.
func (r Rates) Exceeded(owner bool, wait time.Duration) error {
	if owner {
		return limited(ReasonOwnerSignRate, int64(r.Owner.PerSecond), wait, "the owner's sessions report or ask for more than %d parts a second; a look or an open counts as %d or more", r.Owner.PerSecond, CallCost)
	}
	return limited(ReasonSignRate, int64(r.Session.PerSecond), wait, "the session reports or asks for more than %d parts a second; a look or a poster counts as %d or more", r.Session.PerSecond, CallCost)
}

func limited(reason Reason, limit int64, wait time.Duration, format string, args ...any) error {
	return &Error{Kind: Limited, Reason: reason, Limit: limit, RetryAfter: wait, Detail: fmt.Sprintf(format, args...)}
}

// quota is what the owner of g may use up: the operator's bounds, lowered by
// the grant.
func (b *Broker) quota(g Grant) Quota {
	q := b.Limits.Quota
	if g.MaxOpen > 0 {
		q.MaxOpen = min(cmp.Or(q.MaxOpen, math.MaxInt), g.MaxOpen)
	}
	return q
}
