package session_test

import (
	"testing"
	"time"

	"slipway/internal/session"
)

// Opening and aborting costs its caller next to nothing, and each record Redis
// 0.9 kB. Nobody asks for one of a session that had nothing in it.
func TestAnAbortedSessionWithoutPartsIsRememberedForAnHour(t *testing.T) {
	for _, c := range []struct {
		name string
		keep time.Duration
		part bool
		want time.Duration
	}{
		{"without parts", 24 * time.Hour, false, time.Hour},
		{"without parts, and all records go sooner", 30 * time.Minute, false, 30 * time.Minute},
		{"with a part", 24 * time.Hour, true, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := abandoned(t, nil)
			r.Broker.Limits.KeepRecord = c.keep
			if c.part {
				one := []session.Part{{Number: 1, Size: 5, ETag: `"e"`}}
				if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, one, nil, 0); err != nil {
					t.Fatal(err)
				}
			}
			now := time.Now()
			r.Store.Now = func() time.Time { return now }
			if s, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil || s.State != session.Aborted {
				t.Fatalf("%+v, %v; want it aborted", s, err)
			}
			now = now.Add(c.want - time.Millisecond)
			if s := r.state(t); s.State != session.Aborted {
				t.Errorf("it is %s", s.State)
			}
			now = now.Add(time.Millisecond)
			if s, err := r.Store.Get(t.Context(), r.opened.ID); session.KindOf(err) != session.NotFound {
				t.Errorf("after %s it is remembered as %+v, %v", c.want, s, err)
			}
		})
	}
}
