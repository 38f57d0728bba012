package redisstore

import (
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
	if got := len(m.Keys()); got != want+3 {
		t.Errorf("%d keys; want %d and those of two rates and a day", got, want)
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
