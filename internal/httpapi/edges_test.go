package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// A duration of 292 years went past the end of 64 bits on its way to the
// milliseconds of a store, and a filter past its end selects everything.
func TestIdleForHasAnEnd(t *testing.T) {
	a := apitest.Start(t)
	a.Open(t, "ann", nil)
	for idle, status := range map[string]int{"87600h": 200, "87600h1ns": 400, "2562047h47m16.854775807s": 400, "9999999h": 400, "-1ns": 400} {
		answer := a.CallRaw(t, "GET", "/v1/sessions?idle_for="+idle, a.APIKey, "")
		if answer.Status != status {
			t.Errorf("idle_for=%s: %d %s", idle, answer.Status, answer.Body)
		}
		if status == 200 {
			var listed struct{ Sessions []any }
			if answer.Into(t, &listed); len(listed.Sessions) != 0 {
				t.Errorf("idle_for=%s selects %d sessions", idle, len(listed.Sessions))
			}
		}
	}
}

// A script whose variable is not set, or whose parameter is misspelt, must not
// get all sessions to act on.
func TestAFilterThatSaysNothingIsRefused(t *testing.T) {
	a := apitest.Start(t)
	a.Open(t, "ann", nil)
	for query, field := range map[string]string{
		"idle_for=": "idle_for", "idle-for=24h": "query", "idle_for=1h&idle_for=24h": "idle_for", "Owner=bob": "query", "owner=": "owner", "state=": "state",
		"limit=": "limit", "cursor=&cursor=": "cursor",
	} {
		if p := a.CallRaw(t, "GET", "/v1/sessions?"+query, a.APIKey, "").Problem(t, 400, "bad-query"); p.Field != field {
			t.Errorf("%s: the field is %q", query, p.Field)
		}
	}
	for _, path := range []string{"/v1/orphans?limit=", "/v1/orphans?prefix=x", "/v1/events?since=", "/v1/events?from=x"} {
		a.CallRaw(t, "GET", path, a.APIKey, "").Problem(t, 400, "bad-query")
	}
}

// Some servers and proxies answer a PUT with an empty ETag.
func TestAnETagOfQuotesAloneSaysNothing(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	a.UploadPart(t, o, 1, apitest.Noise(9))
	part := map[string]any{"number": 1, "size": 9, "etag": `""`}
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"uploaded": []any{part}}).Want(t, 200)
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": []any{part}, "size": 9}).Want(t, 200)
}

func TestWhatCanBeNoIDHasNoWatchPage(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	for path, status := range map[string]int{"/watch/" + string(o.ID): 200, "/watch/x": 404, "/watch/" + string(o.ID) + "x": 404, "/watch/recordings": 404, "/watch/%3Cscript%3E": 404} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := fetch(t, method, a.URL+path)
			if got.status != status || got.header.Get("Content-Security-Policy") == "" || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("%s %s: %d %v", method, path, got.status, got.header)
			}
		}
	}
}

func TestHeadIsAnsweredWhereverGetNeedsNoCredential(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/", "/ops", "/watch/" + string(a.Open(t, "ann", nil).ID), "/web/recorder.js", "/openapi.yaml", "/healthz", "/readyz"} {
		get, head := fetch(t, http.MethodGet, a.URL+path), fetch(t, http.MethodHead, a.URL+path)
		if head.status != 200 || len(head.body) != 0 || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("%s: HEAD is answered %d with %d bytes of %s", path, head.status, len(head.body), head.header.Get("Content-Type"))
		}
	}
}

// A URL that is opened by itself is saved and not shown. What is recorded may be
// a playlist that says it is a video; shown, it fetches from wherever it likes.
func TestASignedURLIsSavedAndNotShown(t *testing.T) {
	a := newTarget(t)
	a.completes(t)
	if d := a.play(t, string(a.o.ID)).Header.Get("Content-Disposition"); d[:len("attachment;")] != "attachment;" {
		t.Errorf("the bucket says %q", d)
	}
}

// Whoever can reach the page is given a grant, and may do with it what is
// theirs: two devices are two owners.
func TestThePagesGrantIsOfTheDeviceThatAsks(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) {
		c.PageGrant = func(device string) session.Grant {
			return session.Grant{Owner: session.Owner("at " + device), ExpiresAt: time.Now().Add(time.Hour)}
		}
	})
	if got := fetch(t, http.MethodPost, a.URL+"/page/grant"); !strings.Contains(string(got.body), `"owner":"at 127.0.0.1"`) {
		t.Errorf("the grant is %s", got.body)
	}
}
