package docsite_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"slipway"
	"slipway/api"
	"slipway/internal/docsite"
)

func build(t *testing.T) docsite.Files {
	t.Helper()
	files, err := docsite.Build(slipway.Pages, api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var (
	target = regexp.MustCompile(` (?:href|src)="([^"]*)"`)
	named  = regexp.MustCompile(` id="([^"]*)"`)
)

func TestEveryLinkOfTheSiteLeadsSomewhere(t *testing.T) {
	files, anchors, count := build(t), map[string]bool{}, 0
	for name, body := range files {
		for _, m := range named.FindAllSubmatch(body, -1) {
			anchors[name+"#"+string(m[1])] = true
		}
	}
	for name, body := range files {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, m := range target.FindAllSubmatch(body, -1) {
			u, err := url.Parse(strings.ReplaceAll(string(m[1]), "&amp;", "&"))
			if err != nil || u.Scheme != "" {
				continue
			}
			count++
			file := u.Path
			if file == "" {
				file = name
			}
			if _, ok := files[file]; !ok {
				t.Errorf("%s: there is no %s", name, u)
			}
			if u.Fragment != "" && !anchors[file+"#"+u.Fragment] {
				t.Errorf("%s: %s has no such anchor", name, u)
			}
		}
	}
	if count < 1000 {
		t.Errorf("only %d links are found", count)
	}
}

func TestTheSearchFindsEachHeadingByAPageThatIsThere(t *testing.T) {
	files := build(t)
	var index []struct{ Page, Heading, URL, Text string }
	if err := json.Unmarshal(files["search.json"], &index); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, e := range index {
		name, _, _ := strings.Cut(e.URL, "#")
		if _, ok := files[name]; !ok {
			t.Errorf("%q leads to %s", e.Heading, e.URL)
		}
		found[e.Heading] = true
	}
	for _, heading := range []string{"Start in five minutes", "What happens if Redis dies?", "POST /v1/sessions", "Session token"} {
		if !found[heading] {
			t.Errorf("%q is not in the index", heading)
		}
	}
}

func TestThePagesTellWhatTheContractSays(t *testing.T) {
	page := string(build(t)["api.html"])
	for _, want := range []string{`id="post-v1sessions"`, "<code>on_abandon</code>", "idempotency-key", `href="#grantrequest"`} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("the page of the HTTP API lacks %s", want)
		}
	}
}

// A style or a script in the HTML would not run: the policy forbids both.
func TestNoPageNeedsWhatItsPolicyForbids(t *testing.T) {
	files := build(t)
	forbidden := regexp.MustCompile(`<style|<script(?: [^>]*)?>[^<]|\sstyle="|\son[a-z]+="`)
	code := regexp.MustCompile(`(?s)<pre[^>]*>.*?</pre>|<code>.*?</code>`)
	for name, body := range files {
		if path.Ext(name) == ".html" {
			if m := forbidden.Find(code.ReplaceAll(body, nil)); m != nil {
				t.Errorf("%s has %q", name, m)
			}
		}
	}
	w := httptest.NewRecorder()
	files.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
		t.Errorf("the policy is %q", got)
	}
}

func TestNothingBesideTheSiteIsServed(t *testing.T) {
	for _, name := range []string{"/none.html", "/../go.mod", "/files/../../go.mod"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = name
		build(t).Handler().ServeHTTP(w, r)
		if w.Code != 404 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
