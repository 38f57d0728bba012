package redisstore

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/session"
)

// Admit implements session.Store.
func (s *Store) Admit(ctx context.Context, id session.ID, owner session.Owner, q session.Quota) (*session.Session, error) {
	const op = "redisstore.Admit"
	n, ok := packName(id)
	if !ok {
		return nil, notFound(op, id)
	}
	k := s.keys(id.Tag()) // nobody's sessions are in no set, and on no day
	answer := run(ctx, s.client, call{admitScript, []string{k.record(n), k.owner(owner), k.day(owner)}, []any{q.MaxOpen, q.DailyBytes}})
	if answer.word == "full" {
		return nil, full(answer, q)
	}
	r, err := answer.record(op, id)
	if err != nil {
		return nil, err
	}
	return r.session, nil
}

// reportCall lays out what report.lua is called with. parts are entries.
func (s *Store) reportCall(id session.ID, n name, operation string, parts []byte, rep session.Report) call {
	k := s.keys(id.Tag())
	mine, owners := rep.Rates.Session, rep.Rates.Owner
	if rep.Owner == "" {
		owners = session.Rate{}
	}
	return call{
		reportScript, []string{k.record(n), k.parts(n), k.state(session.Open), k.rate(n), k.ownerRate(rep.Owner), k.day(rep.Owner)},
		[]any{
			operation, millis(rep.URLsExpireAt), parts, string(n), rep.Cost, mine.PerSecond, mine.Burst, owners.PerSecond, owners.Burst,
			flag(rep.CountBytes && rep.Owner != ""),
		},
	}
}

// bounds are what swap.lua holds against c, where there is an owner: how many
// live sessions and bytes a day there may be, at creation; and the size of the
// object that is to count.
func bounds(c session.Change) (most int, daily, size int64) {
	rec := c.Session
	switch {
	case rec.Owner == "":
	case c.From == 0 && rec.State == session.Open:
		most, daily = c.Quota.MaxOpen, c.Quota.DailyBytes
	case c.From != 0 && rec.State == session.Completed && rec.Result != nil && c.Quota.DailyBytes > 0:
		size = rec.Result.Size
	}
	return most, daily, size
}

// full is the error of an owner that may open no other session.
func full(r reply, q session.Quota) error {
	open, today := pairIn(r)
	if err := q.Room(int(open), today, r.now); err != nil {
		return err
	}
	return &session.Error{Kind: session.Internal, Op: "redisstore.full", Detail: fmt.Sprintf("a script finds no room in %+v for %d and %d", q, open, today)}
}

// tooSoon is the error of a report that a rate does not allow yet.
func tooSoon(r reply, rates session.Rates) error {
	which, ms := pairIn(r)
	return rates.Exceeded(which == 2, time.Duration(ms)*time.Millisecond)
}

// pairIn are the two numbers of a reply.
func pairIn(r reply) (a, b int64) {
	if values, ok := r.value.([]any); ok && len(values) == 2 {
		a, _ = values[0].(int64)
		b, _ = values[1].(int64)
	}
	return a, b
}
