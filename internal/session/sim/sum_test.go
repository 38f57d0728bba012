package sim

import (
	"maps"
	"slices"
	"testing"
)

// sum is what many schedules came to.
type sum struct {
	played  int
	failed  int // of those played
	orphans int
	hits    coverage
	broken  map[string]*brokenRule // by rule
}

// brokenRule is a rule that did not hold, with the first schedule that shows it.
type brokenRule struct {
	schedules int
	seed      uint64
	what      string
}

func newSum() *sum { return &sum{hits: coverage{}, broken: map[string]*brokenRule{}} }

// add plays one more schedule.
func (s *sum) add(t *testing.T, seed uint64) {
	one := play(t, seed, s.hits, nil)
	s.played++
	s.orphans += one.orphans
	rules := map[string]string{}
	for _, a := range one.accused {
		if _, already := rules[a.rule]; !already {
			rules[a.rule] = a.what
		}
	}
	if len(rules) > 0 {
		s.failed++
	}
	for rule, what := range rules {
		if s.broken[rule] == nil {
			s.broken[rule] = &brokenRule{seed: seed, what: what}
		}
		s.broken[rule].schedules++
	}
}

const (
	tooMany   = 10     // failed schedules: it is known by now, and the rest would tell nothing new
	enough    = 20_000 // schedules, to meet every cell of the table
	timesEach = 50
)

// report says what did not hold, and what was not tried.
func (s *sum) report(t *testing.T) {
	for _, rule := range slices.Sorted(maps.Keys(s.broken)) {
		b := s.broken[rule]
		t.Errorf("in %d of %d schedules it was not so that %s: SIM_SEED=%d, %s", b.schedules, s.played, rule, b.seed, b.what)
	}
	if s.played < enough {
		return
	}
	for _, c := range s.hits.rare(timesEach) {
		t.Errorf("%q met %q only %d times", c.step, c.fault, s.hits[c])
	}
}
