package redisstore

import (
	"context"
	"time"

	"slipway/internal/session"
)

// Report implements session.Store.
func (s *Store) Report(ctx context.Context, id session.ID, rep session.Report) (*session.Session, error) {
	operation := newOperation()
	if rep.Look {
		operation, rep.Parts = "", nil
	}
	r, err := s.report(ctx, "redisstore.Report", id, operation, rep)
	if err != nil {
		return nil, err
	}
	return r.session, nil
}

func (s *Store) report(ctx context.Context, op string, id session.ID, operation string, rep session.Report) (*record, error) {
	n, ok := packName(id)
	if !ok {
		return nil, notFound(op, id)
	}
	now := rep.Parts[:min(len(rep.Parts), partsAtOnce)]
	parts, err := appendParts(nil, now)
	if err != nil {
		return nil, dress(op, id, session.Invalid, err)
	}
	r := s.runReport(ctx, s.reportCall(id, n, operation, parts, rep), len(parts))
	if r.word == "soon" {
		return nil, tooSoon(r, rep.Rates)
	}
	noted, err := r.record(op, id)
	if err != nil || len(now) == len(rep.Parts) {
		return noted, err
	}
	// The first call took the cost of all. What fails here is reported again.
	rep.Parts, rep.Rates = rep.Parts[len(now):], session.Rates{}
	return s.report(ctx, op, id, newOperation(), rep)
}

// runReport makes a call of report.lua with luggage bytes of parts.
func (s *Store) runReport(ctx context.Context, what call, luggage int) reply {
	if s.together == nil || luggage > maxLuggage {
		return run(ctx, s.client, what)
	}
	return s.together.run(ctx, what)
}

// reportCall lays out what report.lua is called with. parts are entries.
func (s *Store) reportCall(id session.ID, n name, operation string, parts []byte, rep session.Report) call {
	k := s.keys(id.Tag())
	owners := rep.Rates.Owner
	if rep.Owner == "" {
		owners = session.Rate{}
	}
	look := 0
	if rep.Look {
		look = session.PartsPerCost
	}
	return call{
		reportScript, []string{k.record(n), k.parts(n), k.state(session.Open), k.rate(n), k.ownerRate(rep.Owner), k.day(rep.Owner), k.whole()},
		reportArgs{
			operation: operation, urlsExpire: rep.URLsExpireAt, parts: parts, member: n, cost: rep.Cost, session: rep.Rates.Session, owner: owners,
			counts: rep.CountBytes && rep.Owner != "", look: look, announced: rep.Announced,
		}.list(),
	}
}

// reportArgs are the arguments of report.lua, in its order; its head says what
// each means.
type reportArgs struct {
	operation      string
	urlsExpire     time.Time
	parts          []byte
	member         name
	cost           int
	session, owner session.Rate
	counts         bool
	look           int
	announced      int64
}

func (a reportArgs) list() []any {
	return []any{a.operation, millis(a.urlsExpire), a.parts, string(a.member), a.cost, a.session.PerSecond, a.session.Burst,
		a.owner.PerSecond, a.owner.Burst, flag(a.counts), a.look, a.announced}
}
