// Package pace spreads over time what many brokers do again and again.
package pace

import (
	"context"
	"math/rand/v2"
	"time"
)

// Wait waits for about that long: for half of it to one and a half times it.
// So brokers that started together do not march in step. It ends early with
// ctx.
func Wait(ctx context.Context, about time.Duration) {
	timer := time.NewTimer(about/2 + rand.N(about))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
