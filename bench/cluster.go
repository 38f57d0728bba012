//go:build linux

package main

import (
	"context"
	"fmt"
	"os"

	"slipway/bench/load"
	"slipway/bench/result"
	"slipway/bench/rig"
)

// masters is how many a Redis Cluster has at the least.
const masters = 3

const (
	clusterRate = "requests/s"
	clusterOurs = "broker's CPU per request"
	clusterCPU  = "Redis' CPU per request"
	clusterLate = "p99 at 1,000/s"
	clusterPage = "stale page of 100, p50"
)

// cluster measures a broker over one Redis and over a Cluster, both with the
// same sessions.
func (b *bench) cluster(ctx context.Context) error {
	t := b.table("cluster", "One Redis or a Cluster", fmt.Sprintf("%d sessions of 20 parts, 20 to an owner; %d masters without replicas. The masters share this machine's cores, so requests/s cannot grow with them here: what shows is what going by slots costs. Redis' CPU is of all of them. Signing and the page are as above.", b.size.spread, masters),
		result.Metric{Name: clusterRate, Ratio: result.MoreIsBetter}, result.Metric{Name: clusterOurs, Unit: "µs", Ratio: result.LessIsBetter}, result.Metric{Name: clusterCPU, Unit: "µs", Ratio: result.LessIsBetter},
		result.Metric{Name: clusterLate, Unit: "ms"}, result.Metric{Name: clusterPage, Unit: "ms"})
	var all []*spread
	for _, over := range []struct {
		name  string
		start func() (*rig.Redis, error)
	}{
		{"Slipway, one Redis", func() (*rig.Redis, error) { return b.StartRedis("redis-alone") }},
		{fmt.Sprintf("Slipway, Cluster of %d", masters), func() (*rig.Redis, error) { return b.StartCluster("redis-cluster", masters) }},
	} {
		s, err := b.spread(ctx, over.name, over.start)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s cannot be measured: %v\n", over.name, err)
			t.Fail(over.name, "cannot be started")
			continue
		}
		defer s.redis.Stop()
		defer s.broker.Stop()
		all = append(all, s)
	}
	for range b.size.rounds {
		for _, s := range all {
			if err := b.clusterRound(t, s); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// spread is a broker over a Redis that has sessions.
type spread struct {
	name   string
	redis  *rig.Redis
	broker *rig.Running
	target load.Target
}

func (b *bench) spread(ctx context.Context, name string, start func() (*rig.Redis, error)) (*spread, error) {
	redis, err := start()
	if err != nil {
		return nil, err
	}
	broker, err := b.StartBroker(name, redis)
	if err != nil {
		redis.Stop()
		return nil, err
	}
	signer := b.Slipway(name, nil)
	if _, err = b.Fill(ctx, redis, b.size.spread, 1); err == nil {
		err = signer.Prepare(ctx, broker.Addr, conns)
	}
	if err != nil {
		broker.Stop()
		redis.Stop()
		return nil, err
	}
	return &spread{name, redis, broker, signer.Target(broker.Addr)}, nil
}

func (b *bench) clusterRound(t *result.Table, s *spread) error {
	if _, err := load.Run(s.target, load.Plan{Conns: conns, For: b.size.warm}); err != nil {
		return err
	}
	m, err := meter(s.target, load.Plan{Conns: conns, For: b.size.run}, s.redis.Pids(), s.broker.Pid)
	if err != nil {
		return err
	}
	t.Add(s.name, clusterRate, float64(m.Requests)/m.Took.Seconds())
	t.Add(s.name, clusterOurs, micros(m.server, m.Requests))
	t.Add(s.name, clusterCPU, micros(m.redis, m.Requests))
	r, err := load.Run(s.target, load.Plan{Conns: conns, For: b.size.run, Rate: scaleRate})
	if err != nil {
		return err
	}
	noteLatency(t, s.name, clusterLate, scaleRate, b.size.run, r, 0.99)
	if r, err = load.Run(b.stalePage(s.broker), load.Plan{Conns: 1, For: 10 * b.size.run, Most: b.size.pages}); err != nil {
		return err
	}
	t.Add(s.name, clusterPage, millis(r.Quantile(0.5)))
	return nil
}
