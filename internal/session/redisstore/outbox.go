package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// Take implements session.Outbox. One pipelined round trip finds the tags in which
// something is due. If there are any, a second one asks whose turn it is, and a third one
// takes those notices. If some of Redis' nodes do not answer, Take takes notices from the
// others, and fails if these have none.
func (s *Store) Take(ctx context.Context, limit int, hold time.Duration) ([]session.Notice, error) {
	const op = "redisstore.Take"
	due, err := s.due(ctx, limit)
	var taken []session.Notice
	for _, reply := range runAll(ctx, s.client, s.takeCalls(due, hold, newOperation())) {
		if reply.err != nil {
			err = reply.err
			continue
		}
		values, _ := reply.value.([]any)
		for row := range slices.Chunk(values, 4) {
			n, bad := decodeNotice(row)
			if bad != nil {
				return nil, &session.Error{Kind: session.Internal, Op: op, Err: bad}
			}
			taken = append(taken, n)
		}
	}
	if len(taken) == 0 && err != nil {
		return nil, failed(op, "", err)
	}
	order := map[string]int{}
	for i, d := range due {
		order[d.ref] = i
	}
	slices.SortFunc(taken, func(a, b session.Notice) int { return cmp.Compare(order[a.Ref], order[b.Ref]) })
	return taken, nil
}

// dueNotice is a notice in one tag's outbox.
type dueNotice struct {
	turn int64 // how many of its owner go before it
	at   int64 // when it happened, in ms
	tag  int
	ref  string
}

// due returns up to limit notices: first the next notice of each owner, then the second
// of each, and so on. When they are taken, Redis checks again that they are due.
//
// The tags take turns too: each Take begins after the tag with which the last one ended.
// Otherwise a few tags with many notices would keep the others waiting.
func (s *Store) due(ctx context.Context, limit int) ([]dueNotice, error) {
	tags, err := s.dueTags(ctx)
	calls := make([]call, len(tags))
	for i, tag := range tags {
		calls[i] = call{readyScript, s.keys(tag).outbox(), []any{max(limit, 1)}}
	}
	var all []dueNotice
	for i, reply := range runAll(ctx, s.client, calls) {
		if reply.err != nil {
			err = reply.err
			continue
		}
		values, _ := reply.value.([]any)
		for row := range slices.Chunk(values, 3) {
			if len(row) != 3 {
				return nil, errUnreadable
			}
			ref, _ := row[0].(string)
			turn, _ := row[1].(int64)
			at, _ := row[2].(int64)
			all = append(all, dueNotice{turn, at, tags[i], ref})
		}
	}
	first := int(s.firstTag.Load())
	behind := func(d dueNotice) int { return (d.tag - first + session.Tags) % session.Tags }
	slices.SortFunc(all, func(a, b dueNotice) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(behind(a), behind(b)), cmp.Compare(a.at, b.at), cmp.Compare(a.ref, b.ref))
	})
	all = all[:min(len(all), max(limit, 0))]
	if len(all) > 0 {
		s.firstTag.Store(int32((all[len(all)-1].tag + 1) % session.Tags)) //nolint:gosec // below Tags
	}
	slices.SortFunc(all, func(a, b dueNotice) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.at, b.at), cmp.Compare(a.ref, b.ref))
	})
	return all, err
}

// dueTags returns the tags in which something has become due, or is due and was not taken.
func (s *Store) dueTags(ctx context.Context) (tags []int, err error) {
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	next, ready := make([]*redis.ZSliceCmd, session.Tags), make([]*redis.IntCmd, session.Tags)
	for tag := range next {
		next[tag], ready[tag] = pipe.ZRangeWithScores(ctx, s.keys(tag).due(), 0, 0), pipe.ZCard(ctx, s.keys(tag).ready())
	}
	_, err = pipe.Exec(ctx)
	for tag, cmd := range next {
		due := cmd.Val()
		if ready[tag].Val() > 0 || len(due) > 0 && int64(due[0].Score) <= now.Val().UnixMilli() {
			tags = append(tags, tag)
		}
	}
	return tags, err
}

// takeCalls makes one call for each tag with a notice that is due.
func (s *Store) takeCalls(due []dueNotice, hold time.Duration, operation string) (calls []call) {
	byTag := map[int]int{} // to index of calls
	for _, d := range due {
		i, ok := byTag[d.tag]
		if !ok {
			i = len(calls)
			byTag[d.tag] = i
			calls = append(calls, call{takeScript, s.keys(d.tag).outbox(), []any{operation, ceilMillis(hold)}})
		}
		calls[i].args = append(calls[i].args, d.ref)
	}
	return calls
}

// decodeNotice reads ID, at, tries and event, as take.lua replies them.
func decodeNotice(row []any) (session.Notice, error) {
	if len(row) != 4 {
		return session.Notice{}, errUnreadable
	}
	ref, _ := row[0].(string)
	at, _ := row[1].(int64)
	tries, _ := row[2].(int64)
	body, _ := row[3].(string)
	e, err := decodeEvent(body, at)
	return session.Notice{Event: e, Tries: int(tries), Ref: ref}, err
}

// tellDropped calls Dropped for notices that will never be delivered.
func (s *Store) tellDropped(ids []any) {
	for _, id := range ids {
		if text, ok := id.(string); ok && s.Dropped != nil {
			s.Dropped(text)
		}
	}
}

// Done implements session.Outbox.
func (s *Store) Done(ctx context.Context, n session.Notice) error {
	return s.settle(ctx, "redisstore.Done", n, "")
}

// Later implements session.Outbox.
func (s *Store) Later(ctx context.Context, n session.Notice, wait time.Duration) error {
	return s.settle(ctx, "redisstore.Later", n, strconv.FormatInt(ceilMillis(wait), 10))
}

func (s *Store) settle(ctx context.Context, op string, n session.Notice, wait string) error {
	if _, ok := packName(n.Session); !ok {
		return dress(op, n.Session, session.Internal, errors.New("not the ID of a session"))
	}
	reply := run(ctx, s.client, call{settleScript, s.keys(n.Session.Tag()).outbox(), []any{n.Ref, wait}})
	switch {
	case reply.err != nil:
		return failed(op, n.Session, reply.err)
	case reply.word != "ok":
		return dress(op, n.Session, session.Internal, fmt.Errorf("the script answered %q", reply.word))
	}
	return nil
}
