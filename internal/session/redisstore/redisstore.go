// Package redisstore keeps sessions in Redis: one node, Sentinel or Cluster,
// version 7.0 or later.
//
// Every change is one Lua script. Its keys have one hash tag, so it is one atomic step on
// one node. swap.lua and report.lua change sessions; ready.lua, take.lua and settle.lua
// work on the outbox; admit.lua and page.lua only read. common.lua stands in front of
// each. The scripts know no rules of a session's life; package session has them.
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

// Store is a session.Store, a session.EventLog and a session.Outbox. Any number of
// processes may use the same Redis and the same prefix.
type Store struct {
	// Dropped is called with the ID of each notice for which the outbox had no room,
	// unless it is nil. Set it before you use the Store.
	Dropped func(notice string)

	client   redis.UniversalClient
	prefix   string
	oneNode  bool         // all keys are on one node, and a script may use any of them
	firstTag atomic.Int32 // where the next Take begins
	together *together    // nil in a Cluster, where a round trip to several nodes would wait for the slowest
}

// New returns a Store whose keys begin with prefix in braces. prefix has 1 to 64 bytes
// and no braces. Up to 7 bytes cost no memory, because Redis rounds up.
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

// Close closes the connections to Redis. Calls that are still running fail.
func (s *Store) Close() error {
	err := s.client.Close()
	if s.together != nil {
		s.together.close()
	}
	return err
}

// Ping implements session.Store. It tries a write too, because a Redis that only answers
// is of no use.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.tryWrite(ctx); err != nil {
		return failed("redisstore.Ping", "", err)
	}
	return nil
}

// tryWrite writes a value that nobody reads. In a Cluster it writes to each tag, because
// it does not know which node has which tag.
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

// read calls report.lua without an operation. A plain GET would be faster, but it would
// not return the time of the node that keeps the lease.
func (s *Store) read(ctx context.Context, op string, id session.ID) (*record, error) {
	return s.report(ctx, op, id, "", session.Report{})
}

// partsAtOnce is how many parts one call of report.lua stores at most. Redis does nothing
// else meanwhile, for a few ms.
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
		entries = strings.Join(values, "") // empty if Redis evicted the hash: then nothing counts as reported
	}
	parts, err := decodeParts(entries, r.partSize)
	if err != nil {
		return nil, dress(op, id, session.Internal, err)
	}
	return parts, nil
}

// newOperation makes the name of one call. The name stays the same if it is sent again.
func newOperation() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// flag returns b as a script takes it.
func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// millis returns t as a script takes it; 0 means no time.
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

// ceilMillis returns d in whole milliseconds, rounded up, so that only 0 becomes 0.
func ceilMillis(d time.Duration) int64 {
	return int64((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
