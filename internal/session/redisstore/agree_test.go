package redisstore_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/sessiontest"
)

// TestAgreesWithMemstore does the same at random to both Stores, on one clock,
// and holds every answer and event of one against the other's; and Redis'
// index against its records.
func TestAgreesWithMemstore(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := miniredis.RunT(t)
			now := time.UnixMilli(1_780_000_000_000)
			m.SetTime(now)
			s := open(t, "redis://"+m.Addr(), "slipway")
			p := &pair{
				T: t, rng: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // repeatable on purpose
				a: &memstore.Store{Now: func() time.Time { return now }}, b: s,
			}
			for i := range 12 {
				p.sessions = append(p.sessions, sessiontest.NewSession([]session.Owner{"ann", "bob", ""}[i%3]))
			}
			for i := range 300 {
				p.step()
				d := time.Duration(p.rng.IntN(3)) * time.Second
				now = now.Add(d)
				m.SetTime(now)
				m.FastForward(d)
				if i%10 != 9 {
					continue
				}
				if faults, err := redisstore.IndexFaults(t.Context(), s); err != nil || len(faults) > 0 {
					t.Fatalf("%v; the index is off:\n%s", err, strings.Join(faults, "\n"))
				}
			}
			both(p, "Follow", p.told)
		})
	}
}

// pair is two Stores that should answer alike.
type pair struct {
	*testing.T
	rng      *rand.Rand
	a, b     sessiontest.Store
	sessions []*session.Session // as last seen, or never created
	events   int                // told so far
	taken    []session.Notice
}

func (p *pair) step() {
	i := p.rng.IntN(len(p.sessions))
	s := p.sessions[i]
	switch p.rng.IntN(8) {
	case 0, 1:
		c := p.change(*s)
		got := both(p, fmt.Sprintf("Swap to %s from %d", c.Session.State, c.From), func(st sessiontest.Store) (*session.Session, error) { return st.Swap(p.Context(), c) })
		if got != nil {
			p.sessions[i] = got
			if c.Event != nil {
				p.events++
			}
		}
	case 2, 3:
		r := session.Report{Parts: p.parts(), URLsExpireAt: time.UnixMilli(1_780_000_000_000 + p.rng.Int64N(1_000_000))}
		both(p, "Report", func(st sessiontest.Store) (*session.Session, error) { return st.Report(p.Context(), s.ID, r) })
	case 4:
		if got := both(p, "Get", func(st sessiontest.Store) (*session.Session, error) { return st.Get(p.Context(), s.ID) }); got != nil {
			p.sessions[i] = got
		}
		both(p, "Parts", func(st sessiontest.Store) ([]session.Part, error) {
			parts, err := st.Parts(p.Context(), s.ID)
			return append([]session.Part{}, parts...), err
		})
	case 5:
		q := session.Query{Limit: 1 + p.rng.IntN(5), Owner: []session.Owner{"", "ann", "bob"}[p.rng.IntN(3)], IdleFor: time.Duration(p.rng.IntN(3)) * 5 * time.Second}
		q.State = append(allStates, "", "")[p.rng.IntN(len(allStates)+2)]
		both(p, fmt.Sprintf("List %+v", q), func(st sessiontest.Store) (rows []session.Session, err error) { return p.walk(st, q) })
	case 6:
		limit, hold := 1+p.rng.IntN(4), time.Duration(p.rng.IntN(20))*time.Second
		p.taken = append(p.taken, both(p, "Take", func(st sessiontest.Store) ([]session.Notice, error) { return st.Take(p.Context(), limit, hold) })...)
	case 7:
		if len(p.taken) == 0 {
			return
		}
		n, wait := p.taken[p.rng.IntN(len(p.taken))], time.Duration(p.rng.IntN(20))*time.Second
		if p.rng.IntN(2) == 0 {
			both(p, "Done", func(st sessiontest.Store) (any, error) { return nil, st.Done(p.Context(), n) })
		} else {
			both(p, "Later", func(st sessiontest.Store) (any, error) { return nil, st.Later(p.Context(), n, wait) })
		}
	}
}

