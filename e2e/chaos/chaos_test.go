//go:build linux

package chaos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/devs3"
	"slipway/internal/session/redisstore/redistest"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(runTests(m))
}

// faultRate is the share of requests to S3 that are spoiled.
const faultRate = 0.25

// settleWithin is how long recordings may take once nothing goes wrong any
// more: long enough for every lease and every wait to end a few times.
const settleWithin = 2 * time.Minute

// size is how large a scenario is.
type size struct {
	recordings int
	window     time.Duration // in which they are made, and in which things go wrong
}

// TestChaos goes on for CHAOS_FOR, round after round. Without it there is one
// round, so small that it shows little but that the test itself works.
// CHAOS_SEED names the first round's seed.
func TestChaos(t *testing.T) {
	single, cluster := size{6, 8 * time.Second}, size{3, 5 * time.Second}
	length, err := time.ParseDuration(os.Getenv("CHAOS_FOR"))
	if err == nil {
		single, cluster = size{100, 50 * time.Second}, size{30, 20 * time.Second}
	}
	seed, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64() >> 32
	}
	for start := time.Now(); ; seed++ {
		t.Run(fmt.Sprintf("one Redis, seed %d", seed), func(t *testing.T) {
			redis := redistest.Start(t, "--appendonly", "yes")
			w := newWorld(t, "redis://"+redis.Addr, seed)
			rng := rand.New(rand.NewPCG(seed, 1))
			w.survive(single, seed, w.brokersDie(rng, single.window), w.s3Stalls(rng, single.window), w.redisFails(rng, single.window, redis))
		})
		t.Run(fmt.Sprintf("Cluster, seed %d", seed), func(t *testing.T) {
			nodes := redistest.StartCluster(t)
			w := newWorld(t, "redis-cluster://"+strings.Join(nodes.Addrs(), ","), seed)
			rng := rand.New(rand.NewPCG(seed, 2))
			w.survive(cluster, seed, w.brokersDie(rng, cluster.window), w.mastersDie(rng, cluster.window, nodes))
		})
		if t.Failed() || time.Since(start) >= length {
			return
		}
	}
}

// survive has recordings made while the lanes run, and holds what became of
// them against what was recorded.
func (w *world) survive(s size, seed uint64, lanes ...lane) {
	t := w.t
	for _, l := range lanes {
		t.Logf("what will go wrong:\n%s", l)
	}
	ctx, cancel := context.WithTimeout(t.Context(), s.window+settleWithin)
	defer cancel()
	start := time.Now()
	w.proxy.Rate(faultRate)
	time.AfterFunc(s.window, func() { w.proxy.Rate(0) })
	var trouble sync.WaitGroup
	for _, l := range lanes {
		trouble.Go(func() { l.run(ctx, t, start) })
	}
	seen := &Counts{}
	made := w.record(ctx, s, seed, seen)
	trouble.Wait()
	t.Logf("%d of %d recordings are complete after %.1f s", len(made), s.recordings, time.Since(start).Seconds())
	w.check(ctx, made)
	w.checkLogs()
	w.report(made, seen, time.Since(start))
}

// recorded is a recording that the broker calls complete.
type recorded struct {
	take   *take
	upload *Upload
}

// record makes all recordings at once and returns those that are complete.
func (w *world) record(ctx context.Context, s size, seed uint64, seen *Counts) (made []recorded) {
	slots := make(chan struct{}, 40) // in bad times most of them stand still
	rng := rand.New(rand.NewPCG(seed, 3))
	var mu sync.Mutex // guards made
	var all sync.WaitGroup
	for i := range s.recordings {
		r := newTake(rng, seed, i, s.window*7/10)
		all.Go(func() {
			client, err := w.client(ctx, fmt.Sprintf("owner %d", i%10), slots, seen)
			if err != nil {
				w.t.Errorf("recording %d has no grant: %v", i, err)
				return
			}
			u, err := client.Upload(ctx, r.Recording)
			if err != nil {
				w.t.Errorf("recording %d (session %s) is not complete: %v", i, u.id, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made = append(made, recorded{r, u})
		})
	}
	all.Wait()
	return made
}

// check plays every recording, and asks once more for what became of it.
func (w *world) check(ctx context.Context, made []recorded) {
	for _, m := range made {
		h := sha256.New()
		if err := m.upload.Download(ctx, h); err != nil {
			w.t.Errorf("recording %d cannot be watched: %v", m.take.index, err)
		} else if !bytes.Equal(h.Sum(nil), m.take.sha256()) {
			w.t.Errorf("recording %d is not what was recorded", m.take.index)
		}
		first := m.upload.Done
		if err := m.upload.Complete(ctx); err != nil || m.upload.Done != first {
			w.t.Errorf("recording %d: complete answered %+v and then %+v, %v", m.take.index, first, m.upload.Done, err)
		}
		if first.Outcome != "completed" || first.Size != m.take.Size {
			w.t.Errorf("recording %d: complete answers %+v, want %d bytes", m.take.index, first, m.take.Size)
		}
	}
}

func (w *world) report(made []recorded, seen *Counts, took time.Duration) {
	var parts, bytes, checked int
	for _, m := range made {
		parts += m.take.parts()
		bytes += int(m.take.Size)
		if m.take.Checksum == "sha256" {
			checked++
		}
	}
	requests, hits := w.proxy.Hits()
	objects, err := w.objects(w.t.Context())
	if err != nil {
		w.t.Error(err)
	}
	w.t.Logf("%d recordings (%d sha256), %d parts, %.1f MB, byte-identical in %.0f s; %d objects in the bucket\n%s\nS3 requests: %d, spoiled %s\n%s",
		len(made), checked, parts, float64(bytes)/1e6, took.Seconds(), objects, list(w.kills), requests, list(hits), seen)
}
