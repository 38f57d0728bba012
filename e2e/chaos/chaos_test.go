//go:build linux

package chaos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
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

// settleWithin is how long recordings may take after the window: long enough
// for every lease and every wait to end a few times on a busy machine.
const settleWithin = 3 * time.Minute

// playWithin is how long all recordings may take to be asked for once more, to be
// downloaded and to be compared: 3.4 GB, on a busy machine.
const playWithin = 5 * time.Minute

// reapWithin is how long the reaper may take: the life of the last URL that
// was signed, and some rounds.
const reapWithin = 45 * time.Second

// size is how large a scenario is.
type size struct {
	recordings int
	vanish     int           // recorders that leave and never come back, besides
	phones     int           // that are killed after their last PUT, besides
	window     time.Duration // in which they are made, and in which things go wrong
}

// TestChaos makes one round, and more as long as they fit into CHAOS_FOR.
// CHAOS_SEED names the first one's seed. make chaos sets CHAOS_FOR; a mere go
// test ./... has no minutes to spare.
func TestChaos(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("CHAOS_FOR"))
	if err != nil {
		t.Skip("CHAOS_FOR is not set; see make chaos")
	}
	single, cluster := size{100, 10, 16, 50 * time.Second}, size{30, 3, 6, 20 * time.Second}
	seed, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64() >> 32
	}
	for start, rounds := time.Now(), 1; ; seed, rounds = seed+1, rounds+1 {
		t.Run(fmt.Sprintf("one Redis, seed %d", seed), func(t *testing.T) {
			redis := redistest.Start(t, "--appendonly", "yes")
			w := newWorld(t, seed, "redis://"+redis.Addr, redis)
			rng := rand.New(rand.NewPCG(seed, 1))
			w.survive(single, seed, w.brokersDie(rng, single.window), w.s3Stalls(rng, single.window), w.redisFails(rng, single.window))
		})
		t.Run(fmt.Sprintf("Cluster, seed %d", seed), func(t *testing.T) {
			nodes := redistest.StartCluster(t)
			w := newWorld(t, seed, "redis-cluster://"+strings.Join(nodes.Addrs(), ","), nodes.Nodes...)
			rng := rand.New(rand.NewPCG(seed, 2))
			w.survive(cluster, seed, w.brokersDie(rng, cluster.window), w.mastersDie(rng, cluster.window))
		})
		if took := time.Since(start); t.Failed() || took+took/time.Duration(rounds) > length {
			return
		}
	}
}

// survive has recordings made while the lanes run, and holds what became of
// them against what was recorded. Each stage has a time of its own, so that a slow
// one does not take it from the next.
func (w *world) survive(s size, seed uint64, lanes ...lane) {
	t := w.t
	stage := func(d time.Duration, do func(context.Context)) time.Duration {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		start := time.Now()
		do(ctx)
		return time.Since(start).Round(100 * time.Millisecond)
	}
	for _, l := range lanes {
		t.Logf("what will go wrong:\n%s", l)
	}
	w.proxy.Rate(faultRate)
	seen := &Counts{}
	var made, left, phones []recorded
	start := time.Now()
	recording := stage(s.window+settleWithin, func(ctx context.Context) {
		var trouble sync.WaitGroup
		for _, l := range lanes {
			trouble.Go(func() { l.run(ctx, t, start) })
		}
		made, left, phones = w.record(ctx, s, seed, seen)
		trouble.Wait()
		t.Logf("%d of %d recordings are complete after %.1f s; %d recorders left", len(made), s.recordings, time.Since(start).Seconds(), len(left))
		w.complete(ctx, made)
	})
	alone := stage(aloneWithin, func(ctx context.Context) { w.endedAlone(ctx, phones) })
	reaping := stage(2*reapWithin, w.reap) // three brokers start too
	playing := stage(playWithin, func(ctx context.Context) {
		w.forget() // S3 alone knows what was recorded
		w.complete(ctx, made)
		w.play(ctx, slices.Concat(left, made, phones))
	})
	t.Logf("recording took %s, waiting for phones %s, the reaper %s, playing %s", recording, alone, reaping, playing)
	w.checkLogs()
	w.report(made, seen, time.Since(start))
}

