package sim

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"slipway/internal/session"
)

// outcome is what one schedule came to.
type outcome struct {
	accused                       []accusation
	orphans                       int
	let, blind, doubted, disowned int    // recordings let go of, and as the witness counts
	hash                          uint64 // of the trace
}

// play plays the schedule of seed in a bubble of its own.
func play(t *testing.T, seed uint64, hits coverage, trace io.Writer) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		w := newWorld(seed, hits, trace)
		w.run()
		o = outcome{w.witness.accused, w.witness.orphans, len(w.witness.acks), w.witness.blind, w.witness.doubted, w.witness.disowned, w.hash.Sum64()}
	})
	return o
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
	for _, n := range w.nodes {
		if w.probes {
			w.spawn(n.name, nil, w.upTo(time.Hour), func(a *actor) { a.probe(n) })
		}
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
			alone := &actor{world: a.world, name: n.name + "/reap", node: n, life: n.life}
			alone.probeRound()
			alone.round()
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

// SIM_SEED plays that one schedule and prints its trace. SIM_FOR, such as 10m,
// plays new ones for so long. Else it is the first SIM_SCHEDULES, a few without
// it, and from 20,000 on every cell of the table has to be met often enough.
func TestSchedules(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("SIM_SEED"), 10, 64); err == nil {
		one := play(t, seed, coverage{}, os.Stdout)
		for _, a := range one.accused {
			t.Errorf("it was not so that %s: %s", a.rule, a.what)
		}
		return
	}
	began, sum := time.Now(), newSum()
	if long, err := time.ParseDuration(os.Getenv("SIM_FOR")); err == nil {
		for time.Since(began) < long && sum.failed < tooMany {
			sum.add(t, rand.Uint64())
		}
	} else {
		for seed := range schedules(t) {
			if sum.add(t, seed); sum.failed == tooMany {
				break
			}
		}
	}
	fmt.Printf("%d schedules in %s; %d uploads left for people to decide on\n", sum.played, time.Since(began).Round(time.Second), sum.orphans)
	fmt.Printf("%d recordings were let go of, %d of them by their sizes; beside these %d were doubted, and %d were disowned\n", sum.let, sum.blind, sum.doubted, sum.disowned)
	sum.hits.print(os.Stdout)
	sum.report(t)
}

func schedules(t *testing.T) uint64 {
	v := os.Getenv("SIM_SCHEDULES")
	if v == "" {
		return 300
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("SIM_SCHEDULES is %q", v)
	}
	return n
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	for seed := range uint64(100) {
		if a, b := play(t, seed, coverage{}, nil), play(t, seed, coverage{}, nil); a.hash != b.hash {
			t.Errorf("seed %d: one trace has the hash %x, the other %x", seed, a.hash, b.hash)
		}
	}
}
