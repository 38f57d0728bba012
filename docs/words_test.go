package docs_test

import (
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const columns = 100

// A line that is longer than a window is wide makes its reader scroll. Tables
// and code have to, and so has an address.
func TestProseFitsTheWindow(t *testing.T) {
	for _, p := range pages(t) {
		if p.generated() {
			continue
		}
		for i, line := range p.prose() {
			text := strings.TrimSpace(line)
			if utf8.RuneCountInString(line) > columns && !strings.HasPrefix(text, "|") && strings.Contains(text, " ") {
				t.Errorf("%s:%d has %d columns; %d are allowed", p.name, i+1, utf8.RuneCountInString(line), columns)
			}
		}
	}
}

// terms are the headings of the glossary.
func terms(t *testing.T) (all []string) {
	t.Helper()
	for line := range strings.Lines(string(read(t, "glossary.md"))) {
		if term, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			all = append(all, strings.ToLower(term))
		}
	}
	if len(all) < 11 {
		t.Fatalf("the glossary explains only %v", all)
	}
	return all
}

// Who reads one page alone has to find what its words mean.
func TestAPageLinksTheTermsItUses(t *testing.T) {
	for _, p := range pages(t) {
		if path.Dir(p.name) != "docs" || p.name == "docs/glossary.md" {
			continue
		}
		words := strings.ToLower(p.words())
		for _, term := range terms(t) {
			used := regexp.MustCompile(`\b` + term + `(s|d|ed)?\b`).MatchString(words)
			if link := "(glossary.md#" + slug(term) + ")"; used && !strings.Contains(p.text, link) {
				t.Errorf("%s says %q and has no %s", p.name, term, link)
			}
		}
	}
}
