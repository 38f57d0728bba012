package session

import (
	"context"
	"iter"
	"time"
)

// EventType is what happened to a session.
type EventType string

// The events. Each happens to a session once, so ID and type name it.
const (
	EventOpened    EventType = "opened"
	EventCompleted EventType = "completed" // as the recorder claimed
	EventSalvaged  EventType = "salvaged"  // completed without its recorder
	EventAborted   EventType = "aborted"
	EventLost      EventType = "lost" // S3 knew neither the upload nor the object when the resume window ended
)

// Event is one change of a session, told to whoever listens.
type Event struct {
	ID          string // session ID, a dash and the type: whoever is told twice can tell
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

// eventOf is the event that s, as it is now, brings about.
func eventOf(t EventType, s *Session) *Event {
	e := &Event{ID: string(s.ID) + "-" + string(t), Type: t, Session: s.ID, Owner: s.Owner, Name: s.Name, ContentType: s.ContentType, OpenedAt: s.OpenedAt}
	if s.Result != nil {
		e.Size, e.Missing, e.Duration = s.Result.Size, s.Result.Missing, s.Result.Duration
	}
	return e
}

// EventLog tells what happened, as far as it is still kept: best effort, the
// listing is the truth.
type EventLog interface {
	// Follow yields the events since that instant, and then new ones as they
	// come, until ctx ends. Those of one session come in their order. After an
	// error, which is Unavailable, it goes on where it was.
	Follow(ctx context.Context, since time.Time) iter.Seq2[Event, error]
}

// Outbox holds the events that somebody has to be told of until they were:
// at least once, by any of the brokers.
type Outbox interface {
	// Take returns up to limit notices that are due and keeps them from everybody
	// else for hold. Owners take turns, so that one with many keeps nobody waiting;
	// of each the longest due comes first.
	Take(ctx context.Context, limit int, hold time.Duration) ([]Notice, error)
	// Done forgets a notice. It can be repeated.
	Done(ctx context.Context, n Notice) error
	// Later makes a notice due again after wait.
	Later(ctx context.Context, n Notice, wait time.Duration) error
}

// Notice is an event that is to be delivered.
type Notice struct {
	Event
	Tries int    // how often it was taken before
	Ref   string // what the Outbox knows it by
}
