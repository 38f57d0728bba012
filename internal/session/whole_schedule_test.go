package session

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// brokerRound is how often a broker looks which probes are due, at most: see
// app.probeRounds.
const brokerRound = 2 * time.Second

// unnoticed plays an upload whose parts come every so often: its probes find what
// has come by then. It returns how long the last part waits for the probe that
// finds it.
func unnoticed(rng *rand.Rand, length, every time.Duration) time.Duration {
	opened := time.Unix(0, 0)
	parts := int64(length / every)
	whole := time.Duration(parts) * every
	for p := firstProbe(opened); ; {
		at := p.At.Sub(opened) + time.Duration(rng.Int64N(int64(brokerRound)))
		if at >= whole {
			return at - whole
		}
		p = p.after(opened.Add(at), int64(at/every))
	}
}

// Nobody reports, nobody calls: only the schedule notices.
func TestHalfOfAllUploadsAreFoundWholeWithinAMinute(t *testing.T) {
	for _, parts := range []struct {
		name        string
		from, below time.Duration // from one part to the next
	}{
		{"parts of 1 to 10 s", time.Second, 10 * time.Second},
		{"parts of 10 to 60 s", 10 * time.Second, time.Minute},
		{"parts of 1 to 5 min", time.Minute, 5 * time.Minute},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		waits := make([]time.Duration, 10_000)
		for i := range waits {
			every := parts.from + time.Duration(rng.Int64N(int64(parts.below-parts.from)))
			length := every + time.Duration(rng.Int64N(int64(10*time.Minute-every)))
			waits[i] = unnoticed(rng, length, every)
		}
		slices.Sort(waits)
		median, most := waits[len(waits)/2], waits[len(waits)*95/100]
		t.Logf("uploads of up to 10 minutes in %s: from the last part to the probe that finds it the median is %.0f s, and 95 of 100 take %.0f s at most",
			parts.name, median.Seconds(), most.Seconds())
		if median > time.Minute {
			t.Errorf("in %s the median is %s", parts.name, median)
		}
	}
}
