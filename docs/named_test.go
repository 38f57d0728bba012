package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"slipway/internal/session"
)

// passage is text for readers: a page, or the comments of a source.
type passage struct{ file, text string }

// repository is every file, as seen from its root, and what they say to readers.
type repository struct {
	files    []string
	passages []passage
}

func tree(t *testing.T) ([]string, []passage) {
	t.Helper()
	r, err := walked()
	if err != nil || len(r.passages) < 300 {
		t.Fatalf("%d texts are found (%v)", len(r.passages), err)
	}
	return r.files, r.passages
}

// walked is shared by the tests, as it takes most of their time.
var walked = sync.OnceValues(func() (r repository, err error) {
	made := []string{"node_modules", ".git", "bin", "dist", "types", ".slipway"}
	err = filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(made, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		file := strings.TrimPrefix(filepath.ToSlash(name), "../")
		r.files = append(r.files, file)
		text, err := forReaders(name)
		if text != "" {
			r.passages = append(r.passages, passage{file, text})
		}
		return err
	})
	return r, err
})

// forReaders is a page, or the comments of a source; of anything else nothing.
func forReaders(name string) (string, error) {
	switch path.Ext(name) {
	case ".md":
		text, err := os.ReadFile(name)
		return string(text), err
	case ".go":
		return goComments(name)
	case ".js", ".lua", ".java", ".yaml", ".yml":
		text, err := os.ReadFile(name)
		return strings.Join(comment.FindAllString(string(text), -1), "\n"), err
	}
	return "", nil
}

// comment is, by lines, what stands behind the signs that begin one.
var comment = regexp.MustCompile(`(?m)(^|\s)(//|/?\*|--|#) .*$`)

func goComments(name string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, group := range file.Comments {
		all.WriteString(group.Text() + "\n")
	}
	return all.String(), nil
}

var (
	address  = regexp.MustCompile(`https?://\S+`)
	fileName = regexp.MustCompile(`(?:^|[^\w./*-])((?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:go|js|lua|java|md|yaml))\b`)
	// Products, what packing makes, and a file of rclone's.
	noFiles = regexp.MustCompile(`^([Nn]ode\.js|[Nn]ext\.js|dist/.*|GCS\.yaml)$`)
)

func TestEachFileThatIsNamedIsThere(t *testing.T) {
	files, passages := tree(t)
	there := map[string]bool{}
	for _, file := range files {
		for rest := file; ; {
			there[rest] = true
			_, after, more := strings.Cut(rest, "/")
			if !more {
				break
			}
			rest = after
		}
	}
	for _, p := range passages {
		for _, m := range fileName.FindAllStringSubmatch(address.ReplaceAllString(p.text, ""), -1) {
			if !there[m[1]] && !noFiles.MatchString(m[1]) {
				t.Errorf("%s: there is no %s", p.file, m[1])
			}
		}
	}
}

var (
	settingName = regexp.MustCompile(`\bBROKER_[A-Z0-9_]*[A-Z0-9]\b`)
	settingTag  = regexp.MustCompile(`env:"(BROKER_\w+)"( secret:"")?`)
	variable    = regexp.MustCompile(`= "(BROKER_\w+)"()`) // one that a command reads by itself
)

func TestEachSettingThatIsNamedIsThere(t *testing.T) {
	files, passages := tree(t)
	there := map[string]bool{}
	for _, file := range files {
		if path.Ext(file) != ".go" {
			continue
		}
		source := read(t, "../"+file)
		for _, m := range append(settingTag.FindAllSubmatch(source, -1), variable.FindAllSubmatch(source, -1)...) {
			there[string(m[1])] = true
			there[string(m[1])+"_FILE"] = len(m[2]) > 0
		}
	}
	if len(there) < 60 {
		t.Fatalf("%d settings are found", len(there))
	}
	for _, p := range passages {
		for _, name := range settingName.FindAllString(p.text, -1) {
			if !there[name] {
				t.Errorf("%s: there is no setting %s", p.file, name)
			}
		}
	}
}

var (
	goTest = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`)
	goFunc = regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?(\w+)\(`)
)

func TestEachTestThatIsNamedIsThere(t *testing.T) {
	files, passages := tree(t)
	there := map[string]bool{}
	for _, file := range files {
		if path.Ext(file) != ".go" {
			continue
		}
		for _, m := range goFunc.FindAllSubmatch(read(t, "../"+file), -1) {
			there[string(m[1])] = true
		}
	}
	for _, p := range passages {
		if path.Ext(p.file) == ".js" { // whose tests have sentences for names
			continue
		}
		for _, name := range goTest.FindAllString(p.text, -1) {
			if !there[name] {
				t.Errorf("%s: there is no %s", p.file, name)
			}
		}
	}
}

var (
	refusal     = regexp.MustCompile("\\b[45]\\d\\d ((?:`[a-z0-9-]+`(?:, | or | and )?)+)")
	inBackticks = regexp.MustCompile("`([a-z0-9-]+)`")
	quotedWord  = regexp.MustCompile(`= "([a-z0-9-]+)"`)
)

// A status is followed by a reason or a code: both are in the sources once.
func TestEachReasonThatIsNamedIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, m := range quotedWord.FindAllSubmatch(read(t, "../internal/session/reasons.go"), -1) {
		there[string(m[1])] = true
	}
	for _, kind := range session.Kinds() {
		there[kind.String()] = true
	}
	_, passages := tree(t)
	found := 0
	for _, p := range passages {
		for _, m := range refusal.FindAllStringSubmatch(p.text, -1) {
			for _, word := range inBackticks.FindAllStringSubmatch(m[1], -1) {
				if found++; !there[word[1]] {
					t.Errorf("%s: no answer has the reason %s", p.file, word[1])
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d reasons are found", found)
	}
}

var (
	decision = regexp.MustCompile(`<a id="d(\d+)"></a>\*\*(\d+)\. `)
	cited    = regexp.MustCompile(`(?:decisions\.md#d|\bdecisions? |\]\(#d)(\d+)`)
)

// neverGiven are numbers of decisions that nobody wrote.
var neverGiven = []int{128, 129, 138, 139, 141}

// Code cites decisions by their numbers, so a number is given once and stays.
func TestEachDecisionThatIsCitedIsThere(t *testing.T) {
	var numbers []int
	for _, m := range decision.FindAllStringSubmatch(string(read(t, "decisions.md")), -1) {
		n, _ := strconv.Atoi(m[2])
		if numbers = append(numbers, n); m[1] != m[2] {
			t.Errorf("decision %s has the anchor d%s", m[2], m[1])
		}
	}
	slices.Sort(numbers)
	if len(numbers) < 100 {
		t.Fatalf("only %d decisions are found", len(numbers))
	}
	for n := 1; n <= numbers[len(numbers)-1]; n++ {
		first, there := slices.BinarySearch(numbers, n)
		switch {
		case there == slices.Contains(neverGiven, n):
			t.Errorf("decision %d is missing, or was never given", n)
		case first+1 < len(numbers) && numbers[first+1] == n:
			t.Errorf("decision %d is there twice", n)
		}
	}
	_, passages := tree(t)
	for _, p := range passages {
		for _, m := range cited.FindAllStringSubmatch(p.text, -1) {
			if n, _ := strconv.Atoi(m[1]); !slices.Contains(numbers, n) {
				t.Errorf("%s: there is no decision %s", p.file, m[1])
			}
		}
	}
}
