package httpapi_test

import (
	"net/http"
	"testing"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
)

// What each kind of answer carries; "" is not at all.
func TestEveryAnswerIsHardened(t *testing.T) {
	a := apitest.Start(t)
	const locked = "default-src 'none'; frame-ancestors 'none'"
	for path, own := range map[string]map[string]string{
		"/healthz":         {"Content-Security-Policy": locked, "Cross-Origin-Resource-Policy": "same-origin"},
		"/openapi.yaml":    {"Content-Security-Policy": locked, "Cross-Origin-Resource-Policy": "same-origin"},
		"/v1/sessions":     {"Content-Security-Policy": locked, "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"},
		"/nothing":         {"Content-Security-Policy": locked, "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"},
		"/web/recorder.js": {"Content-Security-Policy": "", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=60, must-revalidate"},
		"/ops":             {"Cross-Origin-Opener-Policy": "same-origin"},
		"/":                {"Cross-Origin-Opener-Policy": "same-origin"},
	} {
		got := a.CallRaw(t, "GET", path, "", "").Header
		for _, wanted := range []map[string]string{own, {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000", "Vary": "Origin", "Set-Cookie": "", "Server": ""}} {
			for name, want := range wanted {
				if got.Get(name) != want {
					t.Errorf("%s: %s is %q, not %q", path, name, got.Get(name), want)
				}
			}
		}
		if id := got.Get("X-Request-Id"); len(id) != 26 {
			t.Errorf("%s: the request is %q", path, id)
		}
	}
}

// A browser that was told to keep to https could not go back, and on localhost
// it would ask everything else there for it too.
func TestOnlyABrokerBehindTLSSaysSo(t *testing.T) {
	for publicURL, want := range map[string]string{"https://broker.example": "max-age=31536000", "http://broker.example": "", "https://localhost:8443": ""} {
		a := apitest.Start(t, func(c *httpapi.Config) { c.PublicURL = publicURL })
		if got := a.CallRaw(t, "GET", "/healthz", "", "").Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("%s: %q, not %q", publicURL, got, want)
		}
	}
}

func TestAStarAllowsEveryPageAndNoOtherWordDoes(t *testing.T) {
	for _, c := range []struct {
		allowed, origin string
		ok              bool
	}{
		{"*", "https://any.example", true}, {"https://*.example", "https://app.example", false}, {"https://app.example", "https://APP.example", false},
		{"https://app.example", "https://app.example:443", false}, {"https://app.example", "http://app.example", false}, {"https://app.example", "https://app.example", true},
		{"https://*.app.example", "https://eu.app.example", true}, {"https://*.app.example", "https://app.example", false}, {"https://*.app.example", "https://a.eu.app.example", false},
	} {
		a := apitest.Start(t, func(cfg *httpapi.Config) { cfg.Origins = []string{c.allowed} })
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			h := a.CallRaw(t, method, "/v1/sessions", "", "", "Origin", c.origin, "Access-Control-Request-Method", "POST").Header
			if got := h.Get("Access-Control-Allow-Origin"); (got != "") != c.ok || c.ok && got != c.origin && got != "*" {
				t.Errorf("%s of a page on %s where %s is allowed: %q", method, c.origin, c.allowed, got)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" || h.Values("Vary")[0] != "Origin" {
				t.Errorf("%s of a page on %s: credentials %q, Vary %q", method, c.origin, h.Get("Access-Control-Allow-Credentials"), h.Values("Vary"))
			}
		}
	}
}
