package presign

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"slipway/internal/session"
)

// refreshAhead is how long before credentials expire new ones are asked for. Roles give
// new ones in time: the instance role 5 minutes before,
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html (read 2026-11-22).
const refreshAhead = 5 * time.Minute

// retryAfter is how long to wait after a refresh that failed or brought the same
// credentials.
const retryAfter = 5 * time.Second

func newCredentials(provider aws.CredentialsProvider) *credentials {
	return &credentials{provider: provider, refresh: make(chan struct{}, 1)}
}

// credentials keeps the last good credentials and refreshes them in the background, so
// that no request waits for new ones. A request waits only if no good ones are left.
type credentials struct {
	provider aws.CredentialsProvider

	current atomic.Pointer[aws.Credentials]
	key     atomic.Pointer[signingKey] // the last one derived

	refresh chan struct{} // holds an entry while the provider is asked; room for one
	restTil atomic.Int64  // Unix ms; no refresh ahead of time before that
}

// get returns credentials that live for at least minLife.
func (c *credentials) get(ctx context.Context, now time.Time) (*aws.Credentials, error) {
	current := c.current.Load()
	switch {
	case current != nil && !current.CanExpire:
		return c.ask(ctx) // answered from memory, and the provider alone knows when they are replaced
	case !lasts(current, now, minLife):
		return c.wait(ctx, now)
	case !lasts(current, now, refreshAhead):
		c.refreshBehind(now)
	}
	return current, nil
}

// lasts reports whether there are credentials that live for at least left.
func lasts(c *aws.Credentials, now time.Time, left time.Duration) bool {
	return c != nil && (!c.CanExpire || !c.Expires.Before(now.Add(left)))
}

// wait asks the provider while the caller waits.
func (c *credentials) wait(ctx context.Context, now time.Time) (*aws.Credentials, error) {
	select {
	case c.refresh <- struct{}{}:
		defer func() { <-c.refresh }()
	case <-ctx.Done():
		return nil, noCredentials(ctx.Err())
	}
	if current := c.current.Load(); lasts(current, now, minLife) { // somebody else waited for the same
		return current, nil
	}
	fresh, err := c.ask(ctx)
	if err == nil && !lasts(fresh, now, minLife) {
		err = &session.Error{Kind: session.Unavailable, Reason: session.ReasonCredentialsEnding, Op: "presign", RetryAfter: retryAfter, Detail: "the signing credentials are about to end"}
	}
	return fresh, err
}

// refreshBehind asks the provider in the background, one at a time. The
// goroutine ends with the provider's answer, within refreshTimeout.
func (c *credentials) refreshBehind(now time.Time) {
	if now.UnixMilli() < c.restTil.Load() {
		return
	}
	select {
	case c.refresh <- struct{}{}:
	default:
		return // somebody is at it
	}
	c.restTil.Store(now.Add(retryAfter).UnixMilli())
	go func() {
		defer func() { <-c.refresh }()
		ctx, cancel := context.WithTimeout(context.Background(), refreshTimeout)
		defer cancel()
		_, _ = c.ask(ctx) // what we have is still good; the next one asks again
	}()
}

const refreshTimeout = 30 * time.Second

// ask gets credentials from the provider and keeps them.
func (c *credentials) ask(ctx context.Context) (*aws.Credentials, error) {
	current := c.current.Load()
	if cache, ok := c.provider.(*aws.CredentialsCache); ok && current != nil && current.CanExpire {
		cache.Invalidate() // it would hand out the old ones to their last second
	}
	fresh, err := c.provider.Retrieve(ctx)
	if err != nil {
		return nil, noCredentials(err)
	}
	c.current.Store(&fresh)
	return &fresh, nil
}

func noCredentials(err error) error {
	return &session.Error{Kind: session.Unavailable, Reason: session.ReasonNoCredentials, Op: "presign", RetryAfter: retryAfter, Detail: "there are no credentials to sign with", Err: err}
}

// signingKey returns the signing key of the day. It derives it only once a day.
func (c *credentials) signingKey(creds *aws.Credentials, now time.Time, region string) *signingKey {
	var room [len(dayFormat)]byte
	day := now.UTC().AppendFormat(room[:0], dayFormat)
	k := c.key.Load()
	if k == nil || k.day != string(day) || k.accessKey != creds.AccessKeyID || k.secretKey != creds.SecretAccessKey || k.token != creds.SessionToken || k.region != region {
		k = newSigningKey(creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken, string(day), region)
		c.key.Store(k)
	}
	return k
}
