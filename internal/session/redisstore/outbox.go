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

// Take implements session.Outbox. It looks what is due in one pipelined round
// trip, and takes that, if there is any, in another. Where some of Redis'
// nodes do not answer it takes from the others, and fails if those have none.
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
	at  int64 // when it is due, in ms
	tag int
	ref string
}

// due returns up to limit notices, the longest due first. Redis itself says
// once more, when they are taken, whether they are.
func (s *Store) due(ctx context.Context, limit int) ([]dueNotice, error) {
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	cmds := make([]*redis.ZSliceCmd, session.Tags)
	for tag := range cmds {
		cmds[tag] = pipe.ZRangeWithScores(ctx, s.keys(tag).due(), 0, int64(max(limit, 1)-1))
	}
	_, err := pipe.Exec(ctx)
	var all []dueNotice
	for tag, cmd := range cmds {
		for _, z := range cmd.Val() {
			ref, _ := z.Member.(string)
			if at := int64(z.Score); at <= now.Val().UnixMilli() {
				all = append(all, dueNotice{at, tag, ref})
			}
		}
	}
	slices.SortFunc(all, func(a, b dueNotice) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ref, b.ref)) })
	return all[:min(len(all), max(limit, 0))], err
}

// takeCalls has one call for each tag that has a notice due.
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
