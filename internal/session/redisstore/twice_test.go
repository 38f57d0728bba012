package redisstore

import (
	"context"
	"errors"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

func (c call) run(t *testing.T, s *Store) reply {
	t.Helper()
	r := run(t.Context(), s.client, c)
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r
}

func swapOf(t *testing.T, s *Store, c session.Change, operation string) call {
	t.Helper()
	swap, err := s.swapCall(c, operation)
	if err != nil {
		t.Fatal(err)
	}
	return swap
}

func reportOf(t *testing.T, s *Store, id session.ID, operation string, parts ...session.Part) call {
	t.Helper()
	return withinOf(t, s, id, operation, session.Report{Parts: parts, URLsExpireAt: time.UnixMilli(1_790_000_000_000)})
}

// withinOf is a report with limits.
func withinOf(t *testing.T, s *Store, id session.ID, operation string, rep session.Report) call {
	t.Helper()
	entries, err := appendParts(nil, rep.Parts)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := packName(id)
	return s.reportCall(id, n, operation, entries, rep)
}

// telling has c tell of it, and to the outbox too.
func telling(c session.Change) session.Change {
	c.Event = &session.Event{ID: noticeID(c.Session.ID), Type: session.EventCompleted, Session: c.Session.ID}
	c.Notify = true
	return c
}

func noticeID(id session.ID) string { return string(id) + ".completed" }

func takeOf(s *Store, id session.ID, hold time.Duration, operation string) call {
	return s.takeCalls([]dueNotice{{tag: id.Tag(), ref: noticeID(id)}}, hold, operation)[0]
}

func settleOf(s *Store, id session.ID, wait string) call {
	return call{settleScript, s.keys(id.Tag()).outbox(), []any{noticeID(id), wait}}
}

func numbered(from, to int) []session.Part {
	var parts []session.Part
	for n := from; n <= to; n++ {
		parts = append(parts, sessiontest.NewPart(session.PartNumber(n), 5<<20))
	}
	return parts
}

// TestScriptsExecutedTwice runs each script once, and twice with the very same
// arguments, in a Redis whose clock stands still: the answers and every key
// must be the same.
func TestScriptsExecutedTwice(t *testing.T) {
	const created = session.Revision(stillAt) // revisions begin with the time
	rec, second := sessiontest.NewSession("ann"), sessiontest.NewSession("ann")
	changed := func(from session.Revision, state session.State, lease, keep time.Duration) session.Change {
		next := *rec
		next.State = state
		return session.Change{Session: &next, From: from, Lease: lease, Keep: keep}
	}
	create := func(t *testing.T, s *Store) {
		swapOf(t, s, session.Change{Session: rec, Parts: numbered(1, 3)}, "create").run(t, s)
	}
	createTelling := func(t *testing.T, s *Store) {
		swapOf(t, s, telling(session.Change{Session: rec}), "create").run(t, s)
	}
	limitedReport := func(t *testing.T, s *Store) call {
		rate := session.Rate{PerSecond: 1, Burst: 10}
		return withinOf(t, s, rec.ID, "op", session.Report{
			Parts: numbered(2, 5), Owner: "ann", CountBytes: true, Cost: 6, Rates: session.Rates{Session: rate, Owner: rate},
		})
	}
	for _, tc := range []struct {
		name    string
		before  func(*testing.T, *Store)
		call    func(*testing.T, *Store) call
		between func(*testing.T, *Store) // runs after the first execution; what it does is done once either way
	}{
		{name: "create", call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, session.Change{Session: rec, Parts: numbered(1, 3)}, "op")
		}},
		{name: "create with parts in a hash", call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, session.Change{Session: rec, Parts: numbered(1, 200)}, "op")
		}},
		{name: "create, and a report came in between", call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, session.Change{Session: rec}, "op")
		}, between: func(t *testing.T, s *Store) { reportOf(t, s, rec.ID, "other", numbered(1, 1)...).run(t, s) }},
		{name: "take a lease", before: create, call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, changed(created, session.Completing, time.Minute, 0), "op")
		}},
		{name: "finish and keep for a time", before: create, call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, changed(created, session.Completed, 0, time.Hour), "op")
		}},
		{name: "change and tell of it", before: create, call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, telling(changed(created, session.Completed, 0, 0)), "op")
		}},
		{name: "change and tell of it, and the notice was done when it came again", before: create, call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, telling(changed(created, session.Completed, 0, 0)), "op")
		}, between: func(t *testing.T, s *Store) {
			settleOf(s, rec.ID, "").run(t, s)
		}},
		{name: "take a notice", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return takeOf(s, rec.ID, time.Minute, "op")
		}},
		{name: "take a notice, and somebody else asked in between", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return takeOf(s, rec.ID, time.Minute, "op")
		}, between: func(t *testing.T, s *Store) { takeOf(s, rec.ID, time.Minute, "other").run(t, s) }},
		{name: "take a notice, and its hold was over when it came again", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return takeOf(s, rec.ID, 0, "op")
		}},
		{name: "give turns", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return call{readyScript, s.keys(rec.ID.Tag()).outbox(), []any{4}}
		}},
		{name: "take a notice that is ready", before: func(t *testing.T, s *Store) {
			createTelling(t, s)
			call{readyScript, s.keys(rec.ID.Tag()).outbox(), []any{4}}.run(t, s)
		}, call: func(_ *testing.T, s *Store) call { return takeOf(s, rec.ID, time.Minute, "op") }},
		{name: "forget a notice", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return settleOf(s, rec.ID, "")
		}},
		{name: "make a notice due later", before: createTelling, call: func(_ *testing.T, s *Store) call {
			return settleOf(s, rec.ID, "5000")
		}},
		{name: "report", before: create, call: func(t *testing.T, s *Store) call {
			return reportOf(t, s, rec.ID, "op", numbered(2, 5)...)
		}},
		{name: "create the last that there is room for", before: create, call: func(t *testing.T, s *Store) call {
			return swapOf(t, s, session.Change{Session: second, Quota: session.Quota{MaxOpen: 2, DailyBytes: 1}}, "op")
		}},
		{name: "complete what was larger than reported", before: create, call: func(t *testing.T, s *Store) call {
			c := changed(created, session.Completed, 0, time.Hour)
			c.Session.Result, c.Quota = &session.Result{Size: 20 << 20}, session.Quota{DailyBytes: 1}
			return swapOf(t, s, c, "op")
		}},
		{name: "report within limits", before: create, call: limitedReport},
		{name: "report within limits, and the session was completing when it came again", before: create, call: limitedReport, between: func(t *testing.T, s *Store) {
			swapOf(t, s, changed(created+1, session.Completing, time.Minute, 0), "other").run(t, s)
		}},
		{name: "report that moves parts to the hash", before: create, call: func(t *testing.T, s *Store) call {
			return reportOf(t, s, rec.ID, "op", numbered(4, 65)...)
		}},
		{name: "report into the hash", before: func(t *testing.T, s *Store) {
			create(t, s)
			reportOf(t, s, rec.ID, "before", numbered(1, 100)...).run(t, s)
		}, call: func(t *testing.T, s *Store) call { return reportOf(t, s, rec.ID, "op", numbered(100, 101)...) }},
		{name: "report, and the session was completing when it came again", before: create, call: func(t *testing.T, s *Store) call {
			return reportOf(t, s, rec.ID, "op", numbered(4, 5)...)
		}, between: func(t *testing.T, s *Store) {
			swapOf(t, s, changed(created+1, session.Completing, time.Minute, 0), "other").run(t, s)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var dumps [2]string
			var answers [2]reply
			for i := range dumps {
				m, s := frozen(t)
				if tc.before != nil {
					tc.before(t, s)
				}
				c := tc.call(t, s)
				answers[i] = c.run(t, s)
				if tc.between != nil {
					tc.between(t, s)
				}
				if i == 1 {
					again := c.run(t, s)
					if again.word != "ok" || tc.between == nil && !reflect.DeepEqual(again, answers[1]) {
						t.Errorf("executed again it answers %+v; first it was %+v", again, answers[1])
					}
				}
				dumps[i] = m.Dump()
			}
			if !reflect.DeepEqual(answers[0], answers[1]) || answers[0].word != "ok" {
				t.Errorf("the first answers differ: %+v and %+v", answers[0], answers[1])
			}
			if dumps[0] != dumps[1] {
				t.Errorf("executed once:\n%q\ntwice:\n%q", dumps[0], dumps[1])
			}
		})
	}
}

