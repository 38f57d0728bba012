package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// pollEvery is how often a follower asks for events. pollBatch is how many events it
// takes from one tag at once.
const (
	pollEvery = 500 * time.Millisecond
	pollBatch = 100
)

// Follow implements session.EventLog. A zero since means from now on. Each tag keeps its
// last 1,000 events; see swap.lua.
//
// It asks twice a second, in one pipelined round trip, because a Cluster cannot wait for
// the streams of several slots at once. The events of one round trip come sorted by time.
// If some nodes do not answer, the events of the others come first, and then the error.
func (s *Store) Follow(ctx context.Context, since time.Time) iter.Seq2[session.Event, error] {
	return func(yield func(session.Event, error) bool) {
		at := newPositions(since)
		for ctx.Err() == nil {
			events, more, err := s.poll(ctx, at)
			for _, e := range events {
				if ctx.Err() != nil || !yield(e, nil) {
					return
				}
			}
			if err != nil && (ctx.Err() != nil || !yield(session.Event{}, failed("redisstore.Follow", "", err))) {
				return
			}
			if more && err == nil {
				continue
			}
			select {
			case <-ctx.Done():
			case <-time.After(pollEvery):
			}
		}
	}
}

// positions are the IDs of the last event seen in each tag's stream. An ID is
// when it was added, in ms, a dash and a number. "" is not known yet.
type positions [session.Tags]string

func newPositions(since time.Time) *positions {
	var at positions
	if since.IsZero() {
		return &at
	}
	for tag := range at {
		at[tag] = fmt.Sprintf("%d-%d", max(millis(since)-1, 0), uint64(math.MaxUint64))
	}
	return &at
}

// poll returns what came after at, moves at on, and says whether there may be
// more already. With an error come the events of those that did answer.
func (s *Store) poll(ctx context.Context, at *positions) (events []session.Event, more bool, err error) {
	pipe := s.client.Pipeline()
	var cmds [session.Tags]*redis.XMessageSliceCmd
	for tag := range cmds {
		key := s.keys(tag).events()
		if at[tag] == "" {
			cmds[tag] = pipe.XRevRangeN(ctx, key, "+", "-", 1)
		} else {
			cmds[tag] = pipe.XRangeN(ctx, key, "("+at[tag], "+", pollBatch)
		}
	}
	_, err = pipe.Exec(ctx)
	for tag, cmd := range cmds {
		if cmd.Err() != nil {
			continue
		}
		found := cmd.Val()
		fromNow := at[tag] == ""
		at[tag] = cmp.Or(at[tag], "0-0")
		if len(found) > 0 {
			at[tag] = found[len(found)-1].ID
		}
		if !fromNow {
			events = append(events, readEvents(found)...)
			more = more || len(found) == pollBatch
		}
	}
	slices.SortStableFunc(events, func(a, b session.Event) int { return a.At.Compare(b.At) })
	return events, more, err
}

// readEvents leaves out entries that are not ours.
func readEvents(messages []redis.XMessage) (events []session.Event) {
	for _, m := range messages {
		body, _ := m.Values["event"].(string)
		ms, _, _ := strings.Cut(m.ID, "-")
		at, _ := strconv.ParseInt(ms, 10, 64)
		if e, err := decodeEvent(body, at); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// encodeEvent makes what the stream and the outbox hold; the time stands
// beside it.
func encodeEvent(e *session.Event) []byte {
	c := codec{out: make([]byte, 0, 128)}
	copied := *e
	c.event(&copied)
	return c.out
}

func decodeEvent(b string, ms int64) (session.Event, error) {
	c := codec{in: &reader{s: b}}
	e := session.Event{At: instant(ms)}
	c.event(&e)
	if c.in.err != nil {
		return session.Event{}, fmt.Errorf("the event: %w", c.in.err)
	}
	return e, nil
}

// event goes through the fields as session does.
func (c *codec) event(e *session.Event) {
	text(c, &e.ID)
	text(c, &e.Type)
	text(c, &e.Session)
	text(c, &e.Owner)
	text(c, &e.Name)
	text(c, &e.ContentType)
	c.int(&e.Size)
	c.numbers(&e.Missing)
	if c.in == nil || c.in.s != "" { // an older broker ends here
		c.time(&e.OpenedAt)
	}
	if c.in == nil && e.Duration != 0 || c.in != nil && c.in.s != "" {
		c.millis(&e.Duration)
	}
}
