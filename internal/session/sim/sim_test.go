package sim

import (
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"slipway/internal/session"
)

// play plays the schedule of seed in a bubble and returns its accusations and
// the hash of its trace.
func play(t *testing.T, seed uint64, hits coverage, trace io.Writer) (found []accusation, hash uint64) {
	synctest.Test(t, func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		w := newWorld(seed, hits, trace)
		w.run()
		found, hash = w.witness.accused, w.hash.Sum64()
	})
	return found, hash
}

// run is a schedule from its first request to its last consequence.
func (w *world) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	stage := &actor{world: w, name: "stage"}
	stage.tell("%+v", w.plan)
	for i := range w.plan.recorders {
		w.start("recorder", i, (*recorder).record)
	}
	for i := range w.plan.liars {
		w.start("liar", w.plan.recorders+i, (*recorder).lie)
	}
	for range w.plan.operators {
		w.spawn("operator", nil, w.upTo(time.Hour), func(a *actor) { operator{a}.operate() })
	}
	for _, n := range w.nodes {
		w.spawn(n.name, nil, w.upTo(time.Hour), func(a *actor) { a.reap(n) })
	}
	w.spawn("fate", nil, 0, (*actor).befall)
	w.spawn("calm", nil, w.plan.storm, func(a *actor) { a.calm = true; a.tell("all is well from now on") })
	w.mu.Unlock()
	w.actors.Wait()
	w.mu.Lock()
	stage.settle()
	w.witness.close()
}

func (w *world) start(name string, i int, act func(*recorder)) {
	r := w.newRecorder(i)
	w.clients++
	w.spawn(name+strconv.Itoa(i), nil, w.upTo(w.plan.storm/2), func(a *actor) {
		r.actor = a
		act(r)
		w.clients--
	})
}

// settle lets time pass until the brokers have ended what nobody else will.
func (a *actor) settle() {
	for end := time.Now().Add(4 * limits.ResumeWindow); time.Now().Before(end); {
		for _, n := range a.nodes {
			(&actor{world: a.world, name: n.name + "/reap", node: n, life: n.life}).round()
		}
		if a.atRest() {
			return
		}
		a.sleep(limits.AbandonAfter / 2)
	}
}

// atRest reports whether nothing is left to do.
func (a *actor) atRest() bool {
	page, err := a.store.List(a.context(), session.Query{Limit: 1})
	return err == nil && len(page.Sessions) == 0 && len(a.s3.uploads) == 0
}

func TestSchedules(t *testing.T) {
	n := 200
	if v, err := strconv.Atoi(os.Getenv("SIM_SCHEDULES")); err == nil {
		n = v
	}
	if seed, err := strconv.ParseUint(os.Getenv("SIM_SEED"), 10, 64); err == nil {
		found, _ := play(t, seed, coverage{}, os.Stdout)
		for _, f := range found {
			t.Errorf("%s: %s", f.rule, f.what)
		}
		return
	}
	hits, broken := coverage{}, tally{}
	for seed := range uint64(n) {
		found, _ := play(t, seed, hits, nil)
		broken.add(seed, found)
	}
	hits.print(os.Stdout)
	broken.report(t)
}

// tally counts which rules were broken, and keeps an example of each.
type tally map[string]*brokenRule

type brokenRule struct {
	schedules int
	seed      uint64 // the first
	what      string
}

func (b tally) add(seed uint64, found []accusation) {
	for i, f := range found {
		if slices.ContainsFunc(found[:i], func(before accusation) bool { return before.rule == f.rule }) {
			continue
		}
		if b[f.rule] == nil {
			b[f.rule] = &brokenRule{seed: seed, what: f.what}
		}
		b[f.rule].schedules++
	}
}

func (b tally) report(t *testing.T) {
	for _, rule := range slices.Sorted(maps.Keys(b)) {
		t.Errorf("in %d schedules it was not so that %s; SIM_SEED=%d: %s", b[rule].schedules, rule, b[rule].seed, b[rule].what)
	}
}
