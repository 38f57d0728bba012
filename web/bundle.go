package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// Modules that the bundle replaces: one holds the Worker, the other the style of
// the elements.
const (
	workerModule = "recorder/worker-text.js"
	styleModule  = "pages/style-text.js"
	elementStyle = "pages/style.css"
)

// scripts are what pages import. Each is whole in itself, so that a page never
// mixes files of two versions.
var scripts = []string{"recorder.js", "element.js", "player.js"}

// Bundled is Files as one file for each errand: recorder.js with its Worker
// inside, worker.js for pages that forbid Workers from blob: URLs, and each page
// with its script and its style inside. So no browser ever mixes files of two
// versions, however many brokers of different versions stand behind one address.
//
// Bundling takes about 0.3 s of CPU, once in a process. It begins now, in the
// background; who asks for a file before the end waits for it.
func Bundled() Site {
	go bundled()
	return waiting{}
}

var bundled = sync.OnceValues(func() (Site, error) { return Bundle(Files) })

// waiting is the bundle, once it is there.
type waiting struct{}

func (waiting) Page(name string) (Page, error) {
	site, err := bundled()
	if err != nil {
		return Page{}, err
	}
	return site.Page(name)
}

func (waiting) Asset(path string) (Asset, error) {
	site, err := bundled()
	if err != nil {
		return Asset{}, err
	}
	return site.Asset(path)
}

// Bundle bundles a folder web/.
func Bundle(files fs.FS) (Site, error) {
	b := &bundle{files: files, assets: map[string]Asset{}, pages: map[string]Page{}}
	if err := b.addScripts(); err != nil {
		return nil, err
	}
	if err := b.addMessages(); err != nil {
		return nil, err
	}
	for _, name := range []string{"record", "watch", "ops", "check"} {
		if err := b.addPage(name); err != nil {
			return nil, fmt.Errorf("the %s page: %w", name, err)
		}
	}
	return b, nil
}

type bundle struct {
	files  fs.FS
	worker string // the module in place of workerModule
	sheet  string // the module in place of styleModule
	assets map[string]Asset
	pages  map[string]Page
}

func (b *bundle) Page(name string) (Page, error) {
	if page, ok := b.pages[name]; ok {
		return page, nil
	}
	return Page{}, fs.ErrNotExist
}

func (b *bundle) Asset(name string) (Asset, error) {
	if asset, ok := b.assets[name]; ok {
		return asset, nil
	}
	return Asset{}, fs.ErrNotExist
}

// addScripts bundles the Worker first, because recorder.js holds it.
func (b *bundle) addScripts() error {
	worker, err := b.script("worker.js", api.FormatIIFE)
	if err != nil {
		return err
	}
	workerFile, err := b.addAsset("worker.js", worker)
	if err != nil {
		return err
	}
	text, err := json.Marshal(string(worker))
	if err != nil {
		return err
	}
	b.worker = fmt.Sprintf("export const workerText = %s;\nexport const workerFile = %q;\n", text, workerFile)

	css, err := b.style(elementStyle)
	if err != nil {
		return err
	}
	if text, err = json.Marshal(string(css)); err != nil {
		return err
	}
	b.sheet = fmt.Sprintf("export const styleText = %s;\n", text)

	for _, name := range scripts {
		code, err := b.script(name, api.FormatESModule)
		if err != nil {
			return err
		}
		if _, err := b.addAsset(name, code); err != nil {
			return err
		}
	}
	return nil
}

// addMessages serves what elements and pages say, by language. English is in
// each script.
func (b *bundle) addMessages() error {
	names, err := fs.Glob(b.files, "messages/*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(b.files, name)
		if err != nil {
			return err
		}
		if b.assets[name], err = compressed(name, text); err != nil {
			return err
		}
	}
	return nil
}

// addAsset serves body under its name, and for good under a name with its
// hash, which it returns.
func (b *bundle) addAsset(name string, body []byte) (string, error) {
	asset, err := compressed(name, body)
	if err != nil {
		return "", err
	}
	b.assets[name] = asset
	hashed := strings.TrimSuffix(name, ".js") + "." + asset.ETag + ".js"
	asset.Immutable = true
	b.assets[hashed] = asset
	return hashed, nil
}

var (
	styleTag  = regexp.MustCompile(`<link rel="stylesheet" href="/web/([^"]+)">\n`)
	scriptTag = regexp.MustCompile(`<script type="module" src="/web/([^"]+)"></script>`)
)

