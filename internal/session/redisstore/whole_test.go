package redisstore

import (
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// The index of probes holds what is to be probed and nothing else. What
// another broker left in it goes with the first probe at it.
func TestTheIndexOfProbesEndsWithTheSession(t *testing.T) {
	_, s := frozen(t)
	rec := sessiontest.NewSession("ann")
	rec.WhenWhole, rec.Announced, rec.Probe = true, 7, session.Probe{At: time.UnixMilli(stillAt).Add(-time.Hour)}
	made, err := s.Swap(t.Context(), session.Change{Session: rec})
	if err != nil {
		t.Fatal(err)
	}
	k := s.keys(rec.ID.Tag())
	in := func() int64 { return s.client.ZCard(t.Context(), k.whole()).Val() }
	if n := in(); n != 1 {
		t.Fatalf("an open session has %d entries", n)
	}
	score := s.client.ZRangeWithScores(t.Context(), k.whole(), 0, -1).Val()[0]
	ended := *made
	ended.State = session.Aborted
	if _, err := s.Swap(t.Context(), session.Change{Session: &ended, From: made.Revision}); err != nil {
		t.Fatal(err)
	}
	if n := in(); n != 0 {
		t.Errorf("one that ended has %d", n)
	}
	s.client.ZAdd(t.Context(), k.whole(), score) // as a broker leaves it that does not know the index
	if due, err := s.Due(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("due are %d sessions that ended, %v", len(due), err)
	}
	if n := in(); n != 0 {
		t.Errorf("after a probe at it there are %d", n)
	}
}
