package session

import "context"

// Act is one thing that a broker did to a session without being asked. It is for
// the log. A failure is not an Act; the next round tries again.
type Act struct {
	What    ActKind
	Session ID
}

// ActKind says what was done.
type ActKind string

// The reaper's and the sweeper's acts.
const (
	ActSalvaged  ActKind = "salvaged"  // completed from the parts that arrived
	ActAborted   ActKind = "aborted"   // nobody came back, and there was nothing to keep
	ActFinished  ActKind = "finished"  // a complete or an abort that another broker had begun
	ActLost      ActKind = "lost"      // S3 knew neither the upload nor the object
	ActAdopted   ActKind = "adopted"   // an upload that the Store had forgotten became a session again
	ActReindexed ActKind = "reindexed" // it was missing from the Store's index, where the reaper looks, and was put back
	ActFreed     ActKind = "freed"     // an empty upload that no session has was aborted
)

func (b *Broker) acted(ctx context.Context, what ActKind, id ID) {
	if b.Acted != nil {
		b.Acted(ctx, Act{what, id})
	}
}
