package session_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// What becomes of a recording that nobody comes back for is told once, by
// whoever did it.
func TestEachActIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields map[string]any
		sizes  []int
		forget bool
		want   []session.ActKind
	}{
		{"what arrived is salvaged", nil, []int{99}, false, []session.ActKind{session.ActSalvaged}},
		{"what is not to be kept is aborted", map[string]any{"on_abandon": "abort"}, []int{99}, false, []session.ActKind{session.ActAborted}},
		{"what nobody knows is adopted, and salvaged when its time comes", nil, []int{99}, true, []session.ActKind{session.ActAdopted, session.ActSalvaged}},
		{"an empty upload that nobody knows is freed", nil, nil, true, []session.ActKind{session.ActFreed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := abandoned(t, c.fields, c.sizes...)
			var acts []session.ActKind
			r.Broker.Acted = func(_ context.Context, a session.Act) {
				if a.Session == r.opened.ID { // the bucket has uploads of other tests
					acts = append(acts, a.What)
				}
			}
			if c.forget {
				r.Store.Forget()
			}
			for range 4 {
				r.Later(abandonAfter)
				r.sweep(t)
				r.reap(t)
			}
			if !slices.Equal(acts, c.want) {
				t.Errorf("told is %q, want %q", acts, c.want)
			}
		})
	}
}

func TestThatASessionIsLostIsTold(t *testing.T) {
	r := abandoned(t, nil, 99)
	var acts []session.ActKind
	r.Broker.Acted = func(_ context.Context, a session.Act) { acts = append(acts, a.What) }
	own := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}
	if err := r.Broker.Bucket.Abort(t.Context(), own); err != nil { // by somebody else's hand
		t.Fatal(err)
	}
	r.Later(resumeWindow + 2*time.Hour)
	r.reap(t)
	if !slices.Equal(acts, []session.ActKind{session.ActLost}) {
		t.Errorf("told is %q", acts)
	}
}

func TestNobodyIsToldThatNothingWasAborted(t *testing.T) {
	for name, c := range map[string]struct {
		put    int // bytes
		report bool
		want   int
	}{
		"nothing was uploaded":                    {want: 0},
		"a recorder's check()":                    {put: 16, want: 0},
		"the largest trial":                       {put: 1024, want: 0},
		"more than a trial, which was not told":   {put: 1025, want: 1},
		"a part that was reported, however small": {put: 9, report: true, want: 1},
		"a part that never really came":           {report: true, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, nil)
			r.Broker.Limits.Notify = true
			if c.put > 0 {
				r.UploadPart(t, r.opened, 1, apitest.Noise(c.put))
			}
			if c.report {
				if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, []session.Part{{Number: 1, Size: 9}}, nil, 0); err != nil {
					t.Fatal(err)
				}
			}
			if s, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil || s.State != session.Aborted {
				t.Fatalf("the abort: %+v, %v", s, err)
			}
			if events := r.told(t, r.Broker.Now().Add(-time.Minute)); len(events) != 2 || events[1].Type != session.EventAborted {
				t.Errorf("the events are %+v", events)
			}
			notices, err := r.Store.Take(t.Context(), 10, time.Minute)
			if err != nil || len(notices) != c.want {
				t.Errorf("%d notices, want %d (%v)", len(notices), c.want, err)
			}
			for _, n := range notices {
				if n.OpenedAt.IsZero() {
					t.Error("the notice does not say when it was opened")
				}
			}
		})
	}
}
