// Package session is Slipway's story: a recorder opens a session, PUTs parts
// straight to S3 with the URLs it is given, and completes. The package holds
// the rules of that life and imports the standard library only; S3, Redis and
// HTTP are reached through the interfaces in ports.go.
//
// Read session.go for the nouns, then open.go, parts.go, complete.go and
// abort.go in the order in which a recording meets them.
package session

import (
	"slices"
	"time"
)

// Owner is whose recording it is, opaque to us: 1 to MaxOwnerBytes of UTF-8
// without control characters. It comes from the grant.
type Owner string

// State is where a session stands in its life; see transitions.
type State string

// The states. "Lost" is not among them: it is an answer, judged anew on every
// call, given when S3 knows neither the upload nor the object.
const (
	Open       State = "open"       // parts arrive
	Completing State = "completing" // the intent is stored; S3 is asked, or has been
	Completed  State = "completed"  // the object is in S3
	Aborting   State = "aborting"   // the intent is stored; parts are being freed
	Aborted    State = "aborted"    // S3 no longer knows the upload
	Deleted    State = "deleted"    // the completed object was deleted on request
)

// transitions is the whole life of a session. The empty state is "no record":
// a session whose record was lost comes back as what S3 says it is.
var transitions = map[State][]State{
	"":         {Open, Completed},
	Open:       {Completing, Aborting, Open, Completed, Aborted},
	Completing: {Completed, Open, Completing, Aborted},
	Aborting:   {Aborted, Aborting, Completed},
	Completed:  {Deleted},
}

// Of those that surprise:
//
//	open → open              what the record says of itself changed, such as its token's expiry
//	open → completed         the upload is gone and the object is there: the record was behind
//	open → aborted           lost: S3 knows neither, and the resume window has ended
//	completing → open        S3 definitely refused the intent, so nothing was made of it
//	completing → completing  a lease taken over; so for aborting
//	completing → aborted     lost, as above
//	aborting → completed     a complete that nobody listened to any more was quicker than the abort

// Finished reports whether nothing more will happen to the upload.
func (s State) Finished() bool { return s == Completed || s == Aborted || s == Deleted }

// Valid reports whether s is one of the states above.
func (s State) Valid() bool {
	return slices.Contains([]State{Open, Completing, Completed, Aborting, Aborted, Deleted}, s)
}

func (s State) mayBecome(next State) bool { return slices.Contains(transitions[s], next) }

// OnAbandon says what becomes of a session whose recorder never comes back.
type OnAbandon string

// Salvage completes it from the parts that arrived; Discard aborts it.
const (
	Salvage OnAbandon = "salvage"
	Discard OnAbandon = "abort"
)

// Outcome says how a completed session came to be one.
type Outcome string

// AsClaimed: the recorder claimed every part and S3 agreed. Salvaged: the
// recorder was gone and the broker completed what had arrived.
const (
	AsClaimed Outcome = "completed"
	Salvaged  Outcome = "salvaged"
)

// Revision numbers the changes of one record. Every change, a mere sign of life
// too, makes a higher one, so an ops script that acts on a listing can tell
// that a session came back to life since. It is the Store's time in
// milliseconds, or one more than the last, whichever is higher: so no number
// comes twice, not even after the Store was lost and began anew.
type Revision int64

// Session is one recording on its way to one key, as a Store keeps it.
type Session struct {
	ID          ID
	Owner       Owner
	Name        string
	ContentType string
	Algorithm   ChecksumAlgorithm // of the whole upload; never AutoChecksum
	UploadID    UploadID
	PartSize    int64 // bytes; the size of every part but the last
	MaxBytes    int64 // bytes; no URL is signed past it
	OnAbandon   OnAbandon
	OpenedAt    time.Time
	ExpiresAt   time.Time // when the session token ends
	Request     string    // fingerprint of the open request, to tell a repeated one from another under the same Idempotency-Key

	// Announced is how many bytes the recorder said there will be; 0: it could
	// not know. The token carries it only with WhenWhole.
	Announced int64
	// WhenWhole: the broker completes the upload by itself as soon as S3 has
	// all that was announced.
	WhenWhole bool
	Probe     Probe // where Probed
	// Unsized: the client never says how long a part is, and so no URL binds it.
	// S3 says it: when the session is completed, and to the probes until then.
	Unsized bool
	// Adopted: the upload was found in S3 and nobody had a record of it, so
	// all but ID, UploadID and Algorithm is a guess until a token comes.
	Adopted bool
	// HoleAt is ActiveAt as it was when the reaper found that a part is
	// missing. As long as they are equal nothing changed, and it need not look.
	HoleAt time.Time

	State    State
	Revision Revision
	Intent   *Intent // what was, or is being, asked of S3; set in completing
	Result   *Result // set in completed

	// What the Store notes by itself, on its own clock.
	ActiveAt     time.Time // the last call for this session
	URLsExpireAt time.Time // the latest expiry of any URL signed so far
	LeaseUntil   time.Time // completing and aborting: until then nobody else acts
	ReadAt       time.Time // the Store's time when it handed out this copy; a lease is judged by it, never by a broker's clock

	// What the recorder reported. ListParts, not this, is the truth.
	PartsReported int
	BytesReported int64
}

// Result is what S3 answered.
type Result struct {
	Outcome  Outcome
	Size     int64 // bytes
	ETag     ETag
	Claim    string   // the intent's; empty where all we know is the object
	Claimed  ETag     // the intent's; with SSE-KMS it is not the object's
	Checksum Checksum // composite; empty where there is none
	// Missing, where it was salvaged, are the parts that are not in the object
	// and yet should be: below the highest number, or reported; and those that
	// are there and not as they were reported. In order.
	Missing []PartNumber
	// Duration is how long the recorder said that it is, 0 where nobody said.
	Duration time.Duration
}

// MaxParts is the last part number this session may use: what MaxBytes
// allows, and at most MaxPartNumber.
func (s *Session) MaxParts() int {
	if s.Unsized { // its client cuts the parts, and S3 takes none shorter but the last
		return maxParts(s.MaxBytes, MinPartSize)
	}
	return maxParts(s.MaxBytes, s.PartSize)
}

func maxParts(maxBytes, partSize int64) int {
	n := (maxBytes + partSize - 1) / partSize
	return int(min(n, MaxPartNumber))
}

// leased reports whether another broker is at work on s right now.
func (s *Session) leased() bool { return s.ReadAt.Before(s.LeaseUntil) }
