// Package redisstore keeps sessions in Redis: one node, Sentinel or Cluster,
// version 7.0 or later.
//
// Every change is one Lua script on keys that share a hash tag, so it is one
// atomic step on one node: swap.lua and report.lua for sessions, ready.lua, take.lua and
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
	"sync/atomic"
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
	//go:embed ready.lua
	readyLua string

	swapScript   = redis.NewScript(commonLua + swapLua)
	reportScript = redis.NewScript(commonLua + reportLua)
	admitScript  = redis.NewScript(commonLua + admitLua)
	pageScript   = redis.NewScript(commonLua + pageLua)
	takeScript   = redis.NewScript(commonLua + takeLua)
	settleScript = redis.NewScript(commonLua + settleLua)
	readyScript  = redis.NewScript(commonLua + readyLua)
)

// Store is a session.Store, a session.EventLog and a session.Outbox. Any number of processes may share a Redis and a
// prefix.
type Store struct {
	// Dropped is told the ID of each notice that the outbox had no room for; nil:
	// nobody is. It is set before the Store is used.
	Dropped func(notice string)

	client   redis.UniversalClient
	prefix   string
	oneNode  bool         // all keys are in one place, and a script may touch any
	firstTag atomic.Int32 // where the next Take begins
	together *together    // nil in a Cluster: there a round trip would wait for the slowest node of several
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

// Ping implements session.Store: a Redis that only answers is of no use.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.tryWrite(ctx); err != nil {
		return failed("redisstore.Ping", "", err)
	}
	return nil
}

// tryWrite writes what nobody reads, to each tag of a Cluster, as nobody knows
// which node has which.
func (s *Store) tryWrite(ctx context.Context) error {
	tags := session.Tags
	if s.oneNode {
		tags = 1
	}
	pipe := s.client.Pipeline()
	for tag := range tags {
		pipe.Set(ctx, s.keys(tag).try(), "", time.Minute)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// Get implements session.Store.
func (s *Store) Get(ctx context.Context, id session.ID) (*session.Session, error) {
	r, err := s.read(ctx, "redisstore.Get", id)
	if err != nil {
		return nil, err
	}
	return r.session, nil
}

// Indexed implements session.Store.
func (s *Store) Indexed(ctx context.Context, rec *session.Session) (bool, error) {
	const op = "redisstore.Indexed"
	n, ok := packName(rec.ID)
	if !ok {
		return false, notFound(op, rec.ID)
	}
	err := s.client.ZScore(ctx, s.keys(rec.ID.Tag()).state(rec.State), string(n)).Err()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, failed(op, rec.ID, err)
	}
	return err == nil, nil
}

// read is report.lua without an operation. A plain GET would be quicker and
// would not bring the time from the node that keeps the lease.
func (s *Store) read(ctx context.Context, op string, id session.ID) (*record, error) {
	return s.report(ctx, op, id, "", session.Report{})
}

// partsAtOnce is how many parts one call of report.lua notes: Redis does nothing
// else meanwhile, for some ms.
const partsAtOnce = 500

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
		entries = strings.Join(values, "") // none where Redis evicted the hash: then nothing was reported, for all we know
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
