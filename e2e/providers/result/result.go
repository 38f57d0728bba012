// Package result is what a run over S3 servers came to, and the page that is
// made of it: docs/providers.md.
package result

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"slipway/internal/provider"
)

// Report is one run, or what runs have left.
type Report struct {
	Servers []Server `json:"servers"` // in order of name
}

// Server is what was seen of one.
type Server struct {
	Name    string    `json:"name"` // as in internal/provider
	Day     string    `json:"day"`  // of the run, as 2026-11-29
	Title   string    `json:"title"`
	Version string    `json:"version"`
	StartMs int64     `json:"start_ms"` // from its script's start to its first answer, milliseconds
	Rules   []string  `json:"lacks_rules,omitempty"`
	Doctor  []Verdict `json:"doctor,omitempty"` // checks that failed or warned
	Checks  []Check   `json:"checks"`

	Profile *provider.Profile `json:"-"` // as doctor measured it
}

// Verdict is one check of doctor that is not as it should be.
type Verdict struct {
	Name   string `json:"name"`
	Status string `json:"status"` // fail or warn
	Saw    string `json:"saw"`
}

// Check is one thing that recordings went through.
type Check struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Saw     string  `json:"saw,omitempty"` // unless it is ok
	TookMs  int64   `json:"took_ms"`
}

// Outcome is what came of a check.
type Outcome string

// The outcomes. Unfit says nothing against the server: it has no such thing,
// or the broker does otherwise there.
const (
	OK     Outcome = "ok"
	Failed Outcome = "failed"
	Unfit  Outcome = "unfit"
)

// Fails are the checks of doctor that failed.
func (s *Server) Fails() []Verdict { return s.verdicts("fail") }

func (s *Server) verdicts(status string) (all []Verdict) {
	for _, v := range s.Doctor {
		if v.Status == status {
			all = append(all, v)
		}
	}
	return all
}

// Contradictions are checks that failed though doctor calls the server usable:
// one of the two is wrong.
func (s *Server) Contradictions() (wrong []error) {
	if len(s.Fails()) > 0 {
		return nil
	}
	for _, c := range s.Checks {
		if c.Outcome == Failed {
			wrong = append(wrong, fmt.Errorf("%s: doctor calls it usable, and %s failed: %w", s.Name, c.Name, errors.New(c.Saw)))
		}
	}
	return wrong
}

// Read reads what runs have left.
func Read(file string) (*Report, error) {
	r := &Report{}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	return r, err
}

// Take puts the servers of a newer run in the place of the older.
func (r *Report) Take(newer *Report) {
	r.Servers = slices.DeleteFunc(r.Servers, func(s Server) bool { return newer.of(s.Name) != nil })
	r.Servers = append(r.Servers, newer.Servers...)
	slices.SortFunc(r.Servers, func(a, b Server) int { return cmp.Compare(a.Name, b.Name) })
}

// of is the server of that name, nil if there is none.
func (r *Report) of(name string) *Server {
	i := slices.IndexFunc(r.Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Servers[i]
}

// Worse names what held in r and does not hold in a newer run.
func (r *Report) Worse(newer *Report) (all []error) {
	for _, now := range newer.Servers {
		before := r.of(now.Name)
		if before == nil {
			continue
		}
		for _, v := range now.Fails() {
			if !slices.ContainsFunc(before.Fails(), func(b Verdict) bool { return b.Name == v.Name }) {
				all = append(all, fmt.Errorf("%s: doctor fails %s: %s", now.Name, v.Name, v.Saw))
			}
		}
		for _, c := range now.Checks {
			if was := before.find(c.Name); was.Outcome != c.Outcome && c.Outcome != OK {
				all = append(all, fmt.Errorf("%s: %s is %s (%s), and was %s", now.Name, c.Name, c.Outcome, c.Saw, was.Outcome))
			}
		}
	}
	return all
}

// Measured is the profile of what was seen, for internal/provider.
func (s *Server) Measured() *provider.Profile {
	found := *s.Profile
	found.Name, found.Title = s.Name, s.Title
	has := func(kind string) provider.Fact[bool] {
		return provider.Fact[bool]{Value: !slices.Contains(s.Rules, kind), Day: s.Day, Run: true}
	}
	found.CORSCall, found.AbortRule = has(CORSRules), has(LifecycleRules)
	return found.Measured(s.Title + " " + s.Version)
}

// The kinds of rules that `broker bucket apply` makes.
const (
	CORSRules      = "CORS rules"
	LifecycleRules = "lifecycle rules"
)

// rows are the names of all checks, in order.
func (r *Report) rows() (names []string) {
	seen := map[string]bool{}
	for _, s := range r.Servers {
		for _, c := range s.Checks {
			if !seen[c.Name] {
				seen[c.Name] = true
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// find is the check of that name, or one that was not made.
func (s *Server) find(name string) Check {
	for _, c := range s.Checks {
		if c.Name == name {
			return c
		}
	}
	return Check{Name: name}
}

// Matrix is the run for a terminal.
func (r *Report) Matrix() string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range r.Servers {
		_, _ = fmt.Fprintf(out, "\t%s", s.Name)
	}
	_, _ = fmt.Fprint(out, "\ndoctor: failed")
	for _, s := range r.Servers {
		_, _ = fmt.Fprintf(out, "\t%d", len(s.Fails()))
	}
	_, _ = fmt.Fprint(out, "\ndoctor: to see to")
	for _, s := range r.Servers {
		_, _ = fmt.Fprintf(out, "\t%d", len(s.verdicts("warn")))
	}
	for _, name := range r.rows() {
		_, _ = fmt.Fprintf(out, "\n%s", name)
		for _, s := range r.Servers {
			_, _ = fmt.Fprintf(out, "\t%s", s.find(name).Outcome)
		}
	}
	_, _ = fmt.Fprintln(out)
	_ = out.Flush()
	return text.String()
}