// recorded is a recording that the broker calls complete.
type recorded struct {
	take   *take
	upload *Upload
}

// record makes all recordings at once. It returns those that are complete,
// those whose recorder left, and those of phones that were killed.
func (w *world) record(ctx context.Context, s size, seed uint64, seen *Counts) (made, left, phones []recorded) {
	slots := make(chan struct{}, 40) // in bad times most of them stand still
	var mu sync.Mutex                // guards the results
	var all sync.WaitGroup
	for i, r := range s.takes(seed) {
		all.Go(func() {
			client, err := w.client(ctx, fmt.Sprintf("owner %d", i%10), slots, seen)
			if err != nil {
				w.t.Errorf("recording %d has no grant: %v", i, err)
				return
			}
			_ = sleep(ctx, time.Until(r.begins)) // if ctx ends, Upload says so
			u, err := client.Upload(ctx, r.Recording)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				if made = append(made, recorded{r, u}); len(made) >= s.recordings*9/10 {
					w.proxy.Rate(0) // the last are not to wait for their luck
				}
			case errors.Is(err, errLeft):
				left = append(left, recorded{r, u})
			case errors.Is(err, errKilled):
				phones = append(phones, recorded{r, u})
			default:
				w.t.Errorf("recording %d (session %s) is not complete: %v", i, u.id, err)
			}
		})
	}
	all.Wait()
	return made, left, phones
}

// takes draws all recordings. Half of the phones are killed before Redis loses
// what it holds, and half of them after that.
func (s size) takes(seed uint64) (all []*take) {
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range s.recordings + s.vanish {
		all = append(all, newTake(rng, seed, i, s.window*7/10))
		if i >= s.recordings {
			all[i].leaves = 1 + rng.IntN(all[i].parts()-1)
		}
	}
	for i := range s.phones {
		begins, d := time.Duration(0), s.window*2/5
		if i%2 == 0 {
			begins, d = s.window/2, s.window/2
		}
		all = append(all, newPhone(rng, seed, len(all), begins, d))
	}
	return all
}

// complete asks once more what became of each recording.
func (w *world) complete(ctx context.Context, made []recorded) {
	for _, m := range made {
		first := m.upload.Done
		if err := m.upload.Complete(ctx); err != nil || m.upload.Done != first {
			w.t.Errorf("recording %d: complete answered %+v and then %+v, %v", m.take.index, first, m.upload.Done, err)
		}
		if first.Outcome != "completed" || first.Size != m.take.Size {
			w.t.Errorf("recording %d: complete answers %+v, want %d bytes", m.take.index, first, m.take.Size)
		}
	}
}

// play downloads every recording through its watch link.
func (w *world) play(ctx context.Context, all []recorded) {
	for _, m := range all {
		h := sha256.New()
		if err := m.upload.Download(ctx, h); err != nil {
			w.t.Errorf("recording %d (session %s) cannot be watched: %v", m.take.index, m.upload.id, err)
		} else if !bytes.Equal(h.Sum(nil), m.take.sha256()) {
			w.t.Errorf("recording %d (session %s) is not what was recorded", m.take.index, m.upload.id)
		}
	}
}

// reap starts the brokers with a reaper that waits for nobody and sees that it
// leaves nothing behind in the bucket.
func (w *world) reap(ctx context.Context) {
	before, err := w.uploads(ctx)
	if err != nil {
		w.t.Error(err)
	}
	for i, b := range w.brokers {
		b.kill()
		w.startBroker(i, "BROKER_ABANDON_AFTER=1s", "BROKER_RESUME_WINDOW=1s", "BROKER_ADOPT_AFTER=1s", "BROKER_REAP_EVERY=1s", "BROKER_SWEEP_EVERY=1s")
	}
	start := time.Now()
	for ; err == nil && time.Since(start) < reapWithin; err = sleep(ctx, 250*time.Millisecond) {
		left, err := w.uploads(ctx)
		if err == nil && len(left) == 0 {
			w.t.Logf("%d uploads were left behind; the reaper ended them in %.1f s", len(before), time.Since(start).Seconds())
			return
		}
	}
	left, listErr := w.uploads(ctx)
	w.t.Errorf("%d uploads were left behind, and after %s there still are %q (%v, %v)", len(before), reapWithin, left, err, listErr)
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