// frozen is a Redis whose clock stands still.
// stillAt is when frozen's clock stands, in ms.
const stillAt = 1_780_000_000_000

func frozen(t *testing.T) (*miniredis.Miniredis, *Store) {
	t.Helper()
	m := miniredis.RunT(t)
	m.SetTime(time.UnixMilli(stillAt))
	client := redis.NewClient(&redis.Options{Addr: m.Addr()})
	s, err := New(client, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return m, s
}

// A report that comes again after another one is noted again: a revision more,
// and no part counted twice.
func TestReportAgainAfterAnotherCountsNothingTwice(t *testing.T) {
	_, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	swapOf(t, s, session.Change{Session: rec}, "create").run(t, s)
	first := reportOf(t, s, rec.ID, "one", numbered(1, 2)...)
	first.run(t, s)
	reportOf(t, s, rec.ID, "two", numbered(2, 3)...).run(t, s)
	got, err := first.run(t, s).record("test", rec.ID)
	if err != nil || got.session.PartsReported != 3 || got.session.BytesReported != 15<<20 {
		t.Errorf("%+v, %v; want 3 parts of 5 MiB", got, err)
	}
}

// Redis may evict a record and keep its parts, or keep it without them, where
// memory is short: old parts are not the next record's, and without them
// nothing was reported.
func TestRecordAndPartsCanBeEvictedApart(t *testing.T) {
	m, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	swapOf(t, s, session.Change{Session: rec, Parts: numbered(1, 100)}, "one").run(t, s)
	n, _ := packName(rec.ID)
	m.Del(s.keys(rec.ID.Tag()).record(n))
	swapOf(t, s, session.Change{Session: rec, Parts: numbered(101, 170)}, "two").run(t, s)
	parts, err := s.Parts(t.Context(), rec.ID)
	if err != nil || len(parts) != 70 || parts[0].Number != 101 {
		t.Errorf("%d parts from %v on, %v; want 70 from 101 on", len(parts), parts[:1], err)
	}
	m.Del(s.keys(rec.ID.Tag()).parts(n))
	if parts, err := s.Parts(t.Context(), rec.ID); err != nil || len(parts) > 0 {
		t.Errorf("with the parts gone there are %d, %v; want none, as an error would keep the session from being salvaged for ever", len(parts), err)
	}
}

// lossy is a connection that, when told to, lets one more answer of a script be
// read from Redis and then breaks without handing it on: the command was carried
// out and the client cannot know.
type lossy struct {
	net.Conn
	lose *atomic.Bool
	lost *atomic.Int32
}

func (c lossy) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && b[0] == '*' && c.lose.CompareAndSwap(true, false) { // HELLO's is a map, and others' a line
		c.lost.Add(1)
		_ = c.Close()
		return 0, errors.New("the answer got lost")
	}
	return n, err
}

