package session

import "context"

// Act is one thing that a broker did to a session of its own accord, for the
// log. What failed is no act; the next round tries again.
type Act struct {
	What    ActKind
	Session ID
}

// ActKind says what was done.
type ActKind string

// The reaper's and the sweeper's acts.
const (
	ActSalvaged  ActKind = "salvaged"  // completed from what arrived
	ActAborted   ActKind = "aborted"   // nobody came back, and nothing was to be kept
	ActFinished  ActKind = "finished"  // a complete or an abort that another broker had begun
	ActLost      ActKind = "lost"      // S3 knew neither the upload nor the object
	ActAdopted   ActKind = "adopted"   // an upload that the Store forgot is its session again
	ActReindexed ActKind = "reindexed" // the Store had lost it from its index, where the reaper looks
	ActFreed     ActKind = "freed"     // an empty upload that no session has was aborted
)

func (b *Broker) acted(ctx context.Context, what ActKind, id ID) {
	if b.Acted != nil {
		b.Acted(ctx, Act{what, id})
	}
}
