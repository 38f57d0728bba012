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

// retried repeats do until it succeeds, cannot succeed, or was tried often
// enough. It does not wait if the broker asks for more than longestWait.
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

// backoff is how long to leave the broker alone after so many tries, counted
// from 1. It is a random time up to firstWait, then up to twice that, and so
// on up to longestWait (full jitter). It is never shorter than the broker
// asked for.
func backoff(try int, asked time.Duration) time.Duration {
	bound := min(firstWait<<min(try-1, 10), longestWait)
	return max(rand.N(bound), asked)
}

// Pause waits before the next try as the calls of a Client do, after so many
// failures. If the wait was cut short, Pause returns why.
func Pause(ctx context.Context, failures int) error { return sleep(ctx, backoff(failures, 0)) }

// sleep returns why the wait was cut short, if it was.
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