// losing has answers get lost.
type losing struct {
	lose atomic.Bool
	lost atomic.Int32
}

// next says whether the next answer does.
func (l *losing) next(lose bool) { l.lose.Store(lose) }

func openLossy(t *testing.T, server *redistest.Server) (*Store, *losing) {
	t.Helper()
	l := &losing{}
	client := redis.NewClient(&redis.Options{Addr: server.Addr, Dialer: func(_ context.Context, network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		return lossy{conn, &l.lose, &l.lost}, err
	}})
	s, err := New(client, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, l
}

func TestLostReplies(t *testing.T) {
	s, l := openLossy(t, redistest.Start(t))
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("ann")}); err != nil { // loads the script
		t.Fatal(err)
	}
	takeOf(s, rec.ID, time.Minute, "load").run(t, s)
	settleOf(s, rec.ID, "").run(t, s)
	if _, err := s.Report(t.Context(), rec.ID, session.Report{}); session.KindOf(err) != session.NotFound {
		t.Fatal(err)
	}

	step := func(name string, f func() (*session.Session, error)) *session.Session {
		t.Helper()
		before := l.lost.Load()
		l.next(true)
		got, err := f()
		if err != nil || l.lost.Load() != before+1 {
			t.Fatalf("%s: %v, %d answers lost; want one", name, err, l.lost.Load()-before)
		}
		return got
	}
	step("create", func() (*session.Session, error) {
		return s.Swap(t.Context(), session.Change{Session: rec, Parts: numbered(1, 2)})
	})
	got := step("report", func() (*session.Session, error) {
		return s.Report(t.Context(), rec.ID, session.Report{Parts: numbered(2, 3)})
	})
	if got.PartsReported != 3 || got.BytesReported != 15<<20 {
		t.Errorf("%d parts of %d bytes after a report whose answer got lost; want 3", got.PartsReported, got.BytesReported)
	}
	got.State = session.Completing
	got = step("take a lease", func() (*session.Session, error) {
		return s.Swap(t.Context(), session.Change{Session: got, From: got.Revision, Lease: time.Minute})
	})
	step("read", func() (*session.Session, error) { return s.Get(t.Context(), rec.ID) })
	got.State = session.Completed
	step("finish", func() (*session.Session, error) {
		return s.Swap(t.Context(), telling(session.Change{Session: got, From: got.Revision, Keep: time.Hour}))
	})
	outbox := func(name string, c call) reply {
		t.Helper()
		before := l.lost.Load()
		l.next(true)
		r := runAll(t.Context(), s.client, []call{c})[0]
		if r.err != nil || r.word != "ok" || l.lost.Load() != before+1 {
			t.Fatalf("%s: %+v, %d answers lost; want ok and one", name, r, l.lost.Load()-before)
		}
		return r
	}
	for tries := range int64(2) {
		outbox("a notice is due", settleOf(s, rec.ID, "0"))
		row, _ := outbox("take", takeOf(s, rec.ID, time.Minute, newOperation())).value.([]any)
		if len(row) != 4 || row[2] != tries {
			t.Errorf("took %v; want one notice that was tried %d times", row, tries)
		}
	}
	outbox("done", settleOf(s, rec.ID, ""))
	if r := outbox("take what is done", takeOf(s, rec.ID, time.Minute, newOperation())); len(r.value.([]any)) != 0 {
		t.Errorf("took %v", r.value)
	}
	for state, want := range map[session.State]int{session.Open: 1, session.Completing: 0, session.Completed: 1} {
		page, err := s.List(t.Context(), session.Query{State: state, Owner: "ann", Limit: 9})
		if err != nil || len(page.Sessions) != want {
			t.Errorf("%d sessions are %s, %v; want %d", len(page.Sessions), state, err, want)
		}
	}
}

// Scripts go by EVALSHA, and by EVAL where Redis does not know them (yet, or
// any more).
func TestScriptsAreSentAgainAfterARestart(t *testing.T) {
	server := redistest.Start(t)
	s, err := Open(t.Context(), "redis://"+server.Addr, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for range 2 {
		if _, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("ann")}); err != nil {
			t.Fatal(err)
		}
		server.Restart()
	}
}

// What a script touches it must name, or a Cluster could not place it.
func TestKeysOfACallShareASlot(t *testing.T) {
	_, s := frozen(t)
	c := swapOf(t, s, session.Change{Session: sessiontest.NewSession("an {owner}")}, "op")
	tags := map[string]bool{}
	for _, k := range c.keys {
		tag, _, _ := strings.Cut(k, "}")
		tags[tag] = true
	}
	if len(tags) != 1 || len(slices.Compact(slices.Sorted(slices.Values(c.keys)))) != 21 {
		t.Errorf("%q", c.keys)
	}
}
