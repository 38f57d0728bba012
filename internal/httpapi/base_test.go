package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// under returns the addresses under which a broker at /slipway is reached: by
// itself, and through proxies that leave the path as it is or cut it.
func under(t *testing.T, a *apitest.API) map[string]string {
	t.Helper()
	broker, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL + "/slipway"
	}
	toBroker := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(broker) }}
	return map[string]string{
		"by itself": a.URL + "/slipway", "behind a proxy that keeps the path": proxy(toBroker), "behind a proxy that cuts the path": proxy(http.StripPrefix("/slipway", toBroker)),
	}
}

func TestABrokerServesUnderAPath(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) { c.PublicURL = "https://host.example/slipway" })
	o := a.Open(t, "ann", nil)
	if page, _, _ := strings.Cut(o.WatchURL, "#"); page != "https://host.example/slipway/watch/"+string(o.ID) {
		t.Errorf("the link is %s", page)
	}
	for how, base := range under(t, a) {
		t.Run(how, func(t *testing.T) {
			for path, kind := range map[string]string{
				"/": "text/html", "/ops": "text/html", "/watch/" + string(o.ID): "text/html", "/web/recorder.js": "text/javascript", "/web/worker.js": "text/javascript",
				"/healthz": "application/json", "/readyz": "application/json", "/openapi.yaml": "application/yaml",
			} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					if got := fetch(t, method, base+path); got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), kind) {
						t.Errorf("%s %s: %d %s", method, path, got.status, got.header.Get("Content-Type"))
					}
				}
			}
			if got := fetch(t, http.MethodGet, base+"/v1/sessions/"+string(o.ID), "Authorization", "Bearer "+o.Token); got.status != 200 {
				t.Errorf("the API: %d %s", got.status, got.body)
			}
			if got := fetch(t, http.MethodGet, base+"/v1/nothing"); got.status != 404 || !strings.Contains(string(got.body), "no-such-path") {
				t.Errorf("a path that does not exist: %d %s", got.status, got.body)
			}
		})
	}
	for _, base := range []string{a.URL + "/slipway", under(t, a)["behind a proxy that keeps the path"]} {
		if got := fetch(t, http.MethodGet, base); got.status != http.StatusPermanentRedirect || got.header.Get("Location") != "/slipway/" {
			t.Errorf("without a slash: %d to %q", got.status, got.header.Get("Location"))
		}
	}
	for _, path := range []string{"/slipwayx", "/slipwayx/healthz", "/slipway/slipway/healthz"} {
		if got := fetch(t, http.MethodGet, a.URL+path); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := fetch(t, http.MethodGet, a.URL+"/healthz"); got.status != 200 {
		t.Errorf("a probe that knows no path: %d", got.status)
	}
}

// A page at the broker's origin may ask for a grant, whatever the broker's path.
func TestThePageOfABrokerUnderAPathIsGivenAGrant(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) {
		c.PublicURL, c.PageGrant = "https://host.example/slipway", func(string) session.Grant { return grantOf("dev") }
	})
	for origin, status := range map[string]int{"https://host.example": 201, "https://other.example": 403} {
		if got := fetch(t, http.MethodPost, a.URL+"/slipway/page/grant", "Origin", origin); got.status != status {
			t.Errorf("a page at %s: %d", origin, got.status)
		}
	}
}
