package sim

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

// world is one schedule: brokers, clients, a Store and S3, and one source of
// chance for them all.
//
// Everything that acts is an actor, a goroutine of its own, and only one of
// them runs at a time: it holds mu and lets go of it only in sleep. Nobody
// chooses who runs next. All wake at instants of their own, drawn by chance, and
// the bubble's clock (testing/synctest) moves on only when all are asleep: so
// the order of things follows from the seed.
type world struct {
	mu     sync.Mutex // held by the one actor that runs
	chance *rand.Rand
	booked map[int64]bool // instants at which somebody wakes, in ns; no two share one
	actors sync.WaitGroup

	plan    plan
	store   *memstore.Store
	journal []written // what changed the Store since it was empty
	s3      *s3
	nodes   []*node
	witness *witness
	hits    coverage

	hash    hash.Hash64 // of the whole trace
	trace   io.Writer   // nil: nobody reads it
	clients int         // that are not done yet
	calm    bool        // nothing goes wrong any more
	probes  bool        // the brokers probe whether sessions are whole; where no recorder asks for it they need not
}

// node is a broker process: it dies and starts again with nothing remembered.
type node struct {
	name   string
	skew   time.Duration // what its clock is ahead by
	life   int           // counts its starts
	downTo time.Time     // until then it is not up again
	broker *session.Broker
}

// actor is one strand of work: a client, or a request that a broker serves.
type actor struct {
	*world
	name       string
	node       *node // that it is part of and dies with; nil for clients
	life       int
	ousted     bool                          // a failover lost a lease it had
	leaseUntil time.Time                     // when the lease ends that it took last
	refused    bool                          // S3 refused to complete what it asked for
	seen       map[session.UploadID]sighting // what it saw of uploads; see witness.listed
}

type actorKey struct{}

func actorIn(ctx context.Context) *actor { return ctx.Value(actorKey{}).(*actor) }

func (a *actor) context() context.Context {
	return context.WithValue(context.Background(), actorKey{}, a)
}

func newWorld(seed uint64, hits coverage, trace io.Writer) *world {
	w := &world{
		chance: rand.New(rand.NewPCG(seed, 0)), booked: map[int64]bool{}, hits: hits, hash: fnv.New64a(), trace: trace,
		store: &memstore.Store{},
	}
	w.plan = draw(seed, w.chance)
	w.s3 = &s3{world: w, kms: w.plan.kms, uploads: map[session.UploadID]*upload{}, objects: map[session.Key]*object{}, making: map[session.Key]*object{}}
	w.witness = newWitness(w)
	for i := range w.plan.brokers {
		w.nodes = append(w.nodes, w.newNode(i))
	}
	return w
}

func (w *world) newNode(i int) *node {
	n := &node{name: fmt.Sprintf("broker%d", i), skew: w.upTo(2*maxSkew) - maxSkew}
	bounds := limits
	bounds.Checksums = w.plan.checksums
	n.broker = &session.Broker{
		Store: store{w}, Bucket: bucket{w}, Signer: signer{w}, Limits: bounds,
		Secret: []byte("sixteen bytes, and a few"), Now: func() time.Time { return time.Now().Add(n.skew) },
	}
	return n
}

// spawn starts an actor after a while.
func (w *world) spawn(name string, n *node, after time.Duration, act func(*actor)) {
	a := &actor{world: w, name: name, node: n}
	if n != nil {
		a.life = n.life
	}
	at := w.book(time.Now().Add(after))
	w.actors.Go(func() {
		time.Sleep(time.Until(at))
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.booked, at.UnixNano())
		act(a)
	})
}

// book returns an instant after now, t or soon after it, that nobody else
// wakes at.
func (w *world) book(t time.Time) time.Time {
	n := max(t.UnixNano(), time.Now().UnixNano()+1)
	for w.booked[n] {
		n++
	}
	w.booked[n] = true
	return time.Unix(0, n)
}

// sleep lets d pass while others act.
func (a *actor) sleep(d time.Duration) {
	at := a.book(time.Now().Add(d))
	a.mu.Unlock()
	time.Sleep(time.Until(at))
	a.mu.Lock()
	delete(a.booked, at.UnixNano())
}

func (a *actor) dead() bool { return a.node != nil && a.life != a.node.life }

// live ends an actor whose broker died while it slept. What a use case has
// deferred only cancels contexts, so this is as good as a kill -9.
func (a *actor) live() {
	if a.dead() {
		runtime.Goexit()
	}
}

// crash ends the broker that a is part of, a with it.
func (a *actor) crash() {
	a.node.life++
	a.node.downTo = time.Now().Add(a.upTo(time.Minute))
	a.tell("%s dies", a.node.name)
	runtime.Goexit()
}

// upTo draws a duration below d.
func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.chance.Int64N(int64(d))) }

// oneIn is true once in n times.
func (w *world) oneIn(n int) bool { return w.chance.IntN(n) == 0 }

// latency is how long a message takes, or a process that was put to sleep for
// a moment: mostly milliseconds.
func (w *world) latency() time.Duration {
	if !w.calm && w.oneIn(w.plan.stallsOneIn) {
		return w.upTo(2 * time.Minute) // past any lease
	}
	return time.Millisecond + w.upTo(30*time.Millisecond)
}

// tell adds a line to the trace.
func (a *actor) tell(format string, args ...any) {
	line := fmt.Sprintf("%s %-9s ", time.Since(epoch), a.name) + fmt.Sprintf(format, args...) + "\n"
	_, _ = a.hash.Write([]byte(line))
	if a.trace != nil {
		_, _ = io.WriteString(a.trace, line)
	}
}

// epoch is when every bubble's clock begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
