package redisstore

import (
	"fmt"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// BenchmarkListStale lists the first page of the stale ones, half a million,
// among a million sessions. It takes two minutes, most of it to open them, and
// 400 MB:
//
//	go test ./internal/session/redisstore -run '^$' -bench ListStale
func BenchmarkListStale(b *testing.B) {
	const sessions = 1_000_000
	server := redistest.Start(b)
	s := openReal(b, server)
	began := time.Now()
	openMany(b, s, sessions/2, "")
	half := time.Now()
	openMany(b, s, sessions-sessions/2, "")
	b.Logf("%d sessions were opened in %v", sessions, time.Since(began).Round(time.Second))
	var count trips
	s.client.AddHook(&count)
	for _, limit := range []int{100, 1000} {
		b.Run(fmt.Sprint("page of ", limit), func(b *testing.B) {
			q := session.Query{Limit: limit, IdleFor: time.Since(half)}
			if _, err := s.List(b.Context(), q); err != nil { // loads the script
				b.Fatal(err)
			}
			read, sent := records(b, []*redistest.Server{server}), count.Load()
			for b.Loop() {
				page, err := s.List(b.Context(), q)
				if err != nil || len(page.Sessions) != limit {
					b.Fatalf("%d rows, %v; want %d", len(page.Sessions), err, limit)
				}
			}
			b.ReportMetric(float64(count.Load()-sent)/float64(b.N), "trips/page")
			b.ReportMetric(float64(records(b, []*redistest.Server{server})-read)/float64(b.N), "records/page")
		})
	}
}
