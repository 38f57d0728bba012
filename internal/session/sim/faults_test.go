package sim

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"slipway/internal/session"
)

// fault is what happens to one request between a broker and its Store or S3.
type fault int

const (
	none        fault = iota
	crashBefore       // the broker dies before the request is carried out
	crashAfter        // the broker dies before the answer arrives
	requestLost       // not carried out, and no answer
	replyLost         // carried out, and no answer
	late              // S3: no answer, and carried out some time after
	twice             // Store: the answer was lost, so the client library sent it again
	failover          // Store: carried out and answered, and then a replica takes over that never heard of it
)

var faultNames = [...]string{"none", "crash before", "crash after", "request lost", "reply lost", "late", "sent twice", "failover"}

func (f fault) String() string { return faultNames[f] }

var (
	storeFaults  = []fault{none, crashBefore, crashAfter, requestLost, replyLost, twice, failover}
	reportFaults = []fault{none, crashBefore, crashAfter, requestLost, replyLost, failover}
	readFaults   = []fault{none, crashBefore, crashAfter, requestLost, replyLost}
	s3Faults     = []fault{none, crashBefore, crashAfter, requestLost, replyLost, late}
)

// A step is something a broker does to the Store or S3, such as the transition
// "open → completing". Every step can meet faults.
type step struct {
	name   string
	faults []fault
}

// steps is every step that a schedule can come to. A transition that is not
// among them is not allowed; see witness.swapped.
var steps = []step{
	{"- → open", storeFaults},
	{"- → completed", storeFaults},
	{"open → open", storeFaults},
	{"open → completing", storeFaults},
	{"open → completed", storeFaults},
	{"open → aborting", storeFaults},
	{"open → aborted", storeFaults},
	{"completing → completing", storeFaults},
	{"completing → open", storeFaults},
	{"completing → completed", storeFaults},
	{"completing → aborted", storeFaults},
	{"aborting → aborting", storeFaults},
	{"aborting → aborted", storeFaults},
	{"aborting → completed", storeFaults},
	{"completed → deleted", storeFaults},
	{"stale swap", readFaults},
	{"report", reportFaults},
	{"get", readFaults},
	{"parts", readFaults},
	{"list", readFaults},
	{"S3 create", s3Faults},
	{"S3 list parts", readFaults},
	{"S3 complete", s3Faults},
	{"S3 abort", s3Faults},
	{"S3 head", readFaults},
	{"S3 delete", s3Faults},
	{"S3 uploads", readFaults},
	{"sign", readFaults},
}

func stepNamed(name string) (step, bool) {
	i := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
	if i < 0 {
		return step{}, false
	}
	return steps[i], true
}

// cell is one fault met at one step.
type cell struct {
	step  string
	fault fault
}

// cells is every cell there is, in the order of the table.
var cells = func() (all []cell) {
	for _, s := range steps {
		for _, f := range s.faults {
			all = append(all, cell{s.name, f})
		}
	}
	return all
}()

// coverage counts how often each cell was hit.
type coverage map[cell]int

// rare returns the cells hit fewer than n times.
func (c coverage) rare(n int) (all []cell) {
	return slices.DeleteFunc(slices.Clone(cells), func(at cell) bool { return c[at] >= n })
}

// print writes the table.
func (c coverage) print(out io.Writer) {
	fmt.Fprintf(out, "%-24s", "")
	for _, f := range faultNames {
		fmt.Fprintf(out, "%13s", f)
	}
	for _, s := range steps {
		fmt.Fprintf(out, "\n%-24s", strings.ReplaceAll(s.name, "→", "->"))
		for f := range fault(len(faultNames)) {
			if slices.Contains(s.faults, f) {
				fmt.Fprintf(out, "%13d", c[cell{s.name, f}])
			} else {
				fmt.Fprintf(out, "%13s", "")
			}
		}
	}
	fmt.Fprintln(out)
}

// request is one call of a port.
type request struct {
	step func() string // which it is, judged at the moment it arrives
	what string        // for the trace
	do   func() error
	// redo is what the client library's second try comes to; see twice.
	redo func() error
}

// send takes a request there and its answer back, if nothing comes in between.
func (w *world) send(ctx context.Context, r request) error {
	a := actorIn(ctx)
	a.travel(ctx)
	if a.dead() && a.oneIn(2) { // it was on the wire already
		a.tell("%s of the dead: %v", r.what, r.do())
	}
	a.live()
	if ctx.Err() != nil {
		return noAnswer(ctx.Err())
	}
	f := a.meet(r.step())
	if f != none {
		a.tell("%s: %s", r.what, f)
	}
	switch f {
	case crashBefore:
		a.crash()
	case requestLost:
		a.travel(ctx)
		a.live()
		return noAnswer(nil)
	case late:
		w.spawn("late", nil, w.upTo(10*time.Minute), func(l *actor) {
			l.tell("%s of %s: %v", r.what, a.name, r.do())
		})
		a.travel(ctx)
		a.live()
		return noAnswer(nil)
	}
	err := r.do()
	a.tell("%s: %v", r.what, cmp.Or(word(err), "ok"))
	switch f {
	case crashAfter:
		a.crash()
	case failover:
		w.failOver()
	}
	a.travel(ctx)
	a.live()
	switch {
	case f == replyLost || ctx.Err() != nil:
		return noAnswer(ctx.Err())
	case f == twice && err == nil:
		return r.redo()
	}
	return err
}

// travel is a message's way, cut short by the end of ctx.
func (a *actor) travel(ctx context.Context) {
	d := a.latency()
	if end, ok := ctx.Deadline(); ok && !time.Now().Add(d).Before(end) {
		d = max(0, time.Until(end)) + 1 // the timer of ctx has fired by then
	}
	a.sleep(d)
}

// meet draws what happens at a step and counts it: what the script says, what
// the schedule is after, or whatever chance has.
func (a *actor) meet(name string) fault {
	s, known := stepNamed(name)
	if !known && a.ousted { // a failover has used its revision anew
		return none
	}
	if !known {
		a.witness.accuse("every transition is one of those known", "there is no step %q", name)
		return none
	}
	f := none
	switch p := &a.plan; {
	case a.calm:
	case len(p.scene.script) > 0 && p.scene.script[0].step == name:
		f = p.scene.script[0].fault
		a.strike(p.scene.script[0].then)
		p.scene.script = p.scene.script[1:]
	case p.aim.step == name && p.aim.fault != none && p.shots > 0 && !a.oneIn(4):
		f = p.aim.fault
		p.shots--
	case a.oneIn(p.faultsOneIn):
		f = s.faults[a.chance.IntN(len(s.faults))]
	}
	a.hits[cell{name, f}]++
	return f
}

func noAnswer(err error) error {
	return &session.Error{Kind: session.Unavailable, Reason: "planted", Op: "sim", Detail: "no answer", Err: err}
}

// word is an error as the trace names it.
func word(err error) string {
	if err == nil {
		return ""
	}
	return session.KindOf(err).String() + " " + string(session.ReasonOf(err))
}
