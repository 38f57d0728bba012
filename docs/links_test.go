package docs_test

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`^#{1,6} (.+)$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)">`)
)

// A reader who follows a link has to find what it names.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := map[string]page{}
	for _, p := range pages(t) {
		all[p.name] = p
	}
	count := 0
	for _, p := range all {
		for i, line := range p.prose() {
			for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
				count++
				if err := leads(p, m[1], all); err != nil {
					t.Errorf("%s:%d: %v", p.name, i+1, err)
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d links are found", count)
	}
}

// leads says whether a link on a page leads to a file that is there and, if it
// names an anchor of a page, to that.
func leads(from page, target string, all map[string]page) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" {
		return err
	}
	file := from.name
	if u.Path != "" {
		file = path.Join(path.Dir(from.name), u.Path)
	}
	if _, err := os.Stat("../" + file); err != nil {
		return fmt.Errorf("%s: there is no %s", target, file)
	}
	if to, known := all[file]; u.Fragment != "" && known && !to.anchors()[u.Fragment] {
		return fmt.Errorf("%s: %s has no such heading", target, file)
	}
	return nil
}

// anchors are the names by which one can link to a place of the page: what
// GitHub makes of a heading, and what the page itself sets.
func (p page) anchors() map[string]bool {
	there := map[string]bool{}
	for _, line := range p.prose() {
		if m := heading.FindStringSubmatch(line); m != nil {
			name := slug(m[1])
			for n := 1; there[name]; n++ {
				name = fmt.Sprintf("%s-%d", slug(m[1]), n)
			}
			there[name] = true
		}
		for _, m := range anchor.FindAllStringSubmatch(line, -1) {
			there[m[1]] = true
		}
	}
	return there
}

// slug is the anchor that GitHub gives a heading.
func slug(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, linkTarget.ReplaceAllString(text, ""))
}