// addPage puts the script and the styles of a page into its HTML. A page that
// names them by address could get them from a broker of another version.
func (b *bundle) addPage(name string) error {
	html, err := fs.ReadFile(b.files, pageFile(name))
	if err != nil {
		return err
	}
	script, style := scriptTag.FindAllSubmatch(html, -1), styleTag.FindAllSubmatch(html, -1)
	if len(script) != 1 || len(style) == 0 {
		return fmt.Errorf("it has %d scripts and %d styles, and not one and some", len(script), len(style))
	}
	code, err := b.script(string(script[0][1]), api.FormatESModule)
	if err != nil {
		return err
	}
	var files []string
	for _, link := range style {
		files = append(files, string(link[1]))
	}
	css, err := b.style(files...)
	if err != nil {
		return err
	}
	text := strings.Replace(string(html), string(script[0][0]), `<script type="module">`+string(code)+`</script>`, 1)
	text = strings.Replace(text, string(style[0][0]), "<style>"+string(css)+"</style>\n", 1)
	text = styleTag.ReplaceAllString(text, "")
	asset, err := compressed(pageFile(name), []byte(text))
	b.pages[name] = Page{Asset: asset, Script: policyHash(code), Style: policyHash(css)}
	return err
}

// policyHash is the source by which a policy allows one inline script or style
// (https://www.w3.org/TR/CSP3/#grammardef-hash-source, read 2026-11-29).
func policyHash(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (b *bundle) style(files ...string) ([]byte, error) {
	var all strings.Builder
	for _, file := range files {
		css, err := fs.ReadFile(b.files, file)
		if err != nil {
			return nil, err
		}
		all.Write(css)
	}
	done := api.Transform(all.String(), api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true})
	return done.Code, failure(done.Errors)
}

// script bundles one entry. Names stay as they are, so that a stack trace that a
// user sends can be read.
// Imports of the files in apart stay as they are.
func (b *bundle) script(entry string, format api.Format, apart ...string) ([]byte, error) {
	done := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: format, Target: api.ES2022, Platform: api.PlatformBrowser,
		MinifyWhitespace: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone, Charset: api.CharsetUTF8,
		LogLevel: api.LogLevelSilent, Plugins: []api.Plugin{{Name: "web", Setup: func(build api.PluginBuild) { b.resolve(build, apart) }}},
	})
	if err := failure(done.Errors); err != nil {
		return nil, fmt.Errorf("%s: %w", entry, err)
	}
	return done.OutputFiles[0].Contents, nil
}

// resolve has esbuild read from files, whose paths begin at web/. What is apart
// lies beside the entry, or is a package's name.
func (b *bundle) resolve(build api.PluginBuild, apart []string) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		if a.Kind != api.ResolveEntryPoint && slices.Contains(apart, path.Base(a.Path)) && (!strings.HasPrefix(a.Path, ".") || path.Dir(path.Join(path.Dir(a.Importer), a.Path)) == ".") {
			return api.OnResolveResult{Path: beside(a.Path), External: true}, nil
		}
		return api.OnResolveResult{Path: path.Join(path.Dir(a.Importer), a.Path), Namespace: "web"}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "web"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
		switch a.Path {
		case workerModule:
			return api.OnLoadResult{Contents: &b.worker}, nil
		case styleModule:
			return api.OnLoadResult{Contents: &b.sheet}, nil
		}
		code, err := fs.ReadFile(b.files, a.Path)
		text, loader := string(code), api.LoaderJS
		if path.Ext(a.Path) == ".json" {
			loader = api.LoaderJSON
		}
		return api.OnLoadResult{Contents: &text, Loader: loader}, err
	})
}

// beside is the path of a file in the same folder, or a package's name as it is.
func beside(name string) string {
	if strings.HasPrefix(name, ".") {
		return "./" + path.Base(name)
	}
	return name
}

// OverRecorder bundles, for the npm package, what stands over recorder.js and
// imports it from beside: an application has the recorder once.
func OverRecorder(files fs.FS) (map[string][]byte, error) {
	b := &bundle{files: files, assets: map[string]Asset{}}
	err := b.addScripts()
	if err != nil {
		return nil, err
	}
	made := map[string][]byte{}
	for name, apart := range map[string][]string{"element.js": {"recorder.js"}, "react.js": {"recorder.js", "element.js", "react"}, "player.js": nil} {
		if made[name], err = b.script(name, api.FormatESModule, apart...); err != nil {
			return nil, err
		}
	}
	made["react.js"] = append([]byte("\"use client\";\n"), made["react.js"]...) // for Next.js: hooks run in browsers
	return made, nil
}

func failure(messages []api.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return fmt.Errorf("esbuild: %s", messages[0].Text)
}
