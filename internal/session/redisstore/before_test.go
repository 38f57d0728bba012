package redisstore

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// scriptBefore is a script of the brokers of commit bbbab57.
func scriptBefore(t *testing.T, name string) *redis.Script {
	t.Helper()
	var text string
	for _, part := range []string{"common", name} {
		b, err := os.ReadFile("testdata/before/" + part + ".lua")
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return redis.NewScript(text)
}

// headBefore is what these brokers take for a record. The third number is the last
// activity: they list a session only if the index says the same.
var headBefore = regexp.MustCompile(`^1 \d+ \d (\d+) \d+ \d+ \S+ \S+ \d+ \d+ \d+ [ih] \d+\n`)

// mixed is a Redis that older and newer brokers share.
type mixed struct {
	*testing.T
	redis *miniredis.Miniredis
	store *Store
	rec   *session.Session
	now   time.Time
	rep   session.Report
}

func mix(t *testing.T) *mixed {
	t.Helper()
	m, s := frozen(t)
	rate := session.Rate{PerSecond: 10, Burst: 100_000}
	x := &mixed{T: t, redis: m, store: s, rec: sessiontest.NewSession("ann"), now: time.UnixMilli(stillAt),
		rep: session.Report{Owner: "ann", Cost: 1, Rates: session.Rates{Session: rate, Owner: rate}}}
	swapOf(t, s, session.Change{Session: x.rec}, "create").run(t, s)
	return x
}

func (x *mixed) pass(d time.Duration) {
	x.now = x.now.Add(d)
	x.redis.SetTime(x.now)
	x.redis.FastForward(d)
}

// report has an older broker, or a newer one, note some parts.
func (x *mixed) report(before bool, from, to int) *session.Session {
	x.Helper()
	x.rep.Parts = numbered(from, to)
	c := withinOf(x.T, x.store, x.rec.ID, newOperation(), x.rep)
	if before {
		c.script = scriptBefore(x.T, "report")
	}
	got, err := c.run(x.T, x.store).record("test", x.rec.ID)
	if err != nil {
		x.Fatal(err)
	}
	x.readable()
	return got.session
}

// readable holds the record against what older brokers read.
func (x *mixed) readable() {
	x.Helper()
	k, n := x.store.keys(x.rec.ID.Tag()), mustPack(x.T, x.rec.ID)
	value, err := x.redis.Get(k.record(n))
	head := headBefore.FindStringSubmatch(value)
	if err != nil || head == nil {
		x.Fatalf("an older broker cannot read %q (%v)", value, err)
	}
	score, err := x.redis.ZScore(k.state(session.Open), string(n))
	if err != nil || strconv.FormatFloat(score, 'f', 0, 64) != head[1] {
		x.Errorf("the index has %.0f and the record %s (%v): an older broker does not list it", score, head[1], err)
	}
}

func TestOlderAndNewerBrokersReportToOneRecord(t *testing.T) {
	x := mix(t)
	for i := range 90 { // past where parts move to the hash
		x.pass(time.Duration(i%7) * time.Second)
		got := x.report(i%3 == 1, i+1, i+1)
		if got.PartsReported != i+1 || got.BytesReported != int64(i+1)*5<<20 {
			t.Fatalf("after report %d there are %d parts of %d bytes", i+1, got.PartsReported, got.BytesReported)
		}
		if want := x.now.UTC(); !got.ActiveAt.Equal(want) {
			t.Fatalf("report %d was at %v, and ActiveAt is %v", i+1, want, got.ActiveAt)
		}
	}
}

func TestOlderAndNewerBrokersChangeOneRecord(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		x := mix(t)
		x.report(false, 1, 3)
		x.pass(7 * time.Second)
		seen := x.report(false, 4, 4)
		x.pass(time.Second)
		next := *seen
		c := swapOf(t, x.store, session.Change{Session: &next, From: seen.Revision, Quiet: quiet}, "op")
		c.script = scriptBefore(t, "swap")
		got, err := c.run(t, x.store).record("test", x.rec.ID)
		if err != nil || got.session.PartsReported != 4 {
			t.Fatalf("%+v, %v", got, err)
		}
		x.readable()
		if late := got.session.ActiveAt.Sub(seen.ActiveAt); late < 0 || late > session.IndexedWithin {
			t.Errorf("quiet %t: ActiveAt moved by %v", quiet, late)
		}
		if now := x.report(false, 5, 5); now.PartsReported != 5 {
			t.Errorf("quiet %t: %d parts", quiet, now.PartsReported)
		}
	}
}

// Both see what the other took of the owner's rate. Only newer brokers see what both
// took of a session's rate, so a session may use it twice while brokers are mixed.
func TestAnOwnersRateHoldsWhileBrokersAreMixed(t *testing.T) {
	x := mix(t)
	x.rep.Cost, x.rep.Rates.Session = 30_000, session.Rate{}
	for i := range 3 {
		x.report(i%2 == 0, 1, 1)
	}
	for _, script := range []*redis.Script{scriptBefore(t, "report"), reportScript} {
		c := withinOf(t, x.store, x.rec.ID, newOperation(), x.rep)
		c.script = script
		if r := c.run(t, x.store); r.word != "soon" {
			t.Errorf("a fourth of 30,000 from 100,000 is answered %q", r.word)
		}
	}
}
