package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// trips counts what a client sends and waits for: commands and pipelines.
type trips struct{ atomic.Int32 }

func (*trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (n *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmd)
	}
}

func (n *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmds)
	}
}

// records is how many records the nodes were asked for, by scripts too.
func records(t testing.TB, nodes []*redistest.Server) (n int) {
	t.Helper()
	for _, node := range nodes {
		info, err := node.Do("INFO", "commandstats")
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(info, "cmdstat_get:calls=")
		calls, _, _ := strings.Cut(after, ",")
		if got, err := strconv.Atoi(calls); err == nil { // none was asked for anything yet
			n += got
		}
	}
	return n
}

// openMany creates n sessions of owner. Nobody's are spread over all tags.
func openMany(t testing.TB, s *Store, n int, owner session.Owner) {
	t.Helper()
	rec := sessiontest.NewSession(owner)
	for n > 0 {
		calls := make([]call, min(n, 500))
		for i := range calls {
			rec.ID = sessiontest.NewID(owner, 'w')
			var err error
			if calls[i], err = s.swapCall(session.Change{Session: rec}, newOperation()); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range runAll(t.Context(), s.client, calls) {
			if r.err != nil || r.word != "ok" {
				t.Fatalf("%+v", r)
			}
		}
		n -= len(calls)
	}
}

func TestAPageCostsFewRoundTripsAndRecords(t *testing.T) {
	one, cluster := redistest.Start(t), redistest.StartCluster(t)
	for _, tc := range []struct {
		name, address  string
		nodes          []*redistest.Server
		owner          session.Owner
		limit          int
		trips, records int // at most
	}{
		{"one node, a page of 100", "redis://" + one.Addr, []*redistest.Server{one}, "", 100, 1, 100},
		{"one node, a page of 1", "redis://" + one.Addr, []*redistest.Server{one}, "", 1, 1, 1},
		{"one node, a page of 1,000", "redis://" + one.Addr, []*redistest.Server{one}, "", 1000, 1, 1000},
		{"one node and one owner, a page of 100", "redis://" + one.Addr, []*redistest.Server{one}, "ann", 100, 1, 100},
		{"a cluster, a page of 100", "redis-cluster://" + cluster.Nodes[0].Addr, cluster.Nodes, "", 100, 2, 200},
		{"a cluster, a page of 1", "redis-cluster://" + cluster.Nodes[0].Addr, cluster.Nodes, "", 1, 2, 2},
		{"a cluster, a page of 1,000", "redis-cluster://" + cluster.Nodes[0].Addr, cluster.Nodes, "", 1000, 2, 2000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := Open(t.Context(), tc.address, fmt.Sprint("p", tc.limit, tc.owner))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			openMany(t, s, 4000, tc.owner)
			q := session.Query{Limit: tc.limit, IdleFor: time.Millisecond}
			if _, err := s.List(t.Context(), q); err != nil { // every node learns the script
				t.Fatal(err)
			}
			var count trips
			s.client.AddHook(&count)
			before := records(t, tc.nodes)
			page, err := s.List(t.Context(), q)
			if err != nil || len(page.Sessions) != tc.limit {
				t.Fatalf("%d rows, %v; want %d", len(page.Sessions), err, tc.limit)
			}
			read := records(t, tc.nodes) - before
			t.Logf("%d round trips, %d records", count.Load(), read)
			if int(count.Load()) > tc.trips || read > tc.records {
				t.Errorf("%d round trips and %d records; want at most %d and %d", count.Load(), read, tc.trips, tc.records)
			}
		})
	}
}

// Every broker asks the outbox all the time, and follows the events.
func TestWhereNothingHappensOneRoundTripTellsSo(t *testing.T) {
	_, s := frozen(t)
	if _, err := s.Take(t.Context(), 10, time.Minute); err != nil { // connects
		t.Fatal(err)
	}
	var count trips
	s.client.AddHook(&count)
	if _, err := s.Take(t.Context(), 10, time.Minute); err != nil || count.Load() != 1 {
		t.Errorf("%d round trips to take nothing, %v; want 1", count.Load(), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*pollEvery)
	defer cancel()
	count.Store(0)
	for e, err := range s.Follow(ctx, time.Time{}) {
		t.Fatalf("%+v, %v; want nothing", e, err)
	}
	if n := count.Load(); n < 2 || n > 4 {
		t.Errorf("%d round trips in %v; want one every %v", n, 3*pollEvery, pollEvery)
	}
}
