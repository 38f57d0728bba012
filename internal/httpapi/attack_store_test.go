package httpapi_test

import (
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// What a report costs Redis is bounded by how many parts a session can have, so
// none may come twice, and none may bring more than an ETag.
func TestAttackAReportThatKeepsRedis(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	entry := map[string]any{"number": 2, "size": 9}
	twice := []any{map[string]any{"number": 1, "size": 9}}
	for range session.MaxPartNumber - 1 {
		twice = append(twice, entry)
	}
	for name, uploaded := range map[string][]any{"twice": {entry, entry}, "10,000 times": twice} {
		problem := a.CallBad(t, "POST", path(o, "/parts"), o.Token, map[string]any{"uploaded": uploaded}).Problem(t, 400, "part-twice")
		if want := map[string]string{"twice": "uploaded[1].number", "10,000 times": "uploaded[2].number"}[name]; problem.Field != want {
			t.Errorf("%s: the field is %q; want %q", name, problem.Field, want)
		}
	}
	for _, tc := range []struct{ bytes, status int }{{125, 200}, {126, 200}, {127, 400}, {1000, 400}} {
		part := map[string]any{"number": 1, "size": 9, "etag": strings.Repeat("x", tc.bytes)}
		answer := a.CallBad(t, "POST", path(o, "/parts"), o.Token, map[string]any{"uploaded": []any{part}})
		if answer.Want(t, tc.status); tc.status == 400 {
			answer.Problem(t, 400, "bad-etag")
		}
	}
}
