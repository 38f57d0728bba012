//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"slipway/bench/load"
	"slipway/bench/result"
	"slipway/bench/rig"
)

// conns is how many clients sign at once.
const conns = 64

// rates of the open loop, in requests per second: what a Companion survives on
// a slow machine, and on a quick one, and what is ours.
var rates = []float64{50, 200, 2000}

// signing is a signer at work.
type signing struct {
	*rig.Signer
	server *rig.Running
	redis  []int // pids of the Redis that it uses
}

// startSigners starts those that are wanted, and notes in each table those that
// cannot be measured. What a server signs has to be good before it is.
func (b *bench) startSigners(ctx context.Context, wanted func(*rig.Signer) bool, tables ...*result.Table) ([]*signing, error) {
	signers, err := b.Signers(ctx)
	if err != nil {
		return nil, err
	}
	signers = slices.DeleteFunc(append(signers, b.Floors()...), func(s *rig.Signer) bool { return !wanted(s) || !strings.HasPrefix(s.Name, b.signer) })
	for _, t := range tables {
		for _, s := range signers {
			t.Begin(s.Name) // ours stays the first, whoever fails before it is measured
		}
	}
	var up []*signing
	for _, s := range signers {
		at := &signing{Signer: s}
		if at.server, err = s.Start(); err == nil {
			up = append(up, at)
			if err = s.Check(ctx, at.server.Addr); err == nil {
				err = s.Prepare(ctx, at.server.Addr, conns)
			}
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s cannot be measured: %v\n", s.Name, err)
			for _, t := range tables {
				t.Fail(s.Name, "cannot be started")
			}
		}
		if s.Redis {
			at.redis = b.Redis.Pids()
		}
	}
	return up, nil
}

const (
	signCPU   = "CPU per request"
	signRedis = "of it Redis"
	signCore  = "requests/s per core"
	signRate  = "requests/s"
	signOwn   = "load generator's CPU"
)

// sign measures one signed part per request: in a closed loop what it costs,
// in an open one how long it takes.
func (b *bench) sign(ctx context.Context) error {
	cost := b.table("sign", "Sign over HTTP: what it costs", fmt.Sprintf("%d connections, each with its next request as soon as it has the answer. Ours reports one part and signs the next, with a session token that is checked; the peers sign one part, and check nothing. CPU is the server's and, with Redis, that of Redis. A floor reads the same requests and answers the same bytes over the same libraries, and does nothing for them.", conns),
		result.Metric{Name: signCPU, Unit: "µs", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: signRedis, Unit: "µs"},
		result.Metric{Name: signCore, Ratio: result.MoreIsBetter}, result.Metric{Name: signRate}, result.Metric{Name: signOwn, Unit: "µs"})
	late := b.table("latency", "Sign over HTTP: how long it takes", fmt.Sprintf("%d connections, requests sent at fixed times whether or not the answers keep up. Latency counts from when a request was due where an answer before it was late, and else from when it was sent.", conns), lateMetrics()...)
	up, err := b.startSigners(ctx, func(*rig.Signer) bool { return true }, cost, late)
	if err != nil {
		return err
	}
	defer stopAll(up)
	for round := range b.size.rounds {
		for i := range up {
			s := up[(i+round)%len(up)]
			if cost.Failed(s.Name, signCPU) || ctx.Err() != nil {
				continue
			}
			if err := b.signRound(s, cost, late); err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s failed: %v\n", s.Name, err)
				cost.Fail(s.Name, "failed")
				late.Fail(s.Name, "failed")
			}
		}
	}
	return ctx.Err()
}

func stopAll(up []*signing) {
	for _, s := range up {
		s.server.Stop()
	}
}

func lateName(rate float64, quantile string) string {
	return fmt.Sprintf("%s at %.0f/s", quantile, rate)
}

func lateMetrics() []result.Metric {
	var metrics []result.Metric
	for _, rate := range rates {
		for _, q := range []string{"p50", "p99"} {
			metrics = append(metrics, result.Metric{Name: lateName(rate, q), Unit: "ms", Ratio: result.LessIsBetter, Plot: q == "p99"})
		}
	}
	return metrics
}

func (b *bench) signRound(s *signing, cost, late *result.Table) error {
	target := s.Target(s.server.Addr)
	if _, err := load.Run(target, load.Plan{Conns: conns, For: b.size.warm}); err != nil {
		return err
	}
	m, err := meter(target, load.Plan{Conns: conns, For: b.size.run}, s.redis, s.server.Pid)
	if err != nil {
		return err
	}
	all := m.server + m.redis
	cost.Add(s.Name, signCPU, micros(all, m.Requests))
	if s.redis != nil {
		cost.Add(s.Name, signRedis, micros(m.redis, m.Requests))
	}
	cost.Add(s.Name, signCore, perCore(m.Requests, all))
	cost.Add(s.Name, signRate, float64(m.Requests)/m.Took.Seconds())
	cost.Add(s.Name, signOwn, micros(m.own, m.Requests))
	for _, rate := range rates {
		r, err := load.Run(target, load.Plan{Conns: conns, For: b.size.run, Rate: rate})
		if err != nil {
			return err
		}
		for q, quantile := range map[string]float64{"p50": 0.5, "p99": 0.99} {
			noteLatency(late, s.Name, lateName(rate, q), rate, b.size.run, r, quantile)
		}
	}
	return nil
}

// noteLatency gives no figure where the server did not keep up: the wait then
// says how long the run was and not how quick the server is.
func noteLatency(t *result.Table, name, metric string, rate float64, run time.Duration, r *load.Result, quantile float64) {
	if float64(r.Requests) < 0.95*rate*run.Seconds() {
		t.Note(name, metric, "does not keep up")
		return
	}
	t.Add(name, metric, millis(r.Quantile(quantile)))
}
