package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// The tests of attack_*_test.go are the table of attacks in docs/security.md:
// each holds what is answered, and that the attack left no trace.

// target is a broker with a corner of the bucket to itself, and in it a session
// of ann's that has one part.
type target struct {
	*apitest.API
	o    apitest.Opened
	part map[string]any
}

func newTarget(t *testing.T, options ...func(*httpapi.Config)) *target {
	t.Helper()
	a := &target{API: apitest.Start(t, options...)}
	a.Broker.Limits.KeyPrefix = strings.ToLower(t.Name()) + "/"
	a.o = a.Open(t, "ann", map[string]any{"max_bytes": 7 * mib})
	a.part = a.UploadPart(t, a.o, 1, apitest.Noise(5*mib))
	a.Call(t, "POST", path(a.o, "/parts"), a.o.Token, map[string]any{"uploaded": []any{a.part}}).Want(t, 200)
	return a
}

// claim completes the session, if nobody spoilt it.
func (a *target) claim() map[string]any {
	return map[string]any{"parts": []any{a.part}, "size": 5 * mib}
}

// completes holds that the recording is still what it was.
func (a *target) completes(t *testing.T) {
	t.Helper()
	a.Call(t, "POST", path(a.o, "/complete"), a.o.Token, a.claim()).Want(t, 200)
}

// calls is every call on ann's session that a bearer string could be tried at.
func (a *target) calls() []request {
	session, recording := path(a.o, ""), "/v1/recordings/"+string(a.o.ID)
	return []request{
		{"GET", session, nil},
		{"POST", session + "/parts", map[string]any{"uploaded": []any{map[string]any{"number": 2, "size": 1}}, "sign": []any{map[string]any{"number": 1, "size": 1}}}},
		{"POST", session + "/poster", map[string]any{"size": 1}},
		{"POST", session + "/complete", a.claim()},
		{"POST", session + "/salvage", nil},
		{"POST", session + "/token", map[string]any{"token": a.o.Token}},
		{"DELETE", session, nil},
		{"GET", recording, nil},
		{"PATCH", recording, map[string]any{"title": "Somebody else's"}},
		{"POST", recording + "/captions", map[string]any{"size": 1}},
		{"POST", recording + "/links", map[string]any{}},
		{"DELETE", recording + "/links", nil},
		{"DELETE", recording, nil},
	}
}

type request struct {
	method, path string
	body         any
}

func reasonOf(t *testing.T, body []byte) string {
	t.Helper()
	var p struct{ Reason string }
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return p.Reason
}

// grantOf is what an application gives to an owner it did not look at.
func grantOf(owner session.Owner) session.Grant {
	return session.Grant{Owner: owner, ExpiresAt: time.Now().Add(time.Hour)}
}
