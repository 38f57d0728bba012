// Package docsite makes a site of the Markdown pages and of the HTTP contract:
// a folder of static files with a menu and a search. docs/site writes the folder,
// and broker-dev serves it under /docs.
package docsite

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Files is the site: each file by its name, such as "recorder.html". All links
// are relative, so the folder can be served under any path.
type Files map[string][]byte

//go:embed page.html docs.css docs.js
var own embed.FS

var layout = template.Must(template.ParseFS(own, "page.html"))

// section is a heading of the menu and the pages under it.
type section struct {
	Title string
	Pages []string // Markdown files, by their path in the repository
}

// menu has the pages in the order in which a newcomer needs them. A page that it
// does not name comes last, under More.
var menu = []section{
	{"Start", []string{"docs/start.md", "docs/concepts.md", "docs/questions.md", "docs/glossary.md"}},
	{"Build", []string{"docs/embed.md", "docs/recorder.md", "docs/mobile.md", "docs/protocol.md", apiPage, "docs/webhooks.md", "docs/links.md", "docs/uppy.md"}},
	{"Run", []string{"docs/ops.md", "docs/providers.md", "deploy/iam/README.md", "docs/upgrade.md", "docs/benchmarks.md"}},
	{"Trust", []string{"docs/security.md", "docs/reliability.md", "docs/decisions.md"}},
}

// Build makes the site of the Markdown files in pages and of an OpenAPI document.
// The error names the first page that cannot be read.
func Build(pages fs.FS, openAPI []byte) (Files, error) {
	all, err := readPages(pages, openAPI)
	if err != nil {
		return nil, err
	}
	files, err := pictures(pages, all)
	if err != nil {
		return nil, err
	}
	var index []entry
	for _, p := range all {
		index = append(index, p.entries()...)
	}
	if files["search.json"], err = searchable(index); err != nil {
		return nil, err
	}
	for _, name := range []string{"docs.css", "docs.js"} {
		if files[name], err = own.ReadFile(name); err != nil {
			return nil, err
		}
	}
	for _, p := range all {
		var out bytes.Buffer
		if err := layout.Execute(&out, view{Title: p.title, Body: template.HTML(p.body), Menu: menuFor(p, all)}); err != nil {
			return nil, fmt.Errorf("%s: %w", p.source, err)
		}
		files[p.file] = out.Bytes()
	}
	files["index.html"] = files[fileOf(menu[0].Pages[0])]
	return files, nil
}

// view is what the template shows.
type view struct {
	Title string
	Body  template.HTML
	Menu  []menuSection
}

type menuSection struct {
	Title string
	Items []menuItem
}

type menuItem struct {
	Title, File string
	Current     bool
	Headings    []heading // of the current page
}

// menuFor is the menu as a page shows it: with its own headings.
func menuFor(current *page, all []*page) (sections []menuSection) {
	left := slices.Clone(all)
	add := func(title string, pages []*page) {
		s := menuSection{Title: title}
		for _, p := range pages {
			item := menuItem{Title: p.title, File: p.file, Current: p == current}
			if item.Current {
				item.Headings = p.topHeadings()
			}
			s.Items = append(s.Items, item)
		}
		if len(s.Items) > 0 {
			sections = append(sections, s)
		}
	}
	for _, s := range menu {
		var pages []*page
		for _, source := range s.Pages {
			if i := slices.IndexFunc(left, func(p *page) bool { return p.source == source }); i >= 0 {
				pages = append(pages, left[i])
				left = slices.Delete(left, i, i+1)
			}
		}
		add(s.Title, pages)
	}
	add("More", left)
	return sections
}

// fileOf is the file of a page's HTML.
func fileOf(source string) string {
	name := strings.TrimPrefix(strings.TrimSuffix(source, ".md"), "docs/")
	if dir, base := path.Split(name); base == "README" {
		name = strings.TrimSuffix(dir, "/")
	}
	if !strings.Contains(source, "/") {
		name = "project-" + strings.TrimSuffix(source, ".md") // SECURITY.md is another page than docs/security.md
	}
	return strings.ToLower(strings.ReplaceAll(name, "/", "-")) + ".html"
}

// pictures are the images and data files that pages link to.
func pictures(from fs.FS, all []*page) (Files, error) {
	files := Files{}
	for _, p := range all {
		for _, name := range p.attached {
			body, err := fs.ReadFile(from, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.source, err)
			}
			files[attachment(name)] = body
		}
	}
	return files, nil
}

// attachment is the name of a picture in the site.
func attachment(source string) string {
	return "files/" + strings.ReplaceAll(strings.TrimPrefix(source, "docs/"), "/", "-")
}

// policy is the Content-Security-Policy of every file. It allows the site's own
// files and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the site at the root of its paths.
func (f Files) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if name == "" {
			name = "index.html"
		}
		body, ok := f[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", mediaTypes[path.Ext(name)])
		http.ServeContent(w, r, "", noTime, bytes.NewReader(body))
	})
}
