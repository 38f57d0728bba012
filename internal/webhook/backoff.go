package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstWait   = 5 * time.Second
	longestWait = time.Hour
)

// backoff is how long to leave the receiver alone after one more failure. It
// is a random time up to firstWait, then up to twice that, and so on up to
// longestWait (full jitter). It is no shorter than the receiver asked for, up
// to longestWait.
func backoff(tries int, asked time.Duration) time.Duration {
	bound := min(firstWait<<min(tries, 10), longestWait)
	return max(rand.N(bound), min(asked, longestWait))
}

// retryAfter reads the header, which has seconds or a date. It returns 0 if it
// has neither.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}
