package session

import (
	"context"
	"time"
)

// Counts is how much there is in a Store, for those who watch over it. The
// numbers are of moments close together, and not of one.
type Counts struct {
	Sessions  map[State]int // all states; finished sessions as long as they are remembered, or a little longer
	Stale     int           // open sessions that nothing was heard of for long
	Notices   int           // in the Outbox
	Refuses   string        // the first word of what the Store says where it takes no write, such as OOM; empty if it takes them
	NoticeAge time.Duration // since the oldest of these happened; 0 where there is none
}

// Counter counts without reading what it counts: a call costs the same however
// much there is.
type Counter interface {
	// Count takes as stale what it heard nothing of for idle. Errors:
	// Unavailable.
	Count(ctx context.Context, idle time.Duration) (Counts, error)
}
