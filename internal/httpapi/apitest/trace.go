package apitest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
)

// state is everything that an attack could change: each session as the store
// has it, and each upload, part and object in S3.
func (a *API) state(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	add := func(v any, err error) {
		text, failed := json.Marshal(v)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	for _, state := range []session.State{session.Open, session.Completing, session.Completed, session.Aborting, session.Aborted, session.Deleted} {
		page, err := a.Store.List(t.Context(), session.Query{State: state, Limit: session.MaxPage})
		for _, s := range page.Sessions {
			s.ReadAt = time.Time{}
		}
		add(page, err)
	}
	prefix := a.Broker.Limits.KeyPrefix
	uploads, err := a.Broker.Bucket.Uploads(t.Context(), prefix, session.UploadCursor{}, 1000)
	add(uploads, err)
	for _, u := range uploads.Uploads {
		add(a.Broker.Bucket.ListParts(t.Context(), u.Upload))
	}
	add(a.Broker.Bucket.Keys(t.Context(), prefix, "", 1000))
	return b.String()
}

// LeavesNoTrace runs an attack and holds that nothing changed. The broker has to
// have a corner of the bucket to itself.
func (a *API) LeavesNoTrace(t testing.TB, attack func()) {
	t.Helper()
	before := a.state(t)
	attack()
	if after := a.state(t); after != before {
		t.Errorf("now there is\n%s\nand before there was\n%s", after, before)
	}
}
