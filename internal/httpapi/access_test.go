package httpapi_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

func TestEveryCallAsksForTheRightCredential(t *testing.T) {
	a := apitest.Start(t)
	mine, theirs := a.Open(t, "ann", nil), a.Open(t, "bob", nil)
	a.UploadPart(t, mine, 1, apitest.Noise(10))
	_, share, _ := strings.Cut(mine.WatchURL, "#")
	_, foreignShare, _ := strings.Cut(theirs.WatchURL, "#")
	bearers := map[string]string{
		"nothing": "", "nonsense": "hello", "another kind of key": "sk_AAAA",
		"her token": mine.Token, "his token": theirs.Token, "her grant": a.Grant(t, "ann"), "his grant": a.Grant(t, "bob"),
		"her share": share, "another share": foreignShare, "an API key": a.APIKey,
		"her token cut short": mine.Token[:len(mine.Token)-2],
		"her token changed":   strings.Replace(mine.Token, ".", "A.", 1),
		"a grant as a token":  "st_" + strings.TrimPrefix(a.Grant(t, "ann"), "gr_"),
	}
	open := map[string]any{"content_type": "video/webm"}
	id := string(mine.ID)
	cases := []struct {
		name, method, path string
		body               any
		ok                 string // bearers that get past, space separated
		notFound           string // bearers that are told no more than "unknown"
	}{
		{"mint a grant", "POST", "/v1/grants", map[string]any{"owner": "x"}, "an API key", ""},
		{"read the grant", "POST", "/v1/grants/mine", nil, "her grant,his grant", ""},
		{"open", "POST", "/v1/sessions", open, "an API key,her grant,his grant", ""},
		{"list", "GET", "/v1/sessions", nil, "an API key", ""},
		{"get", "GET", "/v1/sessions/" + id, nil, "an API key,her token,her grant", "his grant"},
		{"parts", "POST", "/v1/sessions/" + id + "/parts", map[string]any{}, "her token", ""},
		{"poster", "POST", "/v1/sessions/" + id + "/poster", map[string]any{"size": 1}, "her token", ""},
		{"renew", "POST", "/v1/sessions/" + id + "/token", map[string]any{"token": mine.Token}, "an API key,her grant", "his grant"},
		{"salvage", "POST", "/v1/sessions/" + id + "/salvage", nil, "an API key", ""},
		{"orphans", "GET", "/v1/orphans?limit=1", nil, "an API key", ""},
		{"abort an orphan", "DELETE", "/v1/orphans/a?key=recordings/a", nil, "an API key", ""},
		{"recording", "GET", "/v1/recordings/" + id, nil, "an API key,her token,her grant,her share", "his grant"},
		{"title", "PATCH", "/v1/recordings/" + id, map[string]any{"title": "x"}, "an API key,her grant", "his grant"},
		{"captions", "POST", "/v1/recordings/" + id + "/captions", map[string]any{"size": 1}, "an API key,her grant", "his grant"},
		{"make a link", "POST", "/v1/recordings/" + id + "/links", map[string]any{}, "an API key,her token,her grant", "his grant"},
		{"revoke the links", "DELETE", "/v1/recordings/" + id + "/links", nil, "an API key,her grant", "his grant"},
		{"delete the recording", "DELETE", "/v1/recordings/" + id, nil, "an API key,her grant", "his grant"},
	}
	for _, c := range cases {
		for name, bearer := range bearers {
			t.Run(c.name+" with "+name, func(t *testing.T) {
				answer := a.Call(t, c.method, c.path, bearer, c.body)
				refused := answer.Status == 401 || answer.Status == 403
				has := func(list string) bool { return strings.Contains(","+list+",", ","+name+",") }
				switch {
				case has(c.notFound):
					answer.Problem(t, 404, "unknown-session")
				case has(c.ok) && refused:
					t.Errorf("it was refused: %s", answer.Body)
				case !has(c.ok) && !refused:
					t.Errorf("it got past, with status %d", answer.Status)
				}
			})
		}
	}
}

