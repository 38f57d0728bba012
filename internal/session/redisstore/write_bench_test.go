package redisstore

import (
	"testing"

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
	rep := session.Report{Parts: numbered(7, 7), URLsExpireAt: rec.ExpiresAt}
	limited := rep
	rate := session.Rate{PerSecond: 1_000_000, Burst: 10_000}
	limited.Owner, limited.Cost, limited.CountBytes, limited.Rates = "ann", 1, true, session.Rates{Session: rate, Owner: rate}
	for name, rep := range map[string]session.Report{"no limits": rep, "all limits": limited} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Report(b.Context(), rec.ID, rep); err != nil {
					b.Fatal(err)
				}
			}
		})
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
