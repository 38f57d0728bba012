package redisstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// probeAt is when s is to be probed next, zero if it never is.
func probeAt(s *session.Session) time.Time {
	if !s.Probed() {
		return time.Time{}
	}
	return s.Probe.At
}

// waiting is a session that is to be probed.
type waiting struct {
	at     int64 // ms
	tag    int
	member name
	id     session.ID // without its type
}

// Due implements session.Store. One pipelined round trip finds what is due,
// another reads it, if there is any.
func (s *Store) Due(ctx context.Context, limit int) ([]*session.Session, error) {
	const op = "redisstore.Due"
	due, err := s.waiting(ctx, limit)
	if len(due) == 0 && err != nil {
		return nil, failed(op, "", err)
	}
	calls := make([]call, len(due))
	for i, w := range due {
		calls[i] = s.reportCall(w.id, w.member, "", nil, session.Report{})
	}
	var sessions []*session.Session
	var astray []waiting
	for i, reply := range runAll(ctx, s.client, calls) {
		r, err := reply.record(op, due[i].id)
		switch {
		case session.KindOf(err) == session.Unavailable:
		case err != nil, r.session.State != session.Open, !r.session.Probed():
			astray = append(astray, due[i])
		default:
			sessions = append(sessions, r.session)
		}
	}
	s.forgetWaiting(ctx, astray)
	return sessions, nil
}

// waiting returns up to limit of those that are due, the longest due first.
func (s *Store) waiting(ctx context.Context, limit int) ([]waiting, error) {
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	cmds := make([]*redis.ZSliceCmd, session.Tags)
	for tag := range cmds {
		cmds[tag] = pipe.ZRangeWithScores(ctx, s.keys(tag).whole(), 0, int64(max(limit, 1)-1))
	}
	_, err := pipe.Exec(ctx)
	var all []waiting
	for tag, cmd := range cmds {
		for _, z := range cmd.Val() {
			member, _ := z.Member.(string)
			id, ours := name(member).id(tag, 0)
			if at := int64(z.Score); ours && at <= now.Val().UnixMilli() {
				all = append(all, waiting{at, tag, name(member), id})
			}
		}
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.member, b.member)) })
	return all[:min(len(all), max(limit, 0))], err
}

// forgetWaiting takes what nobody waits for any more from the index: a broker
// that knows no such index may have ended the session, or Redis forgot it. If
// this fails, the next round tries again.
func (s *Store) forgetWaiting(ctx context.Context, list []waiting) {
	if len(list) == 0 {
		return
	}
	pipe := s.client.Pipeline()
	for _, w := range list {
		pipe.ZRem(ctx, s.keys(w.tag).whole(), string(w.member))
	}
	_, _ = pipe.Exec(ctx)
}
