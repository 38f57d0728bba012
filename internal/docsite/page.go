package docsite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// noTime makes ServeContent leave out Last-Modified.
var noTime time.Time

var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png",
}

// page is a Markdown file on its way to HTML.
type page struct {
	source   string // its path in the repository
	file     string // of its HTML
	title    string
	body     string
	headings []heading
	attached []string // pictures and data that it links to, by their path in the repository
	text     []string // plain text under each heading; the first is before all of them
}

type heading struct {
	Level int
	Text  string
	ID    string
}

func (p *page) topHeadings() (top []heading) {
	for _, h := range p.headings {
		if h.Level == 2 {
			top = append(top, h)
		}
	}
	return top
}

// markdown reads what GitHub reads. Tables say their alignment in an attribute,
// because the site's policy forbids styles in HTML. HTML in a page stays: the
// pages are ours.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.Linkify),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe()),
)

func readPages(from fs.FS, openAPI []byte) (all []*page, err error) {
	sources := map[string][]byte{}
	err = fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".md" {
			return err
		}
		sources[name], err = fs.ReadFile(from, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if sources[apiPage], err = reference(openAPI); err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	for _, name := range sorted(sources) {
		p, err := read(name, sources[name], func(target string) bool { return sources[target] != nil }, from)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// read makes HTML of one page. known says whether another page exists.
func read(name string, source []byte, known func(string) bool, from fs.FS) (*page, error) {
	p := &page{source: name, file: fileOf(name), text: []string{""}}
	context := parser.NewContext(parser.WithIDs(&ids{taken: map[string]bool{}}))
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(context))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			id, _ := n.AttributeString("id")
			h := heading{Level: n.Level, Text: plain(n, source), ID: string(id.([]byte))}
			if p.title == "" {
				p.title = h.Text
			}
			p.headings = append(p.headings, h)
			p.text = append(p.text, "")
		case *ast.Link:
			if to, ok := p.link(string(n.Destination), known, from); ok {
				n.Destination = []byte(to)
			} else {
				p.unlink(n)
			}
		case *ast.Image:
			n.Destination = []byte(p.attach(string(n.Destination)))
		}
		p.text[len(p.text)-1] += words(n, source)
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	if p.title == "" {
		return nil, errors.New("the page has no heading")
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, source, doc); err != nil {
		return nil, err
	}
	p.body = wide(out.String())
	return p, nil
}

// wide lets what may be wider than the screen scroll by itself: tables, code and
// pictures. They take the focus, so that a keyboard can scroll them. A header
// without a word becomes a plain cell, because screen readers announce headers.
func wide(body string) string {
	return strings.NewReplacer(
		"<table>", `<div class="wide" tabindex="0"><table>`, "</table>", "</table></div>", "<th></th>", "<td></td>",
		"<pre>", `<pre tabindex="0">`, `<p><img src="files/pictures-`, `<p class="wide" tabindex="0"><img src="files/pictures-`,
	).Replace(body)
}

// link says where a link of the page leads in the site. It returns false if the
// target is a file of the repository that the site does not have.
func (p *page) link(target string, known func(string) bool, from fs.FS) (string, bool) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Path == "" {
		return target, err == nil
	}
	file := path.Join(path.Dir(p.source), u.Path)
	switch {
	case known(file):
		u.Path = fileOf(file)
		return u.String(), true
	case file == "api/openapi.yaml":
		return fileOf(apiPage), true
	}
	if _, err := fs.Stat(from, file); err != nil || mediaTypes[path.Ext(file)] == "" {
		return "", false
	}
	return p.attach(u.Path), true
}

func (p *page) attach(target string) string {
	file := path.Join(path.Dir(p.source), target)
	if !slices.Contains(p.attached, file) {
		p.attached = append(p.attached, file)
	}
	return attachment(file)
}

// unlink leaves the text of a link and takes the link away.
func (p *page) unlink(n *ast.Link) {
	parent, next := n.Parent(), ast.Node(nil)
	for child := n.FirstChild(); child != nil; child = next {
		next = child.NextSibling()
		parent.InsertBefore(parent, n, child)
	}
	n.Destination = nil
}

// plain is the text of a node and of all below it.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			b.WriteString(words(n, source))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// words are the text that a node itself has.
func words(n ast.Node, source []byte) string {
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Segment.Value(source))
		if n.SoftLineBreak() || n.HardLineBreak() {
			s += " "
		}
		return s
	case *ast.String:
		return string(n.Value)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		var b strings.Builder
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			b.Write(line.Value(source))
		}
		return " " + b.String()
	}
	if n.Type() == ast.TypeBlock {
		return " "
	}
	return ""
}

// ids gives headings the anchors that GitHub gives them, because the links in the
// pages are made for GitHub too.
type ids struct{ taken map[string]bool }

// Generate is part of parser.IDs.
func (s *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, string(value))
	id := slug
	for n := 1; s.taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", slug, n)
	}
	s.taken[id] = true
	return []byte(id)
}

// Put is part of parser.IDs.
func (s *ids) Put(value []byte) { s.taken[string(value)] = true }
