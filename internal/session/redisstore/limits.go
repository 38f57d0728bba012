package redisstore

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/session"
)

// Admit implements session.Store.
func (s *Store) Admit(ctx context.Context, id session.ID, a session.Admission) (*session.Session, error) {
	const op = "redisstore.Admit"
	n, ok := packName(id)
	if !ok {
		return nil, notFound(op, id)
	}
	answer := run(ctx, s.client, s.admitCall(id, n, a))
	switch answer.word {
	case "full":
		return nil, full(answer, a.Quota)
	case "soon":
		return nil, tooSoon(answer, session.Rates{Owner: a.Rate})
	}
	r, err := answer.record(op, id)
	switch {
	case session.KindOf(err) == session.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return r.session, nil
}

// admitCall lays out what admit.lua is called with.
func (s *Store) admitCall(id session.ID, n name, a session.Admission) call {
	if a.Owner == "" { // nobody's sessions are in no set and on no day, and have no rate
		a.Rate = session.Rate{}
	}
	k := s.keys(id.Tag())
	return call{
		admitScript, []string{k.record(n), k.owner(a.Owner), k.day(a.Owner), k.ownerRate(a.Owner)},
		[]any{a.Quota.MaxOpen, a.Quota.DailyBytes, a.Cost, a.Rate.PerSecond, a.Rate.Burst},
	}
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
