package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/session"
)

// begins reports whether c opens a recording that was not there before.
func begins(c session.Change) bool {
	return c.From == 0 && c.Event != nil && c.Event.Type == session.EventOpened
}

// Swap implements session.Store.
func (s *Store) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	const op = "redisstore.Swap"
	var rest []session.Part
	if c.From == 0 && c.Session.State == session.Open && len(c.Parts) > partsAtOnce {
		c.Parts, rest = c.Parts[:partsAtOnce], c.Parts[partsAtOnce:]
	}
	call, err := s.swapCall(c, newOperation())
	if err != nil {
		return nil, dress(op, c.Session.ID, session.Internal, err)
	}
	answer := run(ctx, s.client, call)
	if answer.word == "full" {
		return nil, full(answer, c.Quota)
	}
	s.tellDropped(answer.more)
	r, err := answer.record(op, c.Session.ID)
	if err == nil && len(rest) > 0 { // S3 lists them; so nothing is lost if this fails
		r, err = s.report(ctx, op, c.Session.ID, newOperation(), session.Report{Parts: rest})
	}
	if err != nil {
		return nil, err
	}
	return r.session, nil
}

// swapCall lays out what swap.lua is called with.
func (s *Store) swapCall(c session.Change, operation string) (call, error) {
	rec := c.Session
	state := stateNumber(rec.State)
	n, ok := packName(rec.ID)
	switch {
	case !ok:
		return call{}, errors.New("not the ID of a session")
	case state == 0:
		return call{}, fmt.Errorf("%q is no state", rec.State)
	case c.Keep > 0 && !rec.State.Finished():
		return call{}, errors.New("only finished sessions are forgotten")
	}
	var parts []byte
	if c.From == 0 {
		var err error
		if parts, err = appendParts(nil, c.Parts); err != nil {
			return call{}, err
		}
	}
	var event []byte
	var notice string
	if c.Event != nil {
		event = encodeEvent(c.Event)
		if c.Notify {
			notice = c.Event.ID
		}
	}
	most, daily, size := bounds(c)
	return call{swapScript, s.swapKeys(rec, n, operation), swapArgs{
		operation: operation, from: c.From, state: state, lease: c.Lease, keep: c.Keep, urlsExpire: rec.URLsExpireAt, body: encodeBody(rec), member: n,
		owned: rec.Owner != "", partSize: rec.PartSize, parts: parts, quiet: c.Quiet, event: event, notice: notice,
		mostLive: most, mostBytes: daily, size: size, begins: begins(c), probeAt: probeAt(rec),
	}.list()}, nil
}

// swapKeys are the keys of swap.lua, in its order.
func (s *Store) swapKeys(rec *session.Session, n name, operation string) []string {
	k := s.keys(rec.ID.Tag())
	keys := []string{k.record(n), k.parts(n), k.owner(rec.Owner), k.forget()}
	for _, state := range states {
		keys = append(keys, k.state(state))
	}
	return append(append(append(keys, k.events()), k.outbox()...), k.day(rec.Owner), k.whole(), k.dropped(operation))
}

// swapArgs are the arguments of swap.lua, in its order; its head says what each
// means.
type swapArgs struct {
	operation   string
	from        session.Revision
	state       int
	lease, keep time.Duration
	urlsExpire  time.Time
	body        []byte
	member      name
	owned       bool
	partSize    int64
	parts       []byte
	quiet       bool
	event       []byte
	notice      string
	mostLive    int
	mostBytes   int64
	size        int64
	begins      bool
	probeAt     time.Time
}

func (a swapArgs) list() []any {
	return []any{a.operation, int64(a.from), a.state, ceilMillis(a.lease), ceilMillis(a.keep), millis(a.urlsExpire), a.body, string(a.member),
		flag(a.owned), max(a.partSize, 0), a.parts, flag(a.quiet), a.event, a.notice, a.mostLive, a.mostBytes, a.size, flag(a.begins), millis(a.probeAt)}
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
