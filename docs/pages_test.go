package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a Markdown file that people read.
type page struct {
	name string // as seen from the repository's root
	text string
}

// pages are those of docs, the ones at the root and what stands beside code.
func pages(t *testing.T) (all []page) {
	t.Helper()
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "*.md", "kit/*/README.md", "deploy/*/README.md"} {
		found, err := filepath.Glob("../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages (%v)", pattern, len(found), err)
		}
		for _, file := range found {
			all = append(all, page{strings.TrimPrefix(filepath.ToSlash(file), "../"), string(read(t, file))})
		}
	}
	return all
}

// generated pages are written by a program, which says so in their first line.
func (p page) generated() bool {
	return strings.HasPrefix(p.text, "<!--") || strings.HasPrefix(p.name, "docs/benchmarks/")
}

// prose is the page's lines, those of code blocks empty, so that numbers of
// lines stay.
func (p page) prose() []string {
	lines, code := strings.Split(p.text, "\n"), false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if fence || code {
			lines[i] = ""
		}
		code = code != fence
	}
	return lines
}

var (
	codeSpan   = regexp.MustCompile("`[^`]+`")
	linkTarget = regexp.MustCompile(`\]\([^)]*\)`)
)

// words is the page's text without code and without the targets of links.
func (p page) words() string {
	text := codeSpan.ReplaceAllString(strings.Join(p.prose(), "\n"), "")
	return linkTarget.ReplaceAllString(text, "]")
}
