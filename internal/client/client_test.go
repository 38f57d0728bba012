package client

import (
	"testing"
	"time"

	"slipway/internal/session"
)

func TestNumbers(t *testing.T) {
	var every2nd []session.PartNumber
	for n := session.PartNumber(1); n < 20; n += 2 {
		every2nd = append(every2nd, n)
	}
	for _, c := range []struct {
		name  string
		parts []session.PartNumber
		want  string
	}{
		{"one", []session.PartNumber{7}, "part 7"},
		{"two in a row", []session.PartNumber{2, 3}, "parts 2-3"},
		{"runs and single ones", []session.PartNumber{1, 3, 4, 5, 9}, "parts 1, 3-5, 9"},
		{"very many runs", every2nd, "parts 1, 3, 5, 7, 9, 11, 13, 15, and 2 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Numbers(c.parts); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestBackoffGrowsAndHonoursWhatWasAsked(t *testing.T) {
	for try, bound := range map[int]time.Duration{1: firstWait, 3: 4 * firstWait, 100: longestWait} {
		for range 100 {
			if got := backoff(try, 0); got < 0 || got >= bound {
				t.Fatalf("try %d waits %s; the bound is %s", try, got, bound)
			}
		}
		if got := backoff(try, time.Hour); got != time.Hour {
			t.Errorf("try %d waits %s where an hour was asked for", try, got)
		}
	}
}
