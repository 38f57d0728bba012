package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// finished is a completed recording of ann's.
func finished(t *testing.T, a *apitest.API) (o apitest.Opened, recording string) {
	t.Helper()
	o = a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(10))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	return o, "/v1/recordings/" + string(o.ID)
}

func shareOf(watchURL string) string {
	_, share, _ := strings.Cut(watchURL, "#")
	return share
}

type link struct {
	Token       string
	WatchURL    string `json:"watch_url"`
	ExpiresAt   time.Time
	ExpiresInMs *int64 `json:"expires_in_ms"`
}

func makeLink(t *testing.T, a *apitest.API, recording, bearer string, body map[string]any) (l link) {
	t.Helper()
	a.Call(t, "POST", recording+"/links", bearer, body).Want(t, 201).Into(t, &l)
	if shareOf(l.WatchURL) != l.Token {
		t.Fatal("the link's token is not the token")
	}
	return l
}

func TestLinksAreRevoked(t *testing.T) {
	a := apitest.Start(t)
	o, recording := finished(t, a)
	first, second := shareOf(o.WatchURL), makeLink(t, a, recording, o.Token, map[string]any{"ttl_s": 60}).Token
	watch := func(share string) apitest.Answer { return a.Call(t, "GET", recording, share, nil) }
	watch(first).Want(t, 200)
	watch(second).Want(t, 200)

	revoke := func(bearer string) apitest.Answer { return a.Call(t, "DELETE", recording+"/links", bearer, nil) }
	revoke(a.Grant(t, "bob")).Problem(t, 404, "unknown-session")
	revoke(o.Token).Problem(t, 403, "wrong-credential")
	watch(first).Want(t, 200)

	revoke(a.Grant(t, "ann")).Want(t, 204)
	watch(first).Problem(t, 401, "link-revoked")
	watch(second).Problem(t, 401, "link-revoked")
	watch(o.Token).Want(t, 200)
	watch(a.Grant(t, "ann")).Want(t, 200)
	third := makeLink(t, a, recording, a.Grant(t, "ann"), map[string]any{}).Token
	watch(third).Want(t, 200)

	revoke(a.APIKey).Want(t, 204)
	watch(third).Problem(t, 401, "link-revoked")
	watch(first).Problem(t, 401, "link-revoked")
}

// Redis is a cache: what was revoked stays revoked without it.
func TestRevokedLinksStayRevokedWhenTheStoreForgot(t *testing.T) {
	a := apitest.Start(t)
	o, recording := finished(t, a)
	other, otherRecording := finished(t, a)
	a.Call(t, "DELETE", recording+"/links", a.APIKey, nil).Want(t, 204)
	fresh := makeLink(t, a, recording, o.Token, map[string]any{}).Token
	a.Store.Forget()
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 401, "link-revoked")
	a.Call(t, "GET", recording, fresh, nil).Want(t, 200)
	a.Call(t, "GET", otherRecording, shareOf(other.WatchURL), nil).Want(t, 200)
}

// A link is often shown while the recording goes on, and so it must be possible
// to take it back by then. Later answers hold one that works.
func TestLinksAreRevokedWhileItIsRecorded(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	recording := "/v1/recordings/" + string(o.ID)
	parts, size := a.Upload(t, o, apitest.Noise(10))
	a.Call(t, "DELETE", recording+"/links", a.Grant(t, "ann"), nil).Want(t, 204)
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 401, "link-revoked")
	var seen, done struct {
		WatchURL string `json:"watch_url"`
	}
	a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200).Into(t, &seen)
	a.Call(t, "GET", recording, shareOf(seen.WatchURL), nil).Problem(t, 409, "not-completed")
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200).Into(t, &done)
	a.Call(t, "GET", recording, shareOf(done.WatchURL), nil).Want(t, 200)
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 401, "link-revoked")
}

// noteless is S3 when it does not say whether links were revoked.
type noteless struct{ session.Bucket }

