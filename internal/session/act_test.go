package session_test

import (
	"context"
	"slices"
	"testing"
	"time"

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
	own := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.Ticket.UploadID}
	if err := r.Broker.Bucket.Abort(t.Context(), own); err != nil { // by somebody else's hand
		t.Fatal(err)
	}
	r.Later(resumeWindow + 2*time.Hour)
	r.reap(t)
	if !slices.Equal(acts, []session.ActKind{session.ActLost}) {
		t.Errorf("told is %q", acts)
	}
}