// told returns all events, of each session in the order in which they came:
// across sessions a Cluster knows none within a millisecond.
func (p *pair) told(st sessiontest.Store) (map[session.ID][]session.Event, error) {
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	told := map[session.ID][]session.Event{}
	n := 0
	var last time.Time
	for e, err := range st.Follow(ctx, time.UnixMilli(1)) {
		if err != nil || e.At.Before(last) {
			return nil, fmt.Errorf("%v after %v: %w", e.At, last, err)
		}
		told[e.Session], last = append(told[e.Session], e), e.At
		if n++; n == p.events {
			return told, nil
		}
	}
	return nil, fmt.Errorf("%d events; want %d", n, p.events)
}

var allStates = []session.State{session.Open, session.Completing, session.Aborting, session.Completed, session.Aborted, session.Deleted}

// change makes a swap, from a wrong revision now and then.
func (p *pair) change(next session.Session) session.Change {
	c := session.Change{Session: &next, From: max(next.Revision+session.Revision(p.rng.IntN(8)/7), 0)}
	if p.rng.IntN(4) == 0 {
		c.From = 0
	}
	next.State = allStates[min(p.rng.IntN(9), 8)%6]
	next.Name = fmt.Sprint("name ", p.rng.IntN(100))
	c.Lease = time.Duration(p.rng.IntN(2)) * time.Minute
	if next.State.Finished() && p.rng.IntN(2) == 0 {
		c.Keep = time.Duration(1+p.rng.IntN(20)) * time.Second
	}
	c.Parts = p.parts()
	c.Quiet = p.rng.IntN(2) == 0
	next.Adopted, next.HoleAt = p.rng.IntN(4) == 0, []time.Time{{}, next.ActiveAt}[p.rng.IntN(2)]
	if p.rng.IntN(2) == 0 {
		kind := []session.EventType{session.EventOpened, session.EventSalvaged}[p.rng.IntN(2)]
		c.Event = &session.Event{ID: string(next.ID) + "." + string(kind), Type: kind, Session: next.ID, Owner: next.Owner, Name: next.Name, Missing: p.missing()}
		c.Notify = p.rng.IntN(2) == 0
		next.Result = &session.Result{Missing: c.Event.Missing}
	}
	return c
}

// missing is nil or some part numbers.
func (p *pair) missing() (numbers []session.PartNumber) {
	for n := range session.PartNumber(p.rng.IntN(30)) {
		if p.rng.IntN(2) == 0 {
			numbers = append(numbers, n+1)
		}
	}
	return numbers
}

func (p *pair) parts() (parts []session.Part) {
	for range p.rng.IntN(10) * p.rng.IntN(20) { // often more than a record holds
		part := sessiontest.NewPart(session.PartNumber(1+p.rng.IntN(90)), []int64{5 << 20, 1, 70_000}[p.rng.IntN(3)])
		if p.rng.IntN(5) == 0 {
			part.ETag = `"odd"`
		}
		parts = append(parts, part)
	}
	return parts
}

func (p *pair) walk(st sessiontest.Store, q session.Query) (rows []session.Session, err error) {
	for {
		page, err := st.List(p.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Sessions {
			rows = append(rows, *s)
		}
		if q.After = page.Next; q.After == (session.Cursor{}) {
			return inOrder(rows)
		}
	}
}

// inOrder brings the rows of several pages into the order that they have but for
// the time that an index may be behind.
func inOrder(rows []session.Session) ([]session.Session, error) {
	var last time.Time
	for _, s := range rows {
		if last.Sub(s.ActiveAt) >= session.IndexedWithin {
			return nil, fmt.Errorf("one that was active at %v comes after one at %v", s.ActiveAt, last)
		}
		if s.ActiveAt.After(last) {
			last = s.ActiveAt
		}
	}
	slices.SortFunc(rows, func(a, b session.Session) int { return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID)) })
	return rows, nil
}

func both[T any](p *pair, what string, do func(sessiontest.Store) (T, error)) T {
	p.Helper()
	a, errA := do(p.a)
	b, errB := do(p.b)
	if !reflect.DeepEqual(a, b) || session.KindOf(errA) != session.KindOf(errB) || session.ReasonOf(errA) != session.ReasonOf(errB) {
		p.Fatalf("%s:\n  memstore: %+v, %v\nredisstore: %+v, %v", what, a, errA, b, errB)
	}
	return a
}
