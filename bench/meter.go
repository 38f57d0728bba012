//go:build linux

package main

import (
	"time"

	"slipway/bench/load"
	"slipway/bench/proc"
)

// metered is a run of load and what it cost.
type metered struct {
	*load.Result
	server, redis time.Duration // CPU of the servers, and of Redis
	own           time.Duration // CPU of the load generator
}

// meter runs load and reads the CPU clocks of processes around it.
func meter(target load.Target, plan load.Plan, redis []int, servers ...int) (metered, error) {
	servers0, err := sum(servers)
	if err != nil {
		return metered{}, err
	}
	redis0, err := sum(redis)
	if err != nil {
		return metered{}, err
	}
	own0 := proc.Own()
	r, err := load.Run(target, plan)
	if err != nil {
		return metered{}, err
	}
	m := metered{Result: r, own: proc.Own() - own0}
	if m.server, err = sum(servers); err != nil {
		return metered{}, err
	}
	if m.redis, err = sum(redis); err != nil {
		return metered{}, err
	}
	m.server, m.redis = m.server-servers0, m.redis-redis0
	return m, nil
}

func sum(pids []int) (time.Duration, error) {
	var total time.Duration
	for _, pid := range pids {
		spent, err := proc.CPU(pid)
		if err != nil {
			return 0, err
		}
		total += spent
	}
	return total, nil
}

// micros is d for each of n, in µs.
func micros(d time.Duration, n int) float64 { return d.Seconds() * 1e6 / float64(n) }

// perCore is how many a core does in a second of its time.
func perCore(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func millis(d time.Duration) float64 { return d.Seconds() * 1e3 }

// stopwatch returns how long it is since it was called.
func stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
