// Package docs_test holds what the documentation says against the program.
package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// tests are all there are, as package.Name.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir("../internal", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range declared.FindAllSubmatch(text, -1) {
			found[filepath.Base(filepath.Dir(path))+"."+string(name[1])] = true
		}
		return err
	})
	if err != nil || len(found) < 100 {
		t.Fatalf("%d tests are found (%v)", len(found), err)
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var named = regexp.MustCompile("`([a-z0-9]+\\.(?:Test|Fuzz)\\w+)`")

func TestTheTestsThatAreNamedAreThere(t *testing.T) {
	there := tests(t)
	for file, atLeast := range map[string]int{"security.md": 40, "upgrade.md": 5, "reliability.md": 5} {
		list := named.FindAllSubmatch(read(t, file), -1)
		if len(list) < atLeast {
			t.Errorf("%s names %d tests", file, len(list))
		}
		for _, name := range list {
			if !there[string(name[1])] {
				t.Errorf("%s: there is no %s", file, name[1])
			}
		}
	}
}

func TestTheAttackTableIsWhole(t *testing.T) {
	text := read(t, "security.md")
	for name := range tests(t) {
		if strings.Contains(name, ".TestAttack") && !bytes.Contains(text, []byte("`"+name+"`")) {
			t.Errorf("%s is not in the table", name)
		}
	}
}
