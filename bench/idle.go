//go:build linux

package main

import (
	"context"
	"fmt"

	"slipway/bench/load"
	"slipway/bench/proc"
	"slipway/bench/result"
	"slipway/bench/rig"
)

const idleEach = "each connection"

func idleName(n int) string { return fmt.Sprintf("%d recorders", n) }

// idle measures what recorders cost that are paused: each keeps its connection
// and says now and then that it is there.
func (b *bench) idle(ctx context.Context) error {
	few, many := b.size.idlers[0], b.size.idlers[len(b.size.idlers)-1]
	var metrics []result.Metric
	for _, n := range b.size.idlers {
		metrics = append(metrics, result.Metric{Name: idleName(n), Unit: "MiB"})
	}
	metrics = append(metrics, result.Metric{Name: idleEach, Unit: "kB"})
	t := b.table("idle", "Recorders that idle", fmt.Sprintf("The broker's resident memory at its peak, while each recorder keeps a connection and sends two heartbeats within %v. Each connection is what %d of them have above %d, by that number.", b.size.idle, many, few), metrics...)
	t.Begin("Slipway")
	redis, err := b.StartRedis("redis-idle")
	if err != nil {
		return err
	}
	defer redis.Stop()
	filled, err := b.Fill(ctx, redis, many, many)
	if err != nil {
		return err
	}
	for range b.size.starts {
		peaks := map[int]int64{}
		for _, n := range b.size.idlers {
			if peaks[n], err = b.idlePeak(redis, filled, n); err != nil {
				return err
			}
			t.Add("Slipway", idleName(n), float64(peaks[n])/(1<<20))
		}
		t.Add("Slipway", idleEach, float64(peaks[many]-peaks[few])/float64(many-few)/1000)
	}
	return ctx.Err()
}

// idlePeak is the most memory that a broker of its own has, in bytes.
func (b *bench) idlePeak(redis *rig.Redis, recorders *rig.Signer, n int) (int64, error) {
	broker, err := b.StartBroker(fmt.Sprintf("slipway-idle-%d", n), redis)
	if err != nil {
		return 0, err
	}
	defer broker.Stop()
	target := load.Target{Addrs: []string{broker.Addr}, Request: func(conn, _ int) []byte { return recorders.Beat(broker.Addr, conn) }}
	if _, err := load.Run(target, load.Plan{Conns: n, For: b.size.idle, Rate: 2 * float64(n) / b.size.idle.Seconds()}); err != nil {
		return 0, err
	}
	_, peak, err := proc.Memory(broker.Pid)
	return peak, err
}