func (noteless) Note(context.Context, session.Key) (string, error) {
	return "", &session.Error{Kind: session.Unavailable, Reason: "s3", Err: errors.New("planted")}
}

func TestALinkThatNobodyCanVouchForIsNotAdmitted(t *testing.T) {
	a := apitest.Start(t)
	o, recording := finished(t, a)
	a.Broker.Bucket = noteless{a.Broker.Bucket}
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 503, "s3")
	a.Call(t, "GET", recording, o.Token, nil).Want(t, 200)
	a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200) // which only mentions a link
	a.Call(t, "POST", recording+"/links", o.Token, map[string]any{}).Problem(t, 503, "s3")
}

func TestLinksEnd(t *testing.T) {
	a := apitest.Start(t)
	o, recording := finished(t, a)
	l := makeLink(t, a, recording, o.Token, map[string]any{"ttl_s": 60})
	if l.ExpiresInMs == nil || *l.ExpiresInMs > 60_000 || *l.ExpiresInMs < 50_000 {
		t.Errorf("it ends in %v ms, want a minute", l.ExpiresInMs)
	}
	if forever := makeLink(t, a, recording, o.Token, map[string]any{}); forever.ExpiresInMs != nil {
		t.Errorf("a link without an end ends in %d ms", *forever.ExpiresInMs)
	}
	a.Call(t, "GET", recording, l.Token, nil).Want(t, 200)
	a.Later(time.Minute)
	a.Call(t, "GET", recording, l.Token, nil).Problem(t, 401, "link-expired")
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Want(t, 200)
	for _, ttl := range []int{0, -1, 315_360_001} {
		a.CallBad(t, "POST", recording+"/links", o.Token, map[string]any{"ttl_s": ttl}).Problem(t, 400, "out-of-range")
	}
	a.Call(t, "POST", recording+"/links", o.Token, map[string]any{"ttl_s": 315_360_000}).Want(t, 201)
}

func TestTheSettingsBoundTheLifeOfLinks(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) { c.Links.TTL = time.Hour })
	o, recording := finished(t, a)
	for name, c := range map[string]struct {
		body map[string]any
		want int64 // ms
	}{
		"asked for nothing": {map[string]any{}, 3_600_000}, "asked for more": {map[string]any{"ttl_s": 3601}, 3_600_000}, "asked for less": {map[string]any{"ttl_s": 3000}, 3_000_000},
	} {
		if l := makeLink(t, a, recording, o.Token, c.body); l.ExpiresInMs == nil || *l.ExpiresInMs > c.want || *l.ExpiresInMs < c.want-30_000 {
			t.Errorf("%s: it ends in %v ms, want %d", name, l.ExpiresInMs, c.want)
		}
	}
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Want(t, 200)
	a.Later(time.Hour)
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 401, "link-expired")
}

// An Idempotency-Key makes the same ID again once its session is forgotten, and
// the first link of an ID is always the same.
func TestALinkThatWasRevokedDoesNotWatchTheNextRecordingOfItsID(t *testing.T) {
	for _, end := range []string{"deleted", "aborted"} {
		t.Run(end, func(t *testing.T) {
			a := apitest.Start(t)
			open := func() (o apitest.Opened) {
				a.Call(t, "POST", "/v1/sessions", a.Grant(t, "ann"), map[string]any{"content_type": "video/webm"}, "Idempotency-Key", "lesson 7").Want(t, 201).Into(t, &o)
				return o
			}
			record := func(o apitest.Opened) {
				parts, size := a.Upload(t, o, apitest.Noise(10))
				a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
			}
			first := open()
			recording := "/v1/recordings/" + string(first.ID)
			a.Call(t, "DELETE", recording+"/links", a.APIKey, nil).Want(t, 204)
			if end == "aborted" {
				a.Call(t, "DELETE", path(first, ""), a.APIKey, nil).Want(t, 200)
			} else {
				record(first)
				a.Call(t, "DELETE", recording, a.APIKey, nil).Want(t, 204)
			}
			a.Store.Forget()
			second := open()
			if second.ID != first.ID {
				t.Fatalf("opened again is %s, want %s", second.ID, first.ID)
			}
			record(second)
			a.Call(t, "GET", recording, shareOf(first.WatchURL), nil).Problem(t, 401, "link-revoked")
			fresh := makeLink(t, a, recording, second.Token, map[string]any{}).Token
			a.Call(t, "GET", recording, fresh, nil).Want(t, 200)
		})
	}
}

