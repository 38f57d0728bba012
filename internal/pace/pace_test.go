package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"slipway/internal/pace"
)

func TestWaitsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shortest, longest time.Duration = time.Hour, 0
		for range 1000 {
			start := time.Now()
			pace.Wait(t.Context(), time.Minute)
			took := time.Since(start)
			shortest, longest = min(shortest, took), max(longest, took)
		}
		if shortest < 30*time.Second || shortest > 35*time.Second || longest < 85*time.Second || longest > 90*time.Second {
			t.Errorf("1000 waits of about a minute took %v to %v", shortest, longest)
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		pace.Wait(ctx, time.Hour)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
