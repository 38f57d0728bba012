//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"slipway/bench/load"
	"slipway/bench/result"
	"slipway/bench/rig"
)

// batchSizes is how many URLs one request asks for; 10,000 are all of a session.
var batchSizes = []int{1, 10, 100, 1000, 10_000}

// batchConns are few: an answer of 10,000 URLs is 7 MB.
const batchConns = 4

// leastURL is less than any presigned URL has, in bytes.
const leastURL = 300

func batchName(n int) string { return fmt.Sprintf("%d URLs", n) }

// batch measures many URLs per request.
func (b *bench) batch(ctx context.Context) error {
	var metrics []result.Metric
	for _, n := range batchSizes {
		metrics = append(metrics, result.Metric{Name: batchName(n), Unit: "URLs/s per core", Ratio: result.MoreIsBetter, Plot: n == 1000})
	}
	t := b.table("batch", "Many URLs in one request", fmt.Sprintf("%d connections. Of the peers only Companion has such a route. The request is parsed and the answer written; CPU is the server's and, with Redis, that of Redis. A floor copies the bytes of our answer.", batchConns), metrics...)
	up, err := b.startSigners(ctx, func(s *rig.Signer) bool { return s.Batch != nil }, t)
	if err != nil {
		return err
	}
	defer stopAll(up)
	for round := range b.size.rounds {
		for _, n := range batchSizes {
			for i := range up {
				s := up[(i+round)%len(up)]
				if t.Failed(s.Name, batchName(n)) || ctx.Err() != nil {
					continue
				}
				if err := b.batchRound(t, s, n); err != nil {
					t.Note(s.Name, batchName(n), refusal(s.Name, err))
				}
			}
		}
	}
	return ctx.Err()
}

func (b *bench) batchRound(t *result.Table, s *signing, n int) error {
	target := load.Target{Addrs: []string{s.server.Addr}, Request: s.Batch(s.server.Addr, n)}
	if _, err := load.Run(target, load.Plan{Conns: batchConns, For: b.size.warm}); err != nil {
		return err
	}
	m, err := meter(target, load.Plan{Conns: batchConns, For: b.size.run}, s.redis, s.server.Pid)
	if err != nil {
		return err
	}
	if m.Bytes < int64(m.Requests)*int64(n)*leastURL {
		return fmt.Errorf("%d answers of %d URLs have only %d bytes", m.Requests, n, m.Bytes)
	}
	t.Add(s.Name, batchName(n), perCore(m.Requests*n, m.server+m.redis))
	return nil
}

// refusal is what the table says of a request that failed.
func refusal(name string, err error) string {
	if r, ok := errors.AsType[*load.Refused](err); ok {
		return fmt.Sprintf("refused: %d", r.Status)
	}
	fmt.Fprintf(os.Stderr, "bench: %s failed: %v\n", name, err)
	return "failed"
}
