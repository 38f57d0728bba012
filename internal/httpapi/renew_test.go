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
