package app_test

import (
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/internal/session/sessiontest"
)

// What a recorder does by itself stays within the rates as they are by default,
// however fast its line is and however often it has to come back.
func TestNoRecorderMeetsTheRatesByDefault(t *testing.T) {
	s, err := enough().resolve(t)
	if err != nil {
		t.Fatal(err)
	}
	rates := session.Rates{Session: session.Rate{PerSecond: s.SignRate, Burst: s.SignBurst}, Owner: session.Rate{PerSecond: s.OwnerSignRate, Burst: s.OwnerSignBurst}}
	for _, tc := range []struct {
		name     string
		perCall  int           // parts that a call reports, and signs
		every    time.Duration // between calls
		lookEach int           // calls between two looks
	}{
		{"at 1 Gbit/s", 1, 40 * time.Millisecond, 1000},
		{"at 1 Gbit/s, four parts in a call", 4, 160 * time.Millisecond, 250},
		{"the connection breaks each 30 s", 1, 3 * time.Second, 10},
		{"a voice memo that is taken up again each 30 s, which is the longest that it waits", 1, 30 * time.Second, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := time.Now()
			store := &memstore.Store{Now: func() time.Time { return now }}
			rec := sessiontest.NewSession("ann")
			admission := session.Admission{Owner: "ann", Rate: rates.Owner, Cost: session.CallCost}
			if _, err := store.Admit(t.Context(), rec.ID, admission); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Swap(t.Context(), session.Change{Session: rec}); err != nil {
				t.Fatal(err)
			}
			look := session.Report{Look: true, Cost: session.CallCost, Rates: rates, Owner: "ann"}
			for n := 0; n < session.MaxPartNumber; n += tc.perCall {
				report := session.Report{Cost: tc.perCall, Rates: rates, Owner: "ann"}
				for i := range tc.perCall {
					report.Parts = append(report.Parts, sessiontest.NewPart(session.PartNumber(n+i+1), 5<<20))
				}
				if _, err := store.Report(t.Context(), rec.ID, report); err != nil {
					t.Fatalf("a report of part %d: %v", n+1, err)
				}
				if n/tc.perCall%tc.lookEach == 0 {
					if _, err := store.Report(t.Context(), rec.ID, look); err != nil {
						t.Fatalf("a look after part %d: %v", n+1, err)
					}
				}
				now = now.Add(tc.every)
			}
			if _, err := store.Report(t.Context(), rec.ID, look); err != nil {
				t.Fatalf("a claim: %v", err)
			}
		})
	}
}
