package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	tries       = 4
	firstWait   = 250 * time.Millisecond
	longestWait = 30 * time.Second
)

// retried does it until it succeeds, cannot succeed, or was tried often enough.
// A broker that asks for more than longestWait is not waited for.
func (c *Client) retried(ctx context.Context, once bool, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		e, ok := errors.AsType[*Error](err)
		if !ok || once || try == tries || !e.passes() || e.RetryAfter > longestWait {
			return err
		}
		if err := sleep(ctx, backoff(try, e.RetryAfter)); err != nil {
			return err
		}
	}
}

// backoff is how long to leave the broker alone after so many tries, from 1:
// anything up to firstWait, then up to twice that, up to longestWait (full
// jitter), and no less than it asked for.
func backoff(try int, asked time.Duration) time.Duration {
	bound := min(firstWait<<min(try-1, 10), longestWait)
	return max(rand.N(bound), asked)
}

// Pause waits before the next try, as the calls of a Client do, after so many
// that failed. It returns why it was cut short, if it was.
func Pause(ctx context.Context, failures int) error { return sleep(ctx, backoff(failures, 0)) }

// sleep returns why it was cut short, if it was.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
