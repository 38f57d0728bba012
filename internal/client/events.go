package client

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"slipway/internal/session"
)

// Event is one change of a session.
type Event struct {
	ID      string            `json:"id"` // the same each time the event comes
	Type    session.EventType `json:"type"`
	At      time.Time         `json:"at"`
	Session session.ID        `json:"session_id"`
	Owner   session.Owner     `json:"owner"`
	Name    string            `json:"name"`
	Size    int64             `json:"size"`
}

const (
	// silence is how long a stream may say nothing before it counts as dead; a
	// broker says something every 15 s.
	silence  = 45 * time.Second
	maxEvent = 1 << 20 // bytes; a salvaged session that lacks 10,000 parts has 60,000
	// remembered is how many events the client recognises when a stream repeats
	// the 10 s before the place where it was cut.
	remembered = 10_000
)

// Events follows what happens from about now on, and passes on each event
// once. If a stream is cut, another goes on where it was, for as long as ctx
// lives. away is told each time why no events come for now. Events ends with
// an error if ctx ends, if no stream ever began, or if the broker refuses one
// in a way that waiting does not mend.
func (c *Client) Events(ctx context.Context, away func(error)) iter.Seq2[Answer[Event], error] {
	return func(yield func(Answer[Event], error) bool) {
		f := follower{client: c, away: away, yield: yield, seen: map[string]bool{}}
		for {
			err := f.stream(ctx)
			if errors.Is(err, errLeft) {
				return
			}
			if err = f.rest(ctx, err); err != nil {
				yield(Answer[Event]{}, err)
				return
			}
		}
	}
}

// errLeft says that nobody listens any more.
var errLeft = errors.New("the listener left")

// follower goes from stream to stream.
type follower struct {
	client *Client
	away   func(error)
	yield  func(Answer[Event], error) bool

	began  bool   // there was a stream before
	failed int    // tries since the last one
	last   string // the id of the last event, where the next stream takes up
	// The events that were passed on: the newest, and those before.
	seen, seenBefore map[string]bool
}

// rest waits until another try makes sense, or returns why none does.
func (f *follower) rest(ctx context.Context, err error) error {
	f.failed++
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.passes() || !f.began && f.failed == tries {
		return err
	}
	if f.began {
		f.away(err)
	}
	return sleep(ctx, backoff(f.failed, min(e.RetryAfter, longestWait)))
}

// stream follows one stream and returns why it ended.
func (f *follower) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	header := http.Header{}
	if f.last != "" {
		header.Set("Last-Event-ID", f.last)
	}
	res, err := f.client.send(ctx, call{method: http.MethodGet, path: "/v1/events", header: header})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		return f.client.notOurs(&Error{Status: res.StatusCode}, res)
	}
	f.began, f.failed = true, 0
	dead := time.AfterFunc(silence, func() { cancel(refused(session.Unavailable, silent, "%s fell silent", f.client.base)) })
	defer dead.Stop()
	err = f.read(ctx, res.Body, func() { dead.Reset(silence) })
	if err == nil {
		return refused(session.Unavailable, streamEnded, "%s ended the stream", f.client.base)
	}
	return err
}

// read passes on each event of a stream until it ends. Brokers write each
// event on one line "data: …", after its "id: …".
func (f *follower) read(ctx context.Context, stream io.Reader, alive func()) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, maxEvent)
	var id string
	for lines.Scan() {
		alive()
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "id":
			id = value
		case field == "data":
			if err := f.tell(value); err != nil {
				return err
			}
			f.last = id
		case field == "" && value != "": // a comment that is more than a sign of life
			f.away(&Error{Code: printable(value), Detail: "the broker itself gets no events at the moment"})
		}
	}
	if err := lines.Err(); err != nil {
		return f.client.unanswered(ctx, err)
	}
	return nil
}

// tell passes an event on, unless it is a repetition.
func (f *follower) tell(data string) error {
	var a Answer[Event]
	if err := json.Unmarshal([]byte(data), &a); err != nil {
		return &Error{Status: http.StatusOK, Detail: f.client.base + " sent something that is not an event", Err: err}
	}
	if id := a.V.ID; f.seen[id] || f.seenBefore[id] {
		return nil
	}
	if len(f.seen) == remembered {
		f.seen, f.seenBefore = map[string]bool{}, f.seen
	}
	f.seen[a.V.ID] = true
	if !f.yield(a, nil) {
		return errLeft
	}
	return nil
}
