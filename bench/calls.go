//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"slipway/bench/load"
	"slipway/bench/result"
	"slipway/bench/rig"
)

const (
	callCPU   = "CPU per call"
	callRedis = "of it Redis"
	callP50   = "p50"
	callP99   = "p99"
)

// callConns are few: these calls wait for S3.
const callConns = 8

// call is one that a recorder makes once or twice, or a script.
type call struct {
	name string
	// prepare lays out n requests, each to be sent once.
	prepare func(ctx context.Context, api rig.API, round, n int) ([][]byte, error)
}

var otherCalls = []call{{"open", opens("")}, {"open with a key", opens("Idempotency-Key: bench-%d-%d\r\n")}, {"look", looks}, {"complete", completes}, {"list of 100", lists}}

// calls measures what signs nothing.
func (b *bench) calls(ctx context.Context) error {
	t := b.table("calls", "Open, look, complete, list", fmt.Sprintf("%d connections, each call for a session of its own, which has one small part. CPU is the broker's and that of Redis; how long it takes is S3's doing, too. httpapi.TestACallAsksS3AndRedisNoMoreThanItMust holds how often each asks S3 and Redis.", callConns),
		result.Metric{Name: callCPU, Unit: "µs"}, result.Metric{Name: callRedis, Unit: "µs"}, result.Metric{Name: callP50, Unit: "ms"}, result.Metric{Name: callP99, Unit: "ms"})
	broker, err := b.StartBroker("slipway-calls", b.Redis)
	if err != nil {
		return err
	}
	defer broker.Stop()
	for round := range b.size.rounds {
		for _, c := range otherCalls {
			requests, err := c.prepare(ctx, b.Operator(broker.Addr), round, b.size.calls)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			target := load.Target{Addrs: []string{broker.Addr}, Request: func(conn, i int) []byte { return requests[i*callConns+conn] }}
			m, err := meter(target, load.Plan{Conns: callConns, For: time.Minute, Most: len(requests)}, b.Redis.Pids(), broker.Pid)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			t.Add(c.name, callCPU, micros(m.server+m.redis, m.Requests))
			t.Add(c.name, callRedis, micros(m.redis, m.Requests))
			t.Add(c.name, callP50, millis(m.Quantile(0.5)))
			t.Add(c.name, callP99, millis(m.Quantile(0.99)))
		}
	}
	return ctx.Err()
}

// wire is a request as it goes over the wire.
func wire(api rig.API, method, path, headers string, body []byte) []byte {
	head := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n", method, path, api.Addr, api.Bearer, headers, len(body))
	return append(head, body...)
}

func opens(key string) func(context.Context, rig.API, int, int) ([][]byte, error) {
	return func(_ context.Context, api rig.API, round, n int) (requests [][]byte, err error) {
		for i := range n {
			headers := ""
			if key != "" {
				headers = fmt.Sprintf(key, round, i)
			}
			body := fmt.Appendf(nil, `{"content_type":"video/webm","owner":"opens-%s%d-%d"}`, key[:min(len(key), 1)], round, i)
			requests = append(requests, wire(api, http.MethodPost, "/v1/sessions", headers, body))
		}
		return requests, nil
	}
}

func looks(ctx context.Context, api rig.API, round, n int) ([][]byte, error) {
	return each(ctx, api, "looks", round, n, func(own rig.API, id string, _ rig.Part) []byte {
		return wire(own, http.MethodGet, "/v1/sessions/"+id, "", nil)
	})
}

func completes(ctx context.Context, api rig.API, round, n int) ([][]byte, error) {
	return each(ctx, api, "completes", round, n, func(own rig.API, id string, part rig.Part) []byte {
		body, _ := json.Marshal(map[string]any{"parts": []rig.Part{part}, "size": part.Size}) // plain structs
		return wire(own, http.MethodPost, "/v1/sessions/"+id+"/complete", "", body)
	})
}

func lists(_ context.Context, api rig.API, _, n int) (requests [][]byte, err error) {
	for range n {
		requests = append(requests, wire(api, http.MethodGet, "/v1/sessions?limit=100", "", nil))
	}
	return requests, nil
}

// each opens n sessions with a part in S3 and lays out a request for each.
func each(ctx context.Context, api rig.API, owner string, round, n int, request func(own rig.API, id string, part rig.Part) []byte) (requests [][]byte, err error) {
	content := bytes.Repeat([]byte("slipway!"), 128)
	for i := range n {
		s, err := api.Open(ctx, fmt.Sprintf("%s-%d-%d", owner, round, i))
		if err != nil {
			return nil, err
		}
		part := rig.Part{Number: 1, Size: int64(len(content))}
		urls, err := s.Parts(ctx, api.Addr, nil, []rig.Part{part})
		if err != nil {
			return nil, err
		}
		if part.ETag, err = rig.Put(ctx, urls[0], content); err != nil {
			return nil, err
		}
		requests = append(requests, request(rig.API{Addr: api.Addr, Bearer: s.Token}, s.ID, part))
	}
	return requests, nil
}