func TestADeletedRecordingHasNoLinks(t *testing.T) {
	a := apitest.Start(t)
	_, recording := finished(t, a)
	a.Call(t, "DELETE", recording, a.APIKey, nil).Want(t, 204)
	for _, method := range []string{"POST", "DELETE"} {
		a.Call(t, method, recording+"/links", a.APIKey, map[string]any{}).Problem(t, 404, "deleted")
	}
}

// The notes stand under the prefix of recordings, where both look.
func TestNotesAreNoRecordingsAndNoOrphans(t *testing.T) {
	a := apitest.Start(t)
	o, recording := finished(t, a)
	a.Call(t, "DELETE", recording+"/links", a.APIKey, nil).Want(t, 204)
	a.Store.Forget()
	done, err := a.Broker.Rebuild(t.Context(), func(session.Rebuilt) {})
	if err != nil {
		t.Fatal(err)
	}
	if done.Objects-done.Restored < 1 {
		t.Errorf("rebuilt are %+v: the note among them", done)
	}
	if _, err := a.Broker.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200)
	a.Call(t, "GET", recording, shareOf(o.WatchURL), nil).Problem(t, 401, "link-revoked")
}

func TestWhoMayWatch(t *testing.T) {
	byLink := map[string]string{"nothing": "401 missing-token", "a link": "200", "another owner": "404 unknown-session", "make": "201", "revoke": "204"}
	for who, want := range map[session.Watchers]map[string]string{
		"":              byLink,
		session.ByLink:  byLink,
		session.Public:  {"nothing": "200", "a link": "200", "another owner": "200", "make": "409 watch-public", "revoke": "409 watch-public"},
		session.ByOwner: {"nothing": "401 owner-only", "a link": "403 owner-only", "another owner": "404 unknown-session", "make": "403 owner-only", "revoke": "204"},
	} {
		t.Run("by "+string(who), func(t *testing.T) {
			a := apitest.Start(t, func(cfg *httpapi.Config) { cfg.Links.Watchers = who })
			o, recording := finished(t, a)
			if token := strings.Contains(o.WatchURL, "#"); token != (want["make"] == "201") {
				t.Errorf("whether the link that comes with open has a token: %t", token)
			}
			watch := func(bearer string) apitest.Answer { return a.Call(t, "GET", recording, bearer, nil) }
			for what, answer := range map[string]apitest.Answer{
				"nothing":       watch(""),
				"a link":        watch(a.Keyring.SignLink(session.Link{ID: o.ID})),
				"another owner": watch(a.Grant(t, "bob")),
				"make":          a.Call(t, "POST", recording+"/links", o.Token, map[string]any{}),
				"revoke":        a.Call(t, "DELETE", recording+"/links", a.Grant(t, "ann"), nil),
			} {
				var p apitest.Problem
				_ = json.Unmarshal(answer.Body, &p) // of a success there is no reason, and perhaps no body
				if got := strings.TrimSpace(fmt.Sprint(answer.Status, " ", p.Reason)); got != want[what] {
					t.Errorf("%s is answered with %s, want %s", what, got, want[what])
				}
			}
			for _, bearer := range []string{o.Token, a.Grant(t, "ann"), a.APIKey} {
				watch(bearer).Want(t, 200)
			}
		})
	}
}
