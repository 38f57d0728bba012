package httpapi_test

import (
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/web"
)

// policy fetches a page and returns its Content-Security-Policy by directive.
func policy(t *testing.T, url string) map[string]string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s (%v)", url, res.Status, err)
	}
	directives := map[string]string{}
	for directive := range strings.SplitSeq(res.Header.Get("Content-Security-Policy"), "; ") {
		name, value, _ := strings.Cut(directive, " ")
		directives[name] = value
	}
	return directives
}

func TestEveryPageForbidsWhatItDoesNotNeed(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/", "/watch/2c7qmtx4o3avbnkfz5yd6ueirlw2w", "/ops"} {
		got := policy(t, a.URL+path)
		for name, want := range map[string]string{
			"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
		} {
			if got[name] != want {
				t.Errorf("%s: %s is %q, not %q", path, name, got[name], want)
			}
		}
	}
}

// Whoever sees the ops page types an API key into it.
func TestTheOpsPageReachesTheBrokerAlone(t *testing.T) {
	got := policy(t, apitest.Start(t).URL+"/ops")
	if got["connect-src"] != "'self'" || got["require-trusted-types-for"] != "'script'" {
		t.Errorf("its policy is %q", got)
	}
	for _, name := range []string{"media-src", "worker-src", "frame-src", "object-src"} {
		if value, set := got[name]; set {
			t.Errorf("%s is %s", name, value)
		}
	}
}

// The policy would stop it in the browser, and the page with it.
func TestNoPageHoldsAScriptOrAStyle(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|<script(?:[^>]*)>[^<]|\s(?:style|on[a-z]+)=|javascript:`)
	pages, err := fs.Glob(web.Files, "pages/*.html")
	if err != nil || len(pages) < 3 {
		t.Fatalf("the pages are %v (%v)", pages, err)
	}
	for _, page := range pages {
		body, err := fs.ReadFile(web.Files, page)
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(body); found != nil {
			t.Errorf("%s holds %q", page, found)
		}
	}
}
