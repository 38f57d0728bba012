package httpapi_test

import (
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
)

func TestATokenThatEndedIsRenewed(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(5*mib))
	a.Later(25 * time.Hour)
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Problem(t, 401, "token-expired")
	renew := func(bearer, token string) apitest.Answer {
		return a.Call(t, "POST", path(o, "/token"), bearer, map[string]any{"token": token})
	}
	renew(a.Grant(t, "bob"), o.Token).Problem(t, 404, "unknown-session")
	renew(o.Token, o.Token).Problem(t, 401, "token-expired")
	renew(a.Grant(t, "ann"), a.Open(t, "ann", nil).Token).Problem(t, 403, "foreign-token")
	if p := renew(a.Grant(t, "ann"), o.Token[:len(o.Token)-2]).Problem(t, 400, "bad-token"); p.Field != "token" {
		t.Errorf("the field at fault is %q", p.Field)
	}

	var fresh struct {
		ID, Token, State string
		ExpiresInMs      int64 `json:"expires_in_ms"`
	}
	renew(a.Grant(t, "ann"), o.Token).Want(t, 200).Into(t, &fresh)
	if fresh.ID != string(o.ID) || fresh.State != "open" || fresh.ExpiresInMs > 24*time.Hour.Milliseconds() || fresh.ExpiresInMs < 23*time.Hour.Milliseconds() {
		t.Errorf("renewed are %s, %s, for %d ms", fresh.ID, fresh.State, fresh.ExpiresInMs)
	}
	o.Token = fresh.Token
	parts = append(parts, a.UploadPart(t, o, 2, apitest.Noise(77)))
	renew(o.Token, o.Token).Problem(t, 403, "wrong-credential")
	renew(a.APIKey, o.Token).Want(t, 200) // it need not have ended
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size + 77}).Want(t, 200)
	renew(a.Grant(t, "ann"), o.Token).Want(t, 200).Into(t, &fresh)
	if fresh.State != "completed" {
		t.Errorf("the session is %s", fresh.State)
	}
}

func TestATokenIsRenewedAfterTheStoreForgot(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(77))
	a.Store.Forget()
	a.Later(25 * time.Hour)
	var fresh struct{ Token string }
	a.Call(t, "POST", path(o, "/token"), a.Grant(t, "ann"), map[string]any{"token": o.Token}).Want(t, 200).Into(t, &fresh)
	a.Call(t, "POST", path(o, "/complete"), fresh.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
}

// The token of apitest lives 24 hours, so its last quarter are 6.
func TestATokenIsExtendedInAnswersBeforeItEnds(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	type answer struct {
		Token       string
		ExpiresInMs int64 `json:"expires_in_ms"`
	}
	call := func(method, rest, bearer string, body any) (got answer) {
		t.Helper()
		a.Call(t, method, path(o, rest), bearer, body).Want(t, 200).Into(t, &got)
		return got
	}
	a.Later(18*time.Hour - time.Minute)
	for name, got := range map[string]answer{"a heartbeat": call("POST", "/parts", o.Token, map[string]any{}), "a look": call("GET", "", o.Token, nil)} {
		if got != (answer{}) {
			t.Errorf("with a quarter of its life left it is extended in the answer to %s", name)
		}
	}
	a.Later(2 * time.Minute)
	beat, look := call("POST", "/parts", o.Token, map[string]any{}), call("GET", "", o.Token, nil)
	for name, got := range map[string]answer{"a heartbeat": beat, "a look": look} {
		if hours := time.Duration(got.ExpiresInMs) * time.Millisecond; got.Token == "" || hours > 24*time.Hour || hours < 24*time.Hour-time.Minute {
			t.Errorf("the answer to %s has a token that lives %s more", name, hours)
		}
	}
	if got := call("GET", "", a.APIKey, nil); got != (answer{}) {
		t.Error("who asks without the session's token is given one")
	}

	a.Later(6 * time.Hour) // past the end of the first
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Problem(t, 401, "token-expired")
	o.Token = beat.Token
	parts, size := a.Upload(t, o, apitest.Noise(77))
	a.Later(16 * time.Hour)
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	if got := call("GET", "", o.Token, nil); got != (answer{}) {
		t.Error("the token of a session that is over is extended")
	}
}

// The token is all that is left of a session when Redis is lost.
func TestAExtendedTokenRebuildsItsSession(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", map[string]any{"name": "Küche", "max_bytes": 20 * mib})
	parts, size := a.Upload(t, o, apitest.Noise(77))
	a.Later(19 * time.Hour)
	var fresh struct{ Token string }
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Want(t, 200).Into(t, &fresh)
	a.Store.Forget()
	var seen struct {
		Owner, Name string
		MaxBytes    int64 `json:"max_bytes"`
	}
	a.Call(t, "GET", path(o, ""), fresh.Token, nil).Want(t, 200).Into(t, &seen)
	if seen.Owner != "ann" || seen.Name != "Küche" || seen.MaxBytes != 20*mib {
		t.Errorf("it comes back as %+v", seen)
	}
	a.Call(t, "POST", path(o, "/complete"), fresh.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
}
