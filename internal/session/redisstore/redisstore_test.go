package redisstore_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func TestOnMiniredis(t *testing.T) {
	sessiontest.TestStore(t, func(t *testing.T) (sessiontest.Store, func(time.Duration)) {
		m := miniredis.RunT(t)
		var mu sync.Mutex // guards now
		now := time.Now()
		m.SetTime(now)
		s := open(t, "redis://"+m.Addr(), "slipway")
		return s, func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(d)
			m.SetTime(now)
			m.FastForward(d)
		}
	})
}

func TestOnOneNode(t *testing.T) {
	server := redistest.Start(t, "--unixsocket", "redis.sock")
	t.Run("tcp", func(t *testing.T) { onReal(t, "redis://"+server.Addr) })
	t.Run("unix", func(t *testing.T) {
		ping(t, open(t, "unix://"+server.Socket(), "slipway"))
	})
}

func TestOnCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	onReal(t, "redis-cluster://"+strings.Join(cluster.Addrs(), ","))
}

func TestOnSentinel(t *testing.T) {
	s := redistest.StartSentinel(t)
	ping(t, open(t, "redis-sentinel://"+s.Addr+"/"+redistest.MasterName, "slipway"))
}

var prefixes atomic.Int32

// onReal runs the suite on one Redis, each test under a prefix of its own.
func onReal(t *testing.T, address string) {
	sessiontest.TestStore(t, func(t *testing.T) (sessiontest.Store, func(time.Duration)) {
		return open(t, address, fmt.Sprintf("t%d", prefixes.Add(1))), nil
	})
}

func open(t testing.TB, address, prefix string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), address, prefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ping creates and reads one session.
func ping(t *testing.T, s *redisstore.Store) {
	t.Helper()
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
}
