//go:build linux

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway/internal/session/redisstore/redistest"
)

// step is one thing that goes wrong, at a time after the start.
type step struct {
	at   time.Duration
	what string
	do   func()
}

// lane is steps that wait for one another.
type lane []step

func (l lane) run(ctx context.Context, t *testing.T, start time.Time) {
	for _, s := range l {
		if sleep(ctx, time.Until(start.Add(s.at))) != nil {
			return
		}
		t.Logf("%5.1f s: %s", time.Since(start).Seconds(), s.what)
		s.do()
	}
}

func (l lane) String() string {
	lines := make([]string, len(l))
	for i, s := range l {
		lines[i] = fmt.Sprintf("%5.1f s %s", s.at.Seconds(), s.what)
	}
	return strings.Join(lines, "\n")
}

// share is about that share of window.
func share(rng *rand.Rand, window time.Duration, of float64) time.Duration {
	return time.Duration((of + 0.05*rng.Float64()) * float64(window))
}

func between(rng *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rng.Int64N(int64(to-from)))
}

// brokersDie kills them in turn, for as long as window is.
func (w *world) brokersDie(rng *rand.Rand, window time.Duration) (l lane) {
	for i, at := 0, between(rng, time.Second, 3*time.Second); at < window; i++ {
		i, down := i%len(w.brokers), between(rng, 200*time.Millisecond, 3*time.Second)
		l = append(l, step{at, fmt.Sprintf("kill -9 broker %d, back after %s", i, down.Round(10*time.Millisecond)), func() {
			w.count("brokers killed")
			w.brokers[i].kill()
			time.Sleep(down)
			w.startBroker(i)
		}})
		at += between(rng, 2*time.Second, 4*time.Second)
	}
	return l
}

// s3Stalls stops S3 twice, for longer than clients and brokers wait.
func (w *world) s3Stalls(rng *rand.Rand, window time.Duration) (l lane) {
	for _, of := range []float64{0.1, 0.5} {
		d := between(rng, 10*time.Second, 15*time.Second)
		l = append(l, step{share(rng, window, of), fmt.Sprintf("S3 stalls for %s", d.Round(10*time.Millisecond)), func() {
			w.count("S3 stalled")
			w.proxy.Stall(d)
		}})
	}
	return l
}

// redisFails has one Redis, which keeps what it acknowledged, do what it may.
func (w *world) redisFails(rng *rand.Rand, window time.Duration) lane {
	redis := w.redis[0]
	restart := func(of float64) step {
		down := between(rng, 500*time.Millisecond, 3*time.Second)
		return step{share(rng, window, of), fmt.Sprintf("kill -9 Redis, back after %s", down.Round(10*time.Millisecond)), func() {
			w.count("Redis restarted")
			redis.Kill()
			time.Sleep(down)
			redis.Restart()
		}}
	}
	stop := between(rng, 4*time.Second, 8*time.Second)
	return lane{
		restart(0.15),
		{share(rng, window, 0.4), fmt.Sprintf("SIGSTOP Redis for %s", stop.Round(10*time.Millisecond)), func() {
			w.count("Redis stopped")
			halt(w.t, redis, stop)
		}},
		{share(rng, window, 0.65), "FLUSHALL", w.forget},
		restart(0.85),
	}
}

// mastersDie kills two masters of a Cluster, each long enough for its replica
// to take over: what was acknowledged and not yet replicated is gone.
func (w *world) mastersDie(rng *rand.Rand, window time.Duration) (l lane) {
	for _, of := range []float64{0.2, 0.65} {
		down := between(rng, 5*time.Second, 8*time.Second)
		which := rng.IntN(3)
		l = append(l, step{share(rng, window, of), fmt.Sprintf("kill -9 master %d, back after %s", which, down.Round(10*time.Millisecond)), func() {
			w.count("masters killed")
			master := w.masters()[which]
			master.Kill()
			w.forgets()
			time.Sleep(down)
			master.Restart()
		}})
	}
	return l
}

// forget empties Redis.
func (w *world) forget() {
	w.count("Redis flushed")
	defer w.forgets()
	for _, m := range w.masters() {
		if answer, err := m.Do("FLUSHALL"); answer != "+OK" {
			w.t.Errorf("FLUSHALL: %q, %v", answer, err)
		}
	}
}

// masters are the nodes that take writes. A single Redis is one.
func (w *world) masters() (m []*redistest.Server) {
	for _, n := range w.redis {
		if info, _ := n.Do("INFO", "replication"); strings.Contains(info, "role:master") {
			m = append(m, n)
		}
	}
	return m
}

// halt stops a Redis for d without closing its connections.
func halt(t *testing.T, redis *redistest.Server, d time.Duration) {
	info, err := redis.Do("INFO", "server")
	_, rest, _ := strings.Cut(info, "process_id:")
	text, _, _ := strings.Cut(rest, "\r")
	pid, bad := strconv.Atoi(text)
	if err != nil || bad != nil || pid <= 1 {
		t.Errorf("Redis does not say its process ID: %v, %v", err, bad)
		return
	}
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	time.Sleep(d)
	_ = syscall.Kill(pid, syscall.SIGCONT)
}
