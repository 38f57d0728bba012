package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
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

// A page runs the one script and the one style that it holds, byte for byte.
func TestAPageAllowsItsOwnScriptAndStyleAlone(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/", "/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw", "/ops"} {
		holdsWhatItAllows(t, a, path)
	}
}

// holdsWhatItAllows compares the hashes of a page's policy with what it holds.
func holdsWhatItAllows(t *testing.T, a *apitest.API, path string) {
	t.Helper()
	got, html := policy(t, a.URL+path), string(a.CallRaw(t, "GET", path, "", "").Body)
	for directive, tag := range map[string]string{"script-src": `(?s)<script type="module">(.*)</script>`, "style-src": `(?s)<style>(.*)</style>`} {
		inside := regexp.MustCompile(tag).FindStringSubmatch(html)
		if inside == nil {
			t.Fatalf("%s has nothing for %s", path, directive)
		}
		sum := sha256.Sum256([]byte(inside[1]))
		if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; got[directive] != want {
			t.Errorf("%s: %s is %s, not %s", path, directive, got[directive], want)
		}
	}
}

func TestEveryPageForbidsWhatItDoesNotNeed(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/", "/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw", "/ops"} {
		got := policy(t, a.URL+path)
		for name, want := range map[string]string{
			"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
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

// A page by the name of its file would stand under no policy: the ops page could
// be framed, and the key that is typed into it be had.
func TestAttackAPageByItsFile(t *testing.T) {
	a := apitest.Start(t)
	for _, page := range pageFiles(t) {
		for _, path := range []string{"/web/" + page, "/web/./" + page, "/web/disk/../" + page, "/web//" + page, "/web/" + strings.Replace(page, ".html", ".%68tml", 1)} {
			got := a.CallRaw(t, "GET", path, "", "")
			if policy := got.Header.Get("Content-Security-Policy"); got.Status != http.StatusNotFound || policy != "default-src 'none'; frame-ancestors 'none'" {
				t.Errorf("%s is answered with %d under the policy %q", path, got.Status, policy)
			}
		}
	}
}

// pageFiles is the file of each page.
func pageFiles(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(web.Files, "pages/*/*.html")
	if err != nil || len(files) < 3 {
		t.Fatalf("the pages are %v (%v)", files, err)
	}
	return files
}

// The policy would stop it in the browser, and the page with it.
func TestNoPageHoldsAScriptOrAStyle(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|<script(?:[^>]*)>[^<]|\s(?:style|on[a-z]+)=|javascript:`)
	for _, page := range pageFiles(t) {
		body, err := fs.ReadFile(web.Files, page)
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(body); found != nil {
			t.Errorf("%s holds %q", page, found)
		}
	}
}
