package session_test

import (
	"testing"
	"time"

	"slipway/internal/session"
)

// Noting a part is work for the Store as well: 10,000 take Redis about 100 ms.
func TestACallCostsAsManyPartsAsItReportsOrAsksFor(t *testing.T) {
	for _, c := range []struct {
		name             string
		reported, signed int
		cost             int
	}{
		{"neither", 0, 0, 1},
		{"one of each", 1, 1, 1},
		{"more reported", 6, 4, 6},
		{"more asked for", 4, 6, 6},
		{"as many reported as are allowed", 10, 0, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := abandoned(t, nil)
			r.Broker.Limits.Rates.Session = session.Rate{PerSecond: 1, Burst: 10}
			now := time.Now()
			r.Store.Now = func() time.Time { return now }
			call := func(reported, signed int) error {
				var uploaded []session.Part
				for i := range reported {
					uploaded = append(uploaded, session.Part{Number: session.PartNumber(i + 1), Size: session.MinPartSize, ETag: `"e"`})
				}
				var sign []session.PartToSign
				for i := range signed {
					sign = append(sign, session.PartToSign{Number: session.PartNumber(i + 1), Size: session.MinPartSize})
				}
				_, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, uploaded, sign, 0)
				return err
			}
			if err := call(c.reported, c.signed); err != nil {
				t.Fatal(err)
			}
			if err := call(0, 10-c.cost+1); session.ReasonOf(err) != "sign-rate" {
				t.Errorf("one more than is left of 10: %v", err)
			}
			if left := 10 - c.cost; left > 0 {
				if err := call(0, left); err != nil {
					t.Errorf("the %d that are left: %v", left, err)
				}
			}
		})
	}
}
