//go:build linux

package main

import (
	"context"
	"fmt"
	"net/url"

	"slipway/bench/load"
	"slipway/bench/result"
	"slipway/bench/rig"
)

const (
	scaleBytes = "Redis per session"
	scaleCPU   = "sign, CPU per request"
	scaleRedis = "of it Redis"
	scaleLate  = "sign, p99 at 1,000/s"
	scalePage  = "first stale page of 100, p50"
	scalePage9 = "the same, p99"
)

// scaleRate is the rate of the open loop, in requests per second: 5,000
// recorders at 8 Mbit/s.
const scaleRate = 1000

// scaleSigned is for how many of the sessions in a full Redis parts are signed.
const scaleSigned = 10_000

const scaleEmpty = "Slipway, next to nothing"

// scale measures a Redis that is full of sessions, and more than one broker.
func (b *bench) scale(ctx context.Context) error {
	t := b.table("scale", "Many sessions in one Redis", "Sessions of 20 parts, 20 to an owner, with upload IDs as long as AWS'. Signing is as above, in a full Redis for 10,000 of its sessions in turn; the page is GET /v1/sessions?idle_for=1s&limit=100.",
		result.Metric{Name: scaleBytes, Unit: "bytes"}, result.Metric{Name: scaleCPU, Unit: "µs"}, result.Metric{Name: scaleRedis, Unit: "µs"}, result.Metric{Name: scaleLate, Unit: "ms"},
		result.Metric{Name: scalePage, Unit: "ms"}, result.Metric{Name: scalePage9, Unit: "ms"})
	t.Begin(scaleEmpty)
	redis, err := b.StartRedis("redis-full")
	if err != nil {
		return err
	}
	defer redis.Stop()
	var brokers []*rig.Running
	for i := range 3 {
		broker, err := b.StartBroker(fmt.Sprintf("slipway-%d", i+1), redis)
		if err != nil {
			return err
		}
		defer broker.Stop()
		brokers = append(brokers, broker)
	}
	signer := b.Slipway("scale", nil)
	if err := signer.Prepare(ctx, brokers[0].Addr, conns); err != nil {
		return err
	}
	if err := b.scaleRounds(t, scaleEmpty, signer.Target(brokers[0].Addr), redis, brokers[0]); err != nil {
		return err
	}
	before, err := redis.UsedBytes(ctx)
	if err != nil {
		return err
	}
	filled, err := b.Fill(ctx, redis, b.size.sessions, scaleSigned)
	if err != nil {
		return err
	}
	after, err := redis.UsedBytes(ctx)
	if err != nil {
		return err
	}
	full, each := fmt.Sprintf("Slipway, %d sessions", b.size.sessions), (after-before)/float64(b.size.sessions)
	t.Add(full, scaleBytes, each)
	if err := b.scaleRounds(t, full, filled.Target(brokers[0].Addr), redis, brokers[0]); err != nil {
		return err
	}
	if err := b.scalePages(t, full, brokers[0]); err != nil {
		return err
	}
	perCall, err := b.brokers(ctx, signer, brokers, redis)
	if err != nil {
		return err
	}
	t.Text += fmt.Sprintf(" Extrapolated and not measured: 10 million such sessions take %.1f GiB; one Redis core is busy with %.0f such calls a second, as many as %.0f recorders at 8 Mbit/s make.",
		each*1e7/(1<<30), 1e6/perCall, 5*1e6/perCall)
	return ctx.Err()
}

// scaleRounds measures one broker over redis as it is.
func (b *bench) scaleRounds(t *result.Table, name string, target load.Target, redis *rig.Redis, broker *rig.Running) error {
	for range b.size.rounds {
		if _, err := load.Run(target, load.Plan{Conns: conns, For: b.size.warm}); err != nil {
			return err
		}
		m, err := meter(target, load.Plan{Conns: conns, For: b.size.run}, redis.Pids(), broker.Pid)
		if err != nil {
			return err
		}
		t.Add(name, scaleCPU, micros(m.server+m.redis, m.Requests))
		t.Add(name, scaleRedis, micros(m.redis, m.Requests))
		r, err := load.Run(target, load.Plan{Conns: conns, For: b.size.run, Rate: scaleRate})
		if err != nil {
			return err
		}
		noteLatency(t, name, scaleLate, scaleRate, b.size.run, r, 0.99)
	}
	return nil
}

// scalePages asks for the first page of the stale list.
func (b *bench) scalePages(t *result.Table, name string, broker *rig.Running) error {
	for range b.size.rounds {
		r, err := load.Run(b.stalePage(broker), load.Plan{Conns: 1, For: 10 * b.size.run, Most: b.size.pages})
		if err != nil {
			return err
		}
		t.Add(name, scalePage, millis(r.Quantile(0.5)))
		t.Add(name, scalePage9, millis(r.Quantile(0.99)))
	}
	return nil
}

// stalePage asks for the first page of the sessions that are longest idle.
func (b *bench) stalePage(broker *rig.Running) load.Target {
	request := fmt.Appendf(nil, "GET /v1/sessions?%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
		url.Values{"idle_for": {"1s"}, "limit": {"100"}}.Encode(), broker.Addr, b.Operator(broker.Addr).Bearer)
	return load.Target{Addrs: []string{broker.Addr}, Request: func(int, int) []byte { return request }}
}

const (
	brokersRate  = "requests/s"
	brokersCPU   = "brokers' CPU per request"
	brokersRedis = "Redis' CPU per request"
	brokersOwn   = "load generator's CPU"
)

// brokers measures one, two and three of them over one Redis, and returns
// Redis' CPU per request in µs.
func (b *bench) brokers(ctx context.Context, signer *rig.Signer, all []*rig.Running, redis *rig.Redis) (float64, error) {
	t := b.table("brokers", "Several brokers over one Redis", fmt.Sprintf("%d connections in a closed loop, dealt out to the brokers. Brokers, Redis and the load generator share this machine's %d cores, so requests/s cannot grow with the brokers here; that a request costs no more is what shows that they do not get into each other's way.", conns, b.report.Machine.Cores),
		result.Metric{Name: brokersRate}, result.Metric{Name: brokersCPU, Unit: "µs"}, result.Metric{Name: brokersRedis, Unit: "µs"}, result.Metric{Name: brokersOwn, Unit: "µs"})
	var perCall result.Samples
	for n := range all {
		t.Begin(brokersName(n + 1))
	}
	for round := range b.size.rounds {
		for i := range all {
			n := (i+round)%len(all) + 1
			var addrs []string
			var pids []int
			for _, broker := range all[:n] {
				addrs, pids = append(addrs, broker.Addr), append(pids, broker.Pid)
			}
			if _, err := load.Run(signer.Target(addrs...), load.Plan{Conns: conns, For: b.size.warm}); err != nil {
				return 0, err
			}
			m, err := meter(signer.Target(addrs...), load.Plan{Conns: conns, For: b.size.run}, redis.Pids(), pids...)
			if err != nil {
				return 0, err
			}
			name := brokersName(n)
			t.Add(name, brokersRate, float64(m.Requests)/m.Took.Seconds())
			t.Add(name, brokersCPU, micros(m.server, m.Requests))
			t.Add(name, brokersRedis, micros(m.redis, m.Requests))
			t.Add(name, brokersOwn, micros(m.own, m.Requests))
			perCall = append(perCall, micros(m.redis, m.Requests))
		}
	}
	return perCall.Median(), nil
}

func brokersName(n int) string { return fmt.Sprintf("Slipway, brokers: %d", n) }