func TestEveryCallAsksForTheRightScope(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	secrets := map[session.Scope]string{}
	var keys []access.APIKey
	for _, scope := range session.AllScopes {
		key, secret := access.NewAPIKey(string(scope), scope)
		keys, secrets[scope] = append(keys, key), secret
	}
	keyring, err := access.NewKeyring(keys, [][]byte{make([]byte, access.MinTokenKey)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a = apitest.Start(t, func(c *httpapi.Config) { c.Access = keyring })
	for _, c := range []struct {
		method, path string
		body         any
		scopes       []session.Scope
	}{
		{"POST", "/v1/grants", map[string]any{"owner": "x"}, []session.Scope{session.ScopeGrants}},
		{"POST", "/v1/sessions", map[string]any{"content_type": "video/webm"}, []session.Scope{session.ScopeSessions}},
		{"GET", "/v1/sessions", nil, []session.Scope{session.ScopeOps}},
		{"GET", path(o, ""), nil, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"DELETE", path(o, ""), nil, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"POST", path(o, "/salvage"), nil, []session.Scope{session.ScopeOps}},
		{"POST", path(o, "/token"), map[string]any{"token": o.Token}, []session.Scope{session.ScopeSessions}},
		{"GET", "/v1/recordings/" + string(o.ID), nil, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"PATCH", "/v1/recordings/" + string(o.ID), map[string]any{"title": "x"}, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"POST", "/v1/recordings/" + string(o.ID) + "/captions", map[string]any{"size": 1}, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"POST", "/v1/recordings/" + string(o.ID) + "/links", map[string]any{}, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"DELETE", "/v1/recordings/" + string(o.ID) + "/links", nil, []session.Scope{session.ScopeSessions, session.ScopeOps}},
		{"GET", "/v1/orphans?limit=1", nil, []session.Scope{session.ScopeOps}},
		{"DELETE", "/v1/orphans/a?key=recordings/a", nil, []session.Scope{session.ScopeOps}},
		{"GET", "/v1/events", nil, nil}, // whom it admits it keeps: see TestEventsAsTheyHappen
	} {
		for scope, secret := range secrets {
			allowed := slices.Contains(c.scopes, scope)
			if c.path == "/v1/events" && scope == session.ScopeOps {
				continue
			}
			answer := a.Call(t, c.method, c.path, secret, c.body)
			if refused := answer.Status == 403 && strings.Contains(string(answer.Body), `"scope"`); refused == allowed {
				t.Errorf("%s %s with a key for %s is answered with %d: %s", c.method, c.path, scope, answer.Status, answer.Body)
			}
		}
	}
}

func TestCredentialsEnd(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	o := a.Open(t, "ann", nil)
	a.Later(time.Hour - time.Second)
	a.Call(t, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm"}).Want(t, 201)
	a.Later(time.Second)
	a.Call(t, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm"}).Problem(t, 401, "grant-expired")
	a.Later(22*time.Hour + 59*time.Minute)
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Want(t, 200)
	a.Later(time.Minute)
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Problem(t, 401, "token-expired")
}

func TestAGrantBoundsWhatItOpens(t *testing.T) {
	a := apitest.Start(t)
	var minted struct{ Grant string }
	a.Call(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": "ann", "max_bytes": 7 * mib, "content_types": []string{"audio/*"}}).Want(t, 201).Into(t, &minted)
	open := func(body map[string]any) apitest.Answer {
		return a.Call(t, "POST", "/v1/sessions", minted.Grant, body)
	}
	open(map[string]any{"content_type": "video/webm"}).Problem(t, 403, "content-type-not-allowed")
	open(map[string]any{"content_type": "audio/webm", "max_bytes": 7*mib + 1}).Problem(t, 400, "out-of-range")
	open(map[string]any{"content_type": "audio/webm", "size": 7*mib + 1}).Problem(t, 400, "out-of-range")
	open(map[string]any{"content_type": "audio/webm", "owner": "bob"}).Problem(t, 400, "owner-from-grant")
	var o apitest.Opened
	open(map[string]any{"content_type": "audio/webm"}).Want(t, 201).Into(t, &o)
	if o.MaxParts != 2 || o.MaxBytes != 7*mib {
		t.Errorf("it may use %d parts and %d bytes; want 2 and 7 MiB", o.MaxParts, o.MaxBytes)
	}
	sign := func(number, size int) apitest.Answer {
		return a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"sign": []any{map[string]any{"number": number, "size": size}}})
	}
	sign(2, 2*mib).Want(t, 200)
	if p := sign(2, 2*mib+1).Problem(t, 400, "max-bytes"); p.Limit != 2*mib || p.Field != "sign[0].size" {
		t.Errorf("the limit named is %d of %s; want 2 MiB of sign[0].size", p.Limit, p.Field)
	}
	sign(3, 1).Problem(t, 400, "max-bytes")
}

func TestThePageGrantIsForThePageAlone(t *testing.T) {
	a := apitest.Start(t)
	a.CallRaw(t, "POST", "/page/grant", "", "").Problem(t, 404, "no-such-path") // production
	a.CallRaw(t, "GET", "/check", "", "").Problem(t, 404, "no-such-path")
	a = apitest.Start(t, func(c *httpapi.Config) {
		c.PageGrant = func(string) session.Grant { return session.Grant{Owner: "dev", ExpiresAt: time.Now().Add(time.Hour)} }
	})
	a.CallRaw(t, "POST", "/page/grant", "", "", "Origin", "https://broker.example").Want(t, 201)
	a.CallRaw(t, "GET", "/check", "", "").Want(t, 200)
	a.CallRaw(t, "POST", "/page/grant", "", "", "Origin", "http://evil.example").Problem(t, 403, "origin")
}

func TestOnlyNamedOriginsMayCall(t *testing.T) {
	a := apitest.Start(t)
	for origin, allowed := range map[string]bool{apitest.Origin: true, "https://evil.example": false, "https://app.example.evil.example": false, "null": false} {
		answer := a.CallRaw(t, "OPTIONS", "/v1/sessions", "", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
		if got := answer.Header.Get("Access-Control-Allow-Origin"); (got == origin) != allowed {
			t.Errorf("a page on %s is answered with Access-Control-Allow-Origin %q", origin, got)
		}
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	o := a.Open(t, "ann", map[string]any{"sign": []any{map[string]any{"number": 1, "size": 5}}})
	_, share, _ := strings.Cut(o.WatchURL, "#")
	parts, size := a.Upload(t, o, apitest.Noise(5))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Want(t, 200)
	a.CallRaw(t, "GET", "/v1/sessions/"+string(o.ID)+"?token="+o.Token, "", "").Want(t, 401)
	a.CallRaw(t, "GET", "/watch/"+string(o.ID)+"?s="+share, "", "")
	log := a.Log.String()
	if !strings.Contains(log, `"route":"/v1/sessions/:id/complete"`) || !strings.Contains(log, string(o.ID)) {
		t.Fatalf("the log does not tell what happened:\n%s", log)
	}
	for what, secret := range map[string]string{"a grant": grant, "a session token": o.Token, "a share token": share, "an API key": a.APIKey, "a signature": "X-Amz-Signature", "an S3 key": a.S3.SecretKey} {
		if strings.Contains(log, secret) {
			t.Errorf("%s is in the log", what)
		}
	}
}
