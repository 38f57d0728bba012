package web_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"slipway/api"
	"slipway/web"
)

// maxCompressed is what a script may weigh on its way to a page, in bytes.
var maxCompressed = map[string]int{"recorder.js": 80_000, "element.js": 110_000, "player.js": 20_000}

func bundled(t *testing.T) web.Site {
	t.Helper()
	site, err := web.Bundle(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func asset(t *testing.T, site web.Site, name string) web.Asset {
	t.Helper()
	got, err := site.Asset(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return got
}

func TestEachScriptIsOneFile(t *testing.T) {
	site := bundled(t)
	for name, most := range maxCompressed {
		script := asset(t, site, name)
		if found := regexp.MustCompile(`\bfrom"|\bimport\(|import"`).Find(script.Body); found != nil {
			t.Errorf("%s asks for another file: %s", name, found)
		}
		t.Logf("%s: %d bytes, compressed %d", name, len(script.Body), len(script.Gzip))
		if len(script.Gzip) > most {
			t.Errorf("%s has %d bytes compressed, more than %d", name, len(script.Gzip), most)
		}
	}
}

// An application that imports both would record with two recorders otherwise.
func TestThePackedElementImportsTheRecorderFromBesideIt(t *testing.T) {
	made, err := web.OverRecorder(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	if code := string(made["element.js"]); !strings.Contains(code, `from"./recorder.js"`) || strings.Contains(code, "class Recording ") {
		t.Error("element.js has a recorder of its own")
	}
}

// The Worker from the second file is the very one inside recorder.js.
func TestTheRecorderNamesTheWorkerOfItsOwnVersion(t *testing.T) {
	site := bundled(t)
	name := regexp.MustCompile(`worker\.[0-9a-f]{16}\.js`).Find(asset(t, site, "recorder.js").Body)
	worker := asset(t, site, string(name))
	if !worker.Immutable || string(worker.Body) != string(asset(t, site, "worker.js").Body) {
		t.Errorf("%s is not worker.js for good", name)
	}
}

func TestAPageHasItsScriptAndItsStyleInside(t *testing.T) {
	for _, name := range []string{"record", "watch", "ops", "check"} {
		page, err := bundled(t).Page(name)
		if err != nil {
			t.Fatal(err)
		}
		html := string(page.Body)
		if strings.Contains(html, `="/web/`) || strings.Count(html, "<script") != 1 || strings.Count(html, "<style>") != 1 {
			t.Errorf("the %s page names a file, or has not one script and one style", name)
		}
		if strings.Count(html, "</script>") != 1 || strings.Count(html, "</style>") != 1 {
			t.Errorf("the script or the style of the %s page ends too early", name)
		}
	}
}

func TestAnotherVersionHasAnotherNameForGood(t *testing.T) {
	other := fstest.MapFS{}
	if err := fs.WalkDir(web.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			body, _ := fs.ReadFile(web.Files, path)
			other[path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(body), web.Version, "9.9.9"))}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	newer, err := web.Bundle(other)
	if err != nil {
		t.Fatal(err)
	}
	older := asset(t, bundled(t), "recorder.js")
	if _, err := newer.Asset("recorder." + older.ETag + ".js"); err == nil {
		t.Error("a broker of another version has the old file under its name")
	}
}

func TestABrokenModuleIsAnErrorThatNamesIt(t *testing.T) {
	broken := fstest.MapFS{"worker.js": {Data: []byte("import './nowhere.js';")}}
	if _, err := web.Bundle(broken); err == nil || !strings.Contains(err.Error(), "nowhere.js") {
		t.Errorf("the error is %v", err)
	}
}

// package.json has the version; each other place that says it is here.
func TestEveryPlaceSaysTheSameVersion(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	module, err := fs.ReadFile(web.Files, "base/version.js")
	if err != nil {
		t.Fatal(err)
	}
	for place, c := range map[string]struct{ text, pattern string }{
		"base/version.js":   {string(module), `VERSION = '([^']+)'`},
		"package-lock.json": {string(lock), `"version": "([^"]+)"`},
		"api/openapi.yaml":  {string(api.OpenAPI), `(?m)^  version: (.+)$`},
	} {
		said := regexp.MustCompile(c.pattern).FindStringSubmatch(c.text)
		if said == nil || said[1] != web.Version {
			t.Errorf("%s says %q, and package.json %s", place, said, web.Version)
		}
	}
}
