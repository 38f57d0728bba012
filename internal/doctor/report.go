package doctor

import (
	"fmt"

	"slipway/internal/provider"
)

// Status is the outcome of a check.
type Status string

// The statuses, from good to bad. Skipped says nothing: the server has no such
// thing, or something that the check needs is missing.
const (
	OK      Status = "ok"
	Skipped Status = "skipped"
	Warn    Status = "warn" // works, and will hurt one day
	Fail    Status = "fail" // recordings fail or are lost, or somebody gets past a limit
)

// Check is one thing that was checked. It holds no secret and no query of a
// presigned URL.
type Check struct {
	Name   string `json:"name"`         // one word, stable; docs/ops.md lists them all
	Of     string `json:"of,omitempty"` // which one, if there are several: a Cluster's node, or an origin
	Status Status `json:"status"`
	Saw    string `json:"saw"`            // what was seen, for people
	Mend   string `json:"mend,omitempty"` // the line to paste, with a # before words; warn and fail only
}

// Report is a list of checks, in a fixed order.
type Report struct {
	Checks []Check `json:"checks"`

	// The S3 provider as it was measured, and as a broker would use it; nil if
	// S3 was not reached.
	Profile, Expected *provider.Profile `json:"-"`
}

// Count returns how many checks came out as s.
func (r *Report) Count(s Status) (n int) {
	for _, c := range r.Checks {
		if c.Status == s {
			n++
		}
	}
	return n
}

// verdict is what a check found.
type verdict struct {
	status    Status
	saw, mend string
}

func good(format string, args ...any) verdict { return verdict{OK, fmt.Sprintf(format, args...), ""} }

func skipped(format string, args ...any) verdict {
	return verdict{Skipped, fmt.Sprintf(format, args...), ""}
}

func warn(mend, format string, args ...any) verdict {
	return verdict{Warn, fmt.Sprintf(format, args...), mend}
}

func fail(mend, format string, args ...any) verdict {
	return verdict{Fail, fmt.Sprintf(format, args...), mend}
}

func (r *Report) note(name string, v verdict) { r.noteOf(name, "", v) }

func (r *Report) noteOf(name, of string, v verdict) {
	r.Checks = append(r.Checks, Check{Name: name, Of: of, Status: v.status, Saw: v.saw, Mend: v.mend})
}

// skip notes checks that depend on another one.
func (r *Report) skip(without string, names ...string) {
	for _, name := range names {
		r.note(name, skipped("cannot be checked: %s failed", without))
	}
}
