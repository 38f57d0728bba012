// Package redisstore keeps sessions in Redis: one node, Sentinel or Cluster,
// version 7.0 or later.
//
// Every change is one Lua script on keys that share a hash tag, so it is one
// atomic step on one node: swap.lua and report.lua for sessions, take.lua and
// settle.lua for the outbox, with common.lua in front of each; admit.lua and
// page.lua read.
// They carry no rules of a session's life; those are session's.
package redisstore

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

var (
	//go:embed common.lua
	commonLua string
	//go:embed swap.lua
	swapLua string
	//go:embed report.lua
	reportLua string
	//go:embed admit.lua
	admitLua string
	//go:embed page.lua
	pageLua string
	//go:embed take.lua
	takeLua string
	//go:embed settle.lua
	settleLua string

	swapScript   = redis.NewScript(commonLua + swapLua)
	reportScript = redis.NewScript(commonLua + reportLua)
	admitScript  = redis.NewScript(commonLua + admitLua)
	pageScript   = redis.NewScript(commonLua + pageLua)
	takeScript   = redis.NewScript(commonLua + takeLua)
	settleScript = redis.NewScript(commonLua + settleLua)
)

// Store is a session.Store, a session.EventLog and a session.Outbox. Any number of processes may share a Redis and a
// prefix.
type Store struct {
	client   redis.UniversalClient
	prefix   string
	oneNode  bool      // all keys are in one place, and a script may touch any
	together *together // nil in a Cluster: there a round trip would wait for the slowest node of several
}

// New returns a Store whose keys begin with prefix in braces. prefix is 1 to
// 64 bytes without braces; up to 7 cost nothing, as Redis rounds up.
func New(client redis.UniversalClient, prefix string) (*Store, error) {
	if prefix == "" || len(prefix) > 64 || strings.ContainsAny(prefix, "{}") {
		return nil, fmt.Errorf("the prefix of Redis keys is %q; 1 to 64 bytes without braces are allowed", prefix)
	}
	_, oneNode := client.(*redis.Client)
	s := &Store{client: client, prefix: prefix, oneNode: oneNode}
	if oneNode {
		s.together = newTogether(client)
	}
	return s, nil
}

// Close closes the connections to Redis. Calls that are on their way fail.
func (s *Store) Close() error {
	err := s.client.Close()
	if s.together != nil {
		s.together.close()
	}
	return err
}

// Ping implements session.Store.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return failed("redisstore.Ping", "", err)
	}
	return nil
}

// Get implements session.Store.
func (s *Store) Get(ctx context.Context, id session.ID) (*session.Session, error) {
	r, err := s.read(ctx, "redisstore.Get", id)
	if err != nil {
		return nil, err
	}
	return r.session, nil
}

// read is report.lua without an operation. A plain GET would be quicker and
// would not bring the time from the node that keeps the lease.
func (s *Store) read(ctx context.Context, op string, id session.ID) (*record, error) {
	return s.report(ctx, op, id, "", session.Report{})
}

// Report implements session.Store.
func (s *Store) Report(ctx context.Context, id session.ID, rep session.Report) (*session.Session, error) {
	r, err := s.report(ctx, "redisstore.Report", id, newOperation(), rep)
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
	parts, err := appendParts(nil, rep.Parts)
	if err != nil {
		return nil, dress(op, id, session.Invalid, err)
	}
	r := s.runReport(ctx, s.reportCall(id, n, operation, parts, rep), len(parts))
	if r.word == "soon" {
		return nil, tooSoon(r, rep.Rates)
	}
	return r.record(op, id)
}

// runReport makes a call of report.lua with luggage bytes of parts.
func (s *Store) runReport(ctx context.Context, what call, luggage int) reply {
	if s.together == nil || luggage > maxLuggage {
		return run(ctx, s.client, what)
	}
	return s.together.run(ctx, what)
}

// Swap implements session.Store.
func (s *Store) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	const op = "redisstore.Swap"
	call, err := s.swapCall(c, newOperation())
	if err != nil {
		return nil, dress(op, c.Session.ID, session.Internal, err)
	}
	answer := run(ctx, s.client, call)
	if answer.word == "full" {
		return nil, full(answer, c.Quota)
	}
	r, err := answer.record(op, c.Session.ID)
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
	k := s.keys(rec.ID.Tag())
	keys := []string{k.record(n), k.parts(n), k.owner(rec.Owner), k.forget()}
	for _, state := range states {
		keys = append(keys, k.state(state))
	}
	keys = append(append(append(keys, k.events()), k.outbox()...), k.day(rec.Owner))
	most, daily, size := bounds(c)
	return call{swapScript, keys, []any{operation, int64(c.From), state, ceilMillis(c.Lease), ceilMillis(c.Keep), millis(rec.URLsExpireAt),
		encodeBody(rec), string(n), flag(rec.Owner != ""), max(rec.PartSize, 0), parts, flag(c.Quiet), event, notice, most, daily, size}}, nil
}

// Parts implements session.Store.
func (s *Store) Parts(ctx context.Context, id session.ID) ([]session.Part, error) {
	const op = "redisstore.Parts"
	r, err := s.read(ctx, op, id)
	if err != nil {
		return nil, err
	}
	entries := r.inline
	if r.hashed {
		n, _ := packName(id)
		values, err := s.client.HVals(ctx, s.keys(id.Tag()).parts(n)).Result()
		if err != nil {
			return nil, failed(op, id, err)
		}
		if len(values) == 0 {
			return nil, notFound(op, id) // forgotten since it was read
		}
		entries = strings.Join(values, "")
	}
	parts, err := decodeParts(entries, r.partSize)
	if err != nil {
		return nil, dress(op, id, session.Internal, err)
	}
	return parts, nil
}

// newOperation names one logical call, however often it is sent.
func newOperation() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// flag is b for a script.
func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// millis is t for a script: 0 is none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 0)
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ceilMillis is d in whole milliseconds, never 0 where d is above.
func ceilMillis(d time.Duration) int64 {
	return int64((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
