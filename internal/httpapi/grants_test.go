package httpapi_test

import (
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
)

// mint mints a grant for ann with fields besides.
func mint(t *testing.T, a *apitest.API, fields map[string]any) string {
	t.Helper()
	body := map[string]any{"owner": "ann"}
	for name, value := range fields {
		body[name] = value
	}
	var minted struct{ Grant string }
	a.Call(t, "POST", "/v1/grants", a.APIKey, body).Want(t, 201).Into(t, &minted)
	return minted.Grant
}

func TestAGrantForOneOriginCountsOnlyThere(t *testing.T) {
	a := apitest.Start(t)
	const app = "https://app.example"
	grant := mint(t, a, map[string]any{"origin": app})
	open := map[string]any{"content_type": "video/webm"}
	var o apitest.Opened
	a.Call(t, "POST", "/v1/sessions", grant, open, "Origin", app).Want(t, 201).Into(t, &o)
	token := map[string]any{"token": o.Token}
	for _, origin := range []string{"", "null", "https://evil.example", "http://app.example", "https://app.example.evil.example", "https://app.example:8443", app + "/", "HTTPS://APP.EXAMPLE"} {
		var headers []string
		if origin != "" {
			headers = []string{"Origin", origin}
		}
		call := func(method, path string, body any) {
			t.Helper()
			a.Call(t, method, path, grant, body, headers...).Problem(t, 403, "origin")
		}
		call("POST", "/v1/sessions", open)
		call("GET", path(o, ""), nil)
		call("POST", path(o, "/token"), token)
		call("GET", "/v1/recordings/"+string(o.ID), nil)
		call("DELETE", "/v1/recordings/"+string(o.ID), nil)
		call("DELETE", "/v1/recordings/"+string(o.ID)+"/links", nil)
	}
	a.Call(t, "POST", path(o, "/token"), grant, token, "Origin", app).Want(t, 200)
	a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200) // the session's token is not bound
}

func TestAGrantsBoundsHaveTheirRanges(t *testing.T) {
	a := apitest.Start(t)
	for _, c := range []struct {
		field  string
		value  any
		reason string // empty: it is minted
	}{
		{"max_open_sessions", -1, "out-of-range"},
		{"max_open_sessions", 1, ""},
		{"max_open_sessions", 100_000, ""},
		{"max_open_sessions", 100_001, "out-of-range"},
		{"max_open_sessions", 1.5, "wrong-type"},
		{"origin", "https://app.example", ""},
		{"origin", "capacitor://localhost", ""},
		{"origin", "https://" + strings.Repeat("a", 255-8), ""},
		{"origin", "https://" + strings.Repeat("a", 256-8), "bad-origin"},
		{"origin", "https://app.example/", "bad-origin"},
		{"origin", "https://app.example:443", "bad-origin"},
		{"origin", "https://App.example", "bad-origin"},
		{"origin", "https://bücher.example", "bad-origin"},
		{"origin", "null", "bad-origin"},
		{"origin", "*", "bad-origin"},
	} {
		answer := a.CallBad(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": "ann", c.field: c.value})
		if c.reason == "" {
			answer.Want(t, 201)
		} else if p := answer.Problem(t, 400, c.reason); p.Field != c.field {
			t.Errorf("%s %v: the field at fault is %q", c.field, c.value, p.Field)
		}
	}
}

func TestAGrantBoundsWhatItsOwnerHasOpen(t *testing.T) {
	a := apitest.Start(t)
	open := map[string]any{"content_type": "video/webm"}
	a.Call(t, "POST", "/v1/sessions", mint(t, a, nil), open).Want(t, 201) // by whatever grant
	two := mint(t, a, map[string]any{"max_open_sessions": 2})
	var o apitest.Opened
	a.Call(t, "POST", "/v1/sessions", two, open).Want(t, 201).Into(t, &o)
	if p := a.Call(t, "POST", "/v1/sessions", two, open).Problem(t, 429, "open-sessions"); p.Limit != 2 {
		t.Errorf("the limit named is %d, want 2", p.Limit)
	}
	a.Call(t, "DELETE", path(o, ""), o.Token, nil).Want(t, 200)
	a.Call(t, "POST", "/v1/sessions", two, open).Want(t, 201)
}
