package session

import (
	"context"
	"iter"
	"time"
)

// EventType is what happened to a session.
type EventType string

// The events. Each happens to a session at most once, so session ID and type name
// the event.
const (
	EventOpened    EventType = "opened"
	EventCompleted EventType = "completed" // as the recorder claimed
	EventSalvaged  EventType = "salvaged"  // completed without the recorder
	EventAborted   EventType = "aborted"
	EventLost      EventType = "lost" // S3 knew neither the upload nor the object when the resume window ended
)

// Event is one change of a session, for everybody who listens.
type Event struct {
	ID          string // session ID, a dash and the type; shows a listener that an event came twice
	Type        EventType
	At          time.Time // the Store's time
	Session     ID
	Owner       Owner
	Name        string
	ContentType string
	Size        int64        // bytes; of completed and salvaged
	Missing     []PartNumber // of salvaged; see Result
	OpenedAt    time.Time
	Duration    time.Duration // of completed; see Result
}

// eventOf returns the event of this type for s as it is now.
func eventOf(t EventType, s *Session) *Event {
	e := &Event{ID: string(s.ID) + "-" + string(t), Type: t, Session: s.ID, Owner: s.Owner, Name: s.Name, ContentType: s.ContentType, OpenedAt: s.OpenedAt}
	if s.Result != nil {
		e.Size, e.Missing, e.Duration = s.Result.Size, s.Result.Missing, s.Result.Duration
	}
	return e
}

// EventLog tells what happened. It keeps the newest events only, and may lose
// some; the listing of sessions is the truth.
type EventLog interface {
	// Follow yields the events since an instant, and then each new one, until ctx
	// ends. The events of one session come in order. After an error, which is
	// Unavailable, it goes on where it stopped.
	Follow(ctx context.Context, since time.Time) iter.Seq2[Event, error]
}

// Outbox keeps events until a broker has delivered them. Each is delivered at
// least once, by any of the brokers.
type Outbox interface {
	// Take returns up to limit notices that are due. Nobody else gets them for the
	// time hold. Owners take turns, so an owner with many notices keeps no other
	// owner waiting. Each owner's notice that is due for longest comes first.
	Take(ctx context.Context, limit int, hold time.Duration) ([]Notice, error)
	// Done deletes a notice that was delivered. It can be repeated.
	Done(ctx context.Context, n Notice) error
	// Later makes a notice due again after wait.
	Later(ctx context.Context, n Notice, wait time.Duration) error
}

// Notice is an event that is to be delivered.
type Notice struct {
	Event
	Tries int    // how often it was taken until now
	Ref   string // its name in the Outbox
}
