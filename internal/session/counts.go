package session

import (
	"context"
	"time"
)

// Counts says how much a Store holds, for monitoring. The numbers are not all from
// the same moment, but from moments close together.
type Counts struct {
	Sessions  map[State]int // by state; finished sessions while they are remembered, or a little longer
	Stale     int           // open sessions without a sign of life for the idle time that Count was given
	Notices   int           // in the Outbox
	Refuses   string        // the first word of the Store's error if it takes no writes, such as OOM; empty if it takes them
	NoticeAge time.Duration // age of the oldest of the Notices; 0 if there is none
}

// Counter counts without reading what it counts. So a call costs the same, however
// much the Store holds.
type Counter interface {
	// Count counts a session as stale if it had no sign of life for idle. Errors:
	// Unavailable.
	Count(ctx context.Context, idle time.Duration) (Counts, error)
}
