package main

import (
	"testing"
	"time"
)

func TestAPacketIsSentAfterThoseBeforeIt(t *testing.T) {
	start := time.Now()
	m := meter{rate: 1000, queue: 2 * time.Second}
	for i, step := range []struct {
		at, sent time.Duration
		dropped  bool
	}{
		{at: 0, sent: time.Second},
		{at: 0, sent: 2 * time.Second},
		{at: 0, sent: 3 * time.Second}, // waits just as long as the queue allows
		{at: 0, dropped: true},
		{at: time.Second - 1, dropped: true}, // and a dropped one took no time
		{at: time.Second, sent: 4 * time.Second},
		{at: 9 * time.Second, sent: 10 * time.Second}, // an idle line saves nothing up
	} {
		sent, ok := m.send(start.Add(step.at), 1000)
		if ok == step.dropped {
			t.Errorf("%d: sent is %v", i, ok)
		}
		if ok && sent.Sub(start) != step.sent {
			t.Errorf("%d: sent after %v, not %v", i, sent.Sub(start), step.sent)
		}
	}
}

func TestRatesAreReadAsTcWritesThem(t *testing.T) {
	for text, want := range map[string]rate{"500kbit": 62_500, "20mbit": 2_500_000, "1.5gbit": 187_500_000} {
		var r rate
		if err := r.set(text); err != nil || r != want {
			t.Errorf("%s is %v (%v), not %v", text, r, err, want)
		}
	}
	for _, text := range []string{"", "20", "mbit", "0mbit", "-1mbit", "20mb", "20 Mbit"} {
		var r rate
		if err := r.set(text); err == nil {
			t.Errorf("%q is taken for %v", text, r)
		}
	}
}
