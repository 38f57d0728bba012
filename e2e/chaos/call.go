package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// Problem is how the broker says that something went wrong.
type Problem struct {
	Status       int          `json:"status"`
	Code         string       `json:"code"`
	Reason       string       `json:"reason"`
	Detail       string       `json:"detail"`
	RequestID    string       `json:"request_id"`
	RetryAfterMs int64        `json:"retry_after_ms"`
	Parts        []Difference `json:"parts"`
}

// Difference names a part that is not in S3 as it was claimed.
type Difference struct {
	Number int `json:"number"`
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s (%s): %s; request %s", p.Status, p.Code, p.Reason, p.Detail, p.RequestID)
}

// reason is the word that says what exactly happened, or "".
func reason(err error) string {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Reason
	}
	return ""
}

type request struct {
	method, path, bearer, idempotencyKey string

	body any // nil: none
}

const (
	callWithin = 30 * time.Second
	mostPause  = 5 * time.Second
)

// call sends r until there is an answer that another try would not change, and
// reads that into answer. Every call of the API can be repeated, so an answer
// that got lost on the way is no special case.
//
// Errors: a *Problem; that ctx ended, and why the last try had failed.
func (c *Client) call(ctx context.Context, r request, answer any) error {
	for try := 0; ; try++ {
		err := c.once(ctx, r, answer)
		if err == nil {
			return nil
		}
		p, answered := errors.AsType[*Problem](err)
		if answered && p.Status != http.StatusTooManyRequests && p.Status < 500 {
			return err
		}
		var wait time.Duration
		why := "no answer"
		if answered {
			wait, why = time.Duration(p.RetryAfterMs)*time.Millisecond, fmt.Sprintf("%d %s", p.Status, p.Reason)
		}
		c.Seen.retriedCall(why)
		if ended := backOff(ctx, try, wait); ended != nil {
			return fmt.Errorf("%w; the last try of %s %s: %w", ended, r.method, r.path, err)
		}
	}
}

func (c *Client) once(ctx context.Context, r request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	body, err := json.Marshal(r.body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.Broker+r.path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.bearer)
	req.Header.Set("Content-Type", "application/json")
	if r.idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", r.idempotencyKey)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return secretless(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	if res.StatusCode >= 400 {
		p := &Problem{}
		if err := json.NewDecoder(res.Body).Decode(p); err != nil || p.Status != res.StatusCode {
			return fmt.Errorf("%s without problem details", res.Status)
		}
		return p
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// secretless takes the URL out of an error of net/http: its query is a secret.
func secretless(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// backOff waits before the next try, at least for atLeast: up to twice as long
// each time, with full jitter, so that clients that failed together do not
// come back together.
func backOff(ctx context.Context, try int, atLeast time.Duration) error {
	return sleep(ctx, atLeast+rand.N(min(100*time.Millisecond<<min(try, 10), mostPause)))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
