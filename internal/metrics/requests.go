package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// methods are those that routes here take, or that browsers send.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodPut, http.MethodPatch}

// Answered counts a request. route is the pattern that matched, or "" if none
// did. method can be anything that a client made up.
func (m *Metrics) Answered(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	if !slices.Contains(methods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.requestTook.WithLabelValues(route).Observe(took.Seconds())
}

// Completed counts a call at whose end a session was completed.
func (m *Metrics) Completed(took time.Duration) { m.completeTook.Observe(took.Seconds()) }
