package httpapi_test

import (
	"regexp"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
)

var requestIDs = regexp.MustCompile(`"request_id":"[A-Z0-9]+"`)

// told is an answer without what differs from one to the next.
func told(a apitest.Answer, id string) string {
	return strings.ReplaceAll(requestIDs.ReplaceAllString(string(a.Body), ""), id, "ID")
}

// Somebody else's session is answered word for word as one that never was, so
// nobody learns which IDs there are.
func TestAttackAnotherOwnersSession(t *testing.T) {
	a := newTarget(t)
	bob := a.Grant(t, "bob")
	mine, never := string(a.o.ID), string(a.o.ID[:2])+strings.Repeat("a", 26)+"w"
	a.LeavesNoTrace(t, func() {
		for _, r := range a.calls() {
			if strings.HasSuffix(r.path, "/token") { // who brings her token knows that the session is there
				a.Call(t, r.method, r.path, bob, r.body).Problem(t, 404, "unknown-session")
				continue
			}
			theirs := a.Call(t, r.method, r.path, bob, r.body)
			nobodys := a.Call(t, r.method, strings.Replace(r.path, mine, never, 1), bob, r.body)
			if theirs.Status != nobodys.Status || told(theirs, mine) != told(nobodys, never) {
				t.Errorf("%s %s is answered with\n%s\nand where there is nothing with\n%s", r.method, r.path, theirs.Body, nobodys.Body)
			}
			if theirs.Status != 404 && theirs.Status != 403 {
				t.Errorf("%s %s: status %d", r.method, r.path, theirs.Status)
			}
		}
	})
	a.completes(t)
	a.LeavesNoTrace(t, func() {
		recording := "/v1/recordings/" + mine
		a.Call(t, "GET", recording, bob, nil).Problem(t, 404, "unknown-session")
		a.Call(t, "DELETE", recording, bob, nil).Problem(t, 404, "unknown-session")
	})
}

// After Redis was lost the owner stands in the object's metadata and in the
// token, and counts as before.
func TestAttackAnotherOwnersSessionAfterTheStoreForgot(t *testing.T) {
	a := newTarget(t)
	bob, recording := a.Grant(t, "bob"), "/v1/recordings/"+string(a.o.ID)
	a.Store.Forget()
	a.LeavesNoTrace(t, func() {
		a.Call(t, "GET", path(a.o, ""), bob, nil).Problem(t, 404, "unknown-session")
	})
	a.completes(t)
	a.Store.Forget()
	a.Call(t, "GET", recording, bob, nil).Problem(t, 404, "unknown-session")
	a.Call(t, "DELETE", recording, bob, nil).Problem(t, 404, "unknown-session")
	a.Call(t, "POST", path(a.o, "/token"), bob, map[string]any{"token": a.o.Token}).Problem(t, 404, "unknown-session")
	a.Call(t, "GET", recording, a.Grant(t, "ann"), nil).Want(t, 200)
}

// Lists are for API keys, whatever is asked of them.
func TestAttackAnotherOwnersList(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for name, bearer := range map[string]string{"a grant": a.Grant(t, "bob"), "her own grant": a.Grant(t, "ann"), "a token": a.o.Token, "a link": shareOf(a.o.WatchURL)} {
			for _, path := range []string{"/v1/sessions", "/v1/sessions?owner=ann", "/v1/orphans", "/v1/events"} {
				if answer := a.Call(t, "GET", path, bearer, nil); strings.Contains(string(answer.Problem(t, 403, "needs-api-key").Detail), "ann") {
					t.Errorf("%s with %s: %s", path, name, answer.Body)
				}
			}
		}
	})
}

// A grant names its owner; the request cannot.
func TestAttackOpeningAsAnotherOwner(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for _, bearer := range []string{a.Grant(t, "bob"), mint(t, a.API, map[string]any{"owner": "bob", "origin": apitest.Origin})} {
			answer := a.Call(t, "POST", "/v1/sessions", bearer, map[string]any{"content_type": "video/webm", "owner": "ann"}, "Origin", apitest.Origin)
			answer.Problem(t, 400, "owner-from-grant")
		}
	})
}
