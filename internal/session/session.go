// Package session is the core of Slipway. A recorder opens a session, PUTs parts
// straight to S3 with URLs that it is given, and completes the session. This package
// has the rules of a session's life. It imports the standard library only, and reaches
// S3 and Redis through the interfaces in ports.go.
//
// Read session.go first, for the nouns. Then read open.go, parts.go, complete.go and
// abort.go, in the order in which a recording comes to them.
package session

import (
	"slices"
	"time"
)

// Owner is the person or team that a recording belongs to. It comes from the grant, and
// means nothing to Slipway: 1 to MaxOwnerBytes of UTF-8 without control characters.
type Owner string

// State is the state of a session; see transitions.
type State string

// The states. "Lost" is not one of them. It is an answer, given if S3 knows neither the
// upload nor the object, and each call judges that again.
const (
	Open       State = "open"       // parts arrive
	Completing State = "completing" // the intent is stored; S3 is or was asked to complete
	Completed  State = "completed"  // the object is in S3
	Aborting   State = "aborting"   // the intent is stored; S3 deletes the parts
	Aborted    State = "aborted"    // S3 no longer knows the upload
	Deleted    State = "deleted"    // the completed object was deleted on request
)

// transitions lists every change of state that is allowed. The empty state means that
// there is no record. A session whose record was lost comes back with the state that S3
// shows.
var transitions = map[State][]State{
	"":         {Open, Completed},
	Open:       {Completing, Aborting, Open, Completed, Aborted},
	Completing: {Completed, Open, Completing, Aborted},
	Aborting:   {Aborted, Aborting, Completed},
	Completed:  {Deleted},
}

// These changes may surprise:
//
//	open → open              something else in the record changed, such as the token's expiry
//	open → completed         the upload is gone and the object is there: the record was behind
//	open → aborted           lost: S3 knows neither, and the resume window has ended
//	completing → open        S3 definitely refused the intent, so there is no object
//	completing → completing  another broker took over the lease; the same for aborting
//	completing → aborted     lost, as above
//	aborting → completed     an earlier complete, whose answer was lost, was faster than the abort

// Finished reports whether the upload is over.
func (s State) Finished() bool { return s == Completed || s == Aborted || s == Deleted }

// Valid reports whether s is one of the states above.
func (s State) Valid() bool {
	return slices.Contains([]State{Open, Completing, Completed, Aborting, Aborted, Deleted}, s)
}

func (s State) mayBecome(next State) bool { return slices.Contains(transitions[s], next) }

// OnAbandon says what to do with a session whose recorder never comes back.
type OnAbandon string

// Salvage completes it from the parts that arrived; Discard aborts it.
const (
	Salvage OnAbandon = "salvage"
	Discard OnAbandon = "abort"
)

// Outcome says how a session was completed.
type Outcome string

// AsClaimed: the recorder claimed every part and S3 agreed. Salvaged: the
// recorder was gone and the broker completed what had arrived.
const (
	AsClaimed Outcome = "completed"
	Salvaged  Outcome = "salvaged"
)

// Revision numbers the changes of one record. Every change makes a higher number, and so
// does each sign of life. So an ops script that works on a listing notices that a
// session has come back to life. The number is the Store's time in milliseconds, or one
// more than the last number, whichever is higher. So no number comes twice, even if the
// Store was lost.
type Revision int64

// Session is one recording on its way to one key, as a Store keeps it.
type Session struct {
	ID          ID
	Owner       Owner
	Name        string
	ContentType string
	Algorithm   ChecksumAlgorithm // of the whole upload; never AutoChecksum
	UploadID    UploadID
	PartSize    int64 // bytes; every part but the last has this size
	MaxBytes    int64 // bytes; no URL is signed beyond it
	OnAbandon   OnAbandon
	OpenedAt    time.Time
	ExpiresAt   time.Time // when the session token ends
	Request     string    // fingerprint of the open request; shows whether an Idempotency-Key comes with the same request again

	// Announced is the size, in bytes, that the recorder announced; 0: it did not
	// know. The token carries it only with WhenWhole or Unsized.
	Announced int64
	// WhenWhole: the broker completes the upload by itself once S3 has everything
	// that was announced.
	WhenWhole bool
	Probe     Probe // only if Probed
	// Unsized: the client never says how long a part is, so no URL limits the
	// length. S3 tells the lengths: to the probes, and when the session is completed.
	Unsized bool
	// Adopted: the upload was found in S3 and there was no record of it. Until its
	// token comes, everything except ID, UploadID and Algorithm is a guess.
	Adopted bool
	// HoleAt is the value that ActiveAt had when the reaper found a part missing. As
	// long as both are equal nothing has changed, and the reaper need not ask S3.
	HoleAt time.Time

	State    State
	Revision Revision
	Intent   *Intent // the request to S3; only in completing
	Result   *Result // only in completed

	// The Store sets these fields, by its own clock.
	ActiveAt     time.Time // the last call for this session
	URLsExpireAt time.Time // the latest expiry of any URL signed so far
	LeaseUntil   time.Time // in completing and aborting: until then no other broker acts
	ReadAt       time.Time // the Store's time when it returned this copy; compare a lease with this time, never with a broker's clock

	// What the recorder reported. Only ListParts says what S3 has.
	PartsReported int
	BytesReported int64
}

// Result is what S3 answered.
type Result struct {
	Outcome  Outcome
	Size     int64 // bytes
	ETag     ETag
	Claim    string   // of the intent; empty if only the object is known
	Claimed  ETag     // of the intent; with SSE-KMS the object has another one
	Checksum Checksum // composite; empty if there is none
	// Missing names the parts that a salvaged recording lacks, sorted: parts below
	// the highest number that are not there, parts that were reported and are not
	// there, and parts that differ from what was reported.
	Missing []PartNumber
	// Duration is how long the recording is, as the recorder said; 0 if it did not.
	Duration time.Duration
}

// MaxParts returns the highest part number that s may use: as MaxBytes allows, and at
// most MaxPartNumber.
func (s *Session) MaxParts() int {
	if s.Unsized { // its client chooses the sizes; S3 takes no part under MinPartSize but the last
		return maxParts(s.MaxBytes, MinPartSize)
	}
	return maxParts(s.MaxBytes, s.PartSize)
}

func maxParts(maxBytes, partSize int64) int {
	n := (maxBytes + partSize - 1) / partSize
	return int(min(n, MaxPartNumber))
}

// leased reports whether another broker is working on s now.
func (s *Session) leased() bool { return s.ReadAt.Before(s.LeaseUntil) }
