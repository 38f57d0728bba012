package httpapi

import "time"

// Metrics counts answers. There must be a limit to the values of its labels: route is one
// of the patterns in New, or empty, but method may be anything.
type Metrics interface {
	Answered(route, method string, status int, took time.Duration)
	// Completed counts a call at whose end a session was completed.
	Completed(took time.Duration)
}

// uncounted is a Metrics that counts nothing.
type uncounted struct{}

func (uncounted) Answered(string, string, int, time.Duration) {}
func (uncounted) Completed(time.Duration)                     {}
