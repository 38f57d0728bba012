package webhook

import (
	"net/http"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		name      string
		tries     int
		asked     time.Duration
		low, high time.Duration // what may come out; of what varies, some is above the middle
	}{
		{"the first", 0, 0, 0, 5 * time.Second},
		{"the second", 1, 0, 0, 10 * time.Second},
		{"the tenth", 9, 0, 0, 2560 * time.Second},
		{"the eleventh", 10, 0, 0, time.Hour},
		{"one that overflowed if it were shifted", 100, 0, 0, time.Hour},
		{"as asked", 0, time.Minute, time.Minute, time.Minute},
		{"less was asked", 0, time.Second, time.Second, 5 * time.Second},
		{"an hour was asked", 0, time.Hour, time.Hour, time.Hour},
		{"more was asked", 0, time.Hour + time.Second, time.Hour, time.Hour},
		{"the past was asked", 0, -time.Minute, 0, 5 * time.Second},
	} {
		var longest time.Duration
		for range 1000 {
			got := backoff(c.tries, c.asked)
			if got < c.low || got > c.high {
				t.Fatalf("%s: %v is outside %v to %v", c.name, got, c.low, c.high)
			}
			longest = max(longest, got)
		}
		if middle := (c.low + c.high) / 2; longest < middle {
			t.Errorf("%s: none of 1000 is above %v", c.name, middle)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "0": 0, "7": 7 * time.Second, "3600": time.Hour, "3601": time.Hour, "9223372036854775807": time.Hour,
		"Sun, 22 Nov 2026 12:01:00 GMT": time.Minute, "Sun, 22 Nov 2026 11:59:00 GMT": -time.Minute,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
