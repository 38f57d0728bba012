//go:build linux

package main

import (
	"context"
	"fmt"
	"os"

	"slipway/bench/proc"
	"slipway/bench/result"
	"slipway/bench/rig"
)

const (
	bytesCPU  = "server's CPU per GiB"
	bytesPeak = "peak memory"
	bytesRate = "MiB/s"
)

// mover is a server through which, or past which, an upload goes.
type mover struct {
	name   string
	start  func() (*rig.Running, error)
	upload func(ctx context.Context, addr string, size int64) error

	server *rig.Running
	redis  []int // pids
}

// bytes measures what the server does while a whole upload reaches S3.
func (b *bench) bytes(ctx context.Context) error {
	t := b.table("bytes", "CPU per GiB that is uploaded", fmt.Sprintf("One upload of %d MiB into the same S3 server, until the object is there. Ours: every part of 5 MiB is signed, PUT straight to S3 and reported by itself, 4 in parallel, then completed; or, as phones do, all are signed in one call. tusd: one PATCH of everything, which it PUTs to S3 in parts. S3's own CPU counts for nobody; Redis' counts as ours, what it uses while it idles, too. Peak memory is the server's alone.", b.size.upload>>20),
		result.Metric{Name: bytesCPU, Unit: "ms", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: bytesPeak, Unit: "MiB", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: bytesRate})
	movers := []*mover{
		{name: "Slipway", start: func() (*rig.Running, error) { return b.StartBroker("slipway", b.Redis) }, upload: b.Record, redis: b.Redis.Pids()},
		{name: "Slipway, signed ahead", start: func() (*rig.Running, error) { return b.StartBroker("slipway-ahead", b.Redis) }, upload: b.RecordAhead, redis: b.Redis.Pids()},
		{name: "tusd", start: func() (*rig.Running, error) { return b.StartTusd("tusd") }, upload: rig.Tus},
		{name: "tusd, no content hashes", start: func() (*rig.Running, error) { return b.StartTusd("tusd-lean", "-s3-disable-content-hashes") }, upload: rig.Tus},
	}
	for _, m := range movers {
		t.Begin(m.name)
	}
	for _, m := range movers {
		var err error
		if m.server, err = m.start(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s cannot be measured: %v\n", m.name, err)
			t.Fail(m.name, "cannot be started")
			continue
		}
		defer m.server.Stop()
	}
	for round := range b.size.uploads {
		for i := range movers {
			m := movers[(i+round)%len(movers)]
			if t.Failed(m.name, bytesCPU) || ctx.Err() != nil {
				continue
			}
			if err := b.move(ctx, t, m); err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s failed: %v\n", m.name, err)
				t.Fail(m.name, "failed")
			}
		}
	}
	return ctx.Err()
}

// move makes one upload. The first 5 MiB are for warming up.
func (b *bench) move(ctx context.Context, t *result.Table, m *mover) error {
	if err := b.moved(ctx, m, rig.PartSize); err != nil {
		return err
	}
	if err := proc.ForgetPeak(m.server.Pid); err != nil {
		return err
	}
	before, err := sum(append([]int{m.server.Pid}, m.redis...))
	if err != nil {
		return err
	}
	watch := stopwatch()
	if err := b.moved(ctx, m, b.size.upload); err != nil {
		return err
	}
	took := watch()
	after, err := sum(append([]int{m.server.Pid}, m.redis...))
	if err != nil {
		return err
	}
	_, peak, err := proc.Memory(m.server.Pid)
	if err != nil {
		return err
	}
	t.Add(m.name, bytesCPU, millis(after-before)*float64(1<<30)/float64(b.size.upload))
	t.Add(m.name, bytesPeak, float64(peak)/(1<<20))
	t.Add(m.name, bytesRate, float64(b.size.upload)/(1<<20)/took.Seconds())
	return nil
}

// moved uploads, and sees that it is there.
func (b *bench) moved(ctx context.Context, m *mover, size int64) error {
	if err := m.upload(ctx, m.server.Addr, size); err != nil {
		return err
	}
	return b.TakeAway(ctx, size)
}
