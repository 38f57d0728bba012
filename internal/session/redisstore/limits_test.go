package redisstore

import (
	"fmt"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// A report that a rate refused has changed nothing, so the same may come again
// and is refused again: as long as the clock stands still.
func TestRefusedReportAgainIsRefusedAlike(t *testing.T) {
	m, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	swapOf(t, s, session.Change{Session: rec}, "create").run(t, s)
	rep := session.Report{Parts: numbered(1, 2), Owner: "ann", CountBytes: true, Cost: 6, Rates: session.Rates{Owner: session.Rate{PerSecond: 1, Burst: 10}}}
	withinOf(t, s, rec.ID, "first", rep).run(t, s)
	before := m.Dump()
	for range 2 {
		r := withinOf(t, s, rec.ID, "op", rep).run(t, s)
		if err := tooSoon(r, rep.Rates); r.word != "soon" || session.ReasonOf(err) != "owner-sign-rate" || m.Dump() != before {
			t.Errorf("%+v, %v; want the owner's rate, and nothing changed:\n%s", r, err, m.Dump())
		}
	}
}

// A look or an open that was sent again after a lost reply takes its cost again,
// and changes nothing else.
func TestALookLeavesTheRecordAloneHoweverOftenItIsSent(t *testing.T) {
	m, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	swapOf(t, s, session.Change{Session: rec, Parts: numbered(1, 80)}, "create").run(t, s)
	key := s.keys(rec.ID.Tag()).record(mustPack(t, rec.ID))
	before, err := m.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	rate := session.Rate{PerSecond: 1, Burst: 100}
	look := withinOf(t, s, rec.ID, "", session.Report{Look: true, Owner: "ann", Cost: 20, Rates: session.Rates{Session: rate, Owner: rate}})
	admit := s.admitCall(rec.ID, mustPack(t, rec.ID), session.Admission{Owner: "ann", Rate: rate, Cost: 20})
	for i, tc := range []struct {
		call
		word string
	}{{look, "ok"}, {look, "ok"}, {look, "ok"}, {look, "soon"}, {admit, "soon"}} { // a look costs 20 and 80/8
		if r := tc.run(t, s); r.word != tc.word {
			t.Errorf("call %d is answered %q; want %q", i+1, r.word, tc.word)
		}
	}
	if after, err := m.Get(key); err != nil || after != before {
		t.Errorf("the record became\n%q, %v, and was\n%q", after, err, before)
	}
}

func mustPack(t *testing.T, id session.ID) name {
	t.Helper()
	n, ok := packName(id)
	if !ok {
		t.Fatalf("%s is no ID", id)
	}
	return n
}

// Whoever has no limits, or has been slow, leaves nothing behind.
func TestLimitsLeaveNoKeysBehind(t *testing.T) {
	m, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	swapOf(t, s, session.Change{Session: rec}, "create").run(t, s)
	reportOf(t, s, rec.ID, "one", numbered(1, 1)...).run(t, s)
	rep := session.Report{Parts: numbered(2, 2), CountBytes: true}
	withinOf(t, s, rec.ID, "nobody's", rep).run(t, s)
	want := len(m.Keys())
	if want != 3 {
		t.Errorf("without limits there are %d keys: %q; want a record, its state and its owner", want, m.Keys())
	}
	rate := session.Rate{PerSecond: 10, Burst: 100}
	rep = session.Report{Parts: numbered(3, 3), Owner: "ann", CountBytes: true, Cost: 50, Rates: session.Rates{Session: rate, Owner: rate}}
	withinOf(t, s, rec.ID, "two", rep).run(t, s)
	if got := len(m.Keys()); got != want+2 {
		t.Errorf("%d keys; want %d and those of the owner's rate and day: the session's rate is in its record", got, want)
	}
	m.FastForward(5 * time.Second)
	if got := len(m.Keys()); got != want+1 {
		t.Errorf("%d keys when the rates are whole again; want %d and that of the day", got, want)
	}
	m.FastForward(24 * time.Hour)
	if got := len(m.Keys()); got != want {
		t.Errorf("%d keys a day later; want %d: %q", got, want, m.Keys())
	}
}

// What a session takes of its owner's rate ahead is charged at once, and taken only
// where less than half of the burst is used up.
func TestASessionTakesAheadOnlyWhatIsCharged(t *testing.T) {
	m, s := frozen(t)
	rate := session.Rate{PerSecond: 1, Burst: 100_000}
	rep := session.Report{Owner: "ann", Cost: 1, Rates: session.Rates{Owner: rate}}
	first, second := sessiontest.NewSession("ann"), sessiontest.NewSession("ann")
	for i, rec := range []*session.Session{first, second} {
		swapOf(t, s, session.Change{Session: rec}, fmt.Sprint("create", i)).run(t, s)
	}
	reports := 0
	charged := func(what string, rec *session.Session, want int64) {
		t.Helper()
		reports++
		withinOf(t, s, rec.ID, fmt.Sprint("report", reports), rep).run(t, s)
		until, err := m.Get(s.keys(rec.ID.Tag()).ownerRate("ann"))
		if got := fmt.Sprint(stillAt*1000 + want*1_000_000); err != nil || until != got {
			t.Fatalf("%s: the rate is used up until %s, %v; want %s", what, until, err, got)
		}
	}
	for range 16 {
		charged("what the first takes", first, 16)
	}
	charged("what it takes next", first, 32)
	charged("what the second takes", second, 48)
	s.admitCall(first.ID, mustPack(t, first.ID), session.Admission{Owner: "ann", Rate: rate, Cost: 49_952}).run(t, s)
	for range 15 {
		charged("what was paid", second, 50_000)
	}
	charged("past half of the burst", second, 50_001)
	charged("and again", second, 50_002)
}
