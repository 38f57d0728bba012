//go:build linux

package main

import (
	"testing"
	"time"
)

func TestABusyMachineIsNotMeasuredOn(t *testing.T) {
	for name, tc := range map[string]struct {
		loads []float64 // one after another; the last stays
		ok    bool
	}{
		"below":           {[]float64{0.1}, true},
		"on the bound":    {[]float64{0.5}, true},
		"above":           {[]float64{0.51}, false},
		"it becomes idle": {[]float64{3, 2, 0.4}, true},
	} {
		t.Run(name, func(t *testing.T) {
			load := func() float64 {
				now := tc.loads[0]
				tc.loads = tc.loads[min(1, len(tc.loads)-1):]
				return now
			}
			if err := untilIdle(t.Context(), load, time.Millisecond, 50*time.Millisecond); (err == nil) != tc.ok {
				t.Errorf("%v; want to measure: %t", err, tc.ok)
			}
		})
	}
}
