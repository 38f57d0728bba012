package redisstore

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// BenchmarkReport is what a live recorder costs: one part arrived, one more to
// sign.
func BenchmarkReport(b *testing.B) {
	s := openReal(b, redistest.Start(b))
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(b.Context(), session.Change{Session: rec}); err != nil {
		b.Fatal(err)
	}
	for name, rep := range map[string]session.Report{"no limits": {Parts: numbered(7, 7)}, "all limits": limitedReport(7)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer meter(b, s)()
			for b.Loop() {
				if _, err := s.Report(b.Context(), rec.ID, rep); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReportsAtOnce is what live recorders cost a busy broker: 64 requests
// at any time, each for a session of its own, with all limits. The part that
// is new comes after those that the session has; 60 are in its record, 99 in
// the hash.
func BenchmarkReportsAtOnce(b *testing.B) {
	const requests = 64
	for _, parts := range []session.PartNumber{1, 20, 60, 99} {
		b.Run(fmt.Sprint(parts, " parts"), func(b *testing.B) {
			s := openReal(b, redistest.Start(b))
			ids := make(chan session.ID, requests)
			for range requests {
				rec := sessiontest.NewSession("ann")
				if _, err := s.Swap(b.Context(), session.Change{Session: rec, Parts: numbered(1, int(parts))}); err != nil {
					b.Fatal(err)
				}
				ids <- rec.ID
			}
			rep := limitedReport(parts)
			b.SetParallelism((requests + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
			b.ReportAllocs()
			b.ResetTimer()
			defer meter(b, s)()
			b.RunParallel(func(pb *testing.PB) {
				id := <-ids
				for pb.Next() {
					if _, err := s.Report(b.Context(), id, rep); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// limitedReport brings part number, within limits that it never reaches.
func limitedReport(number session.PartNumber) session.Report {
	rate := session.Rate{PerSecond: 1_000_000, Burst: 10_000}
	return session.Report{
		Parts: numbered(int(number), int(number)), URLsExpireAt: time.Now().Add(time.Hour),
		Owner: "ann", Cost: 1, CountBytes: true, Rates: session.Rates{Session: rate, Owner: rate},
	}
}

// meter begins to count CPU time, and reports it per operation in the end: what
// Redis used, its scripts alone, and what this process used, client and
// benchmark. Unlike the time that passed it says the same on a busy machine.
func meter(b *testing.B, s *Store) (end func()) {
	b.Helper()
	read := func() (server, scripts, own float64) { // µs
		info, err := s.client.Info(b.Context(), "cpu", "commandstats").Result()
		var used syscall.Rusage
		if err := errors.Join(err, syscall.Getrusage(syscall.RUSAGE_SELF, &used)); err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(info) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			switch name {
			case "used_cpu_sys", "used_cpu_user":
				seconds, _ := strconv.ParseFloat(value, 64)
				server += seconds * 1e6
			case "cmdstat_evalsha":
				_, after, _ := strings.Cut(value, "usec=")
				after, _, _ = strings.Cut(after, ",")
				scripts, _ = strconv.ParseFloat(after, 64)
			}
		}
		return server, scripts, float64(used.Utime.Nano()+used.Stime.Nano()) / 1e3
	}
	server, scripts, own := read()
	return func() {
		b.StopTimer()
		server2, scripts2, own2 := read()
		b.ReportMetric((server2-server)/float64(b.N), "redis-µs/op")
		b.ReportMetric((scripts2-scripts)/float64(b.N), "script-µs/op")
		b.ReportMetric((own2-own)/float64(b.N), "own-µs/op")
	}
}

// BenchmarkCreate is what a session costs to open.
func BenchmarkCreate(b *testing.B) {
	s := openReal(b, redistest.Start(b))
	rec := sessiontest.NewSession("ann")
	b.ReportAllocs()
	for b.Loop() {
		rec.ID = sessiontest.NewID("ann", 'w')
		if _, err := s.Swap(b.Context(), session.Change{Session: rec}); err != nil {
			b.Fatal(err)
		}
	}
}
