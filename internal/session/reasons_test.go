package session_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/tools/go/packages"

	"slipway/internal/session"
)

// Reasons that no answer has, and so no client knows.
var inner = []session.Reason{session.ReasonNotInS3, session.ReasonStale}

// reasons are the constants in reasons.go that an answer can have.
func reasons(t *testing.T) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			word := constant.StringVal(constant.MakeFromLiteral(v.Values[0].(*ast.BasicLit).Value, token.STRING, 0))
			if !slices.Contains(inner, session.Reason(word)) {
				words = append(words, word)
			}
		}
		return true
	})
	return words
}

func codes() (words []string) {
	for _, kind := range session.Kinds() {
		words = append(words, kind.String())
	}
	return words
}

func TestReasonsAreWrittenOnce(t *testing.T) {
	known := reasons(t)
	for place, words := range map[string][]string{
		"the table of reasons in docs/protocol.md":       cells(t, "reason"),
		"Problem.reason in api/openapi.yaml":             enum(t, "reason"),
		"the type BrokerReason in web/broker/reasons.js": union(t, "broker/reasons.js", "BrokerReason"),
	} {
		same(t, place, words, known)
	}
}

func TestCodesAreWrittenOnce(t *testing.T) {
	for place, words := range map[string][]string{
		"the table of codes in docs/protocol.md":    cells(t, "code"),
		"Problem.code in api/openapi.yaml":          enum(t, "code"),
		"the type BrokerCode in web/base/errors.js": union(t, "base/errors.js", "BrokerCode"),
	} {
		same(t, place, words, codes())
	}
}

func same(t *testing.T, place string, words, want []string) {
	t.Helper()
	for _, word := range want {
		if !slices.Contains(words, word) {
			t.Errorf("%s lacks %q", place, word)
		}
	}
	for i, word := range words {
		if !slices.Contains(want, word) {
			t.Errorf("%s has %q, which the broker never says", place, word)
		}
		if slices.Contains(words[:i], word) {
			t.Errorf("%s has %q twice", place, word)
		}
	}
}

func read(t *testing.T, path string) string {
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var quoted = regexp.MustCompile("[`']([^`']+)[`']")

func inQuotes(text string) (words []string) {
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// cells are the words in the first column of the table in protocol.md whose
// first column has this title.
func cells(t *testing.T, title string) (words []string) {
	_, section, _ := strings.Cut(read(t, "docs/protocol.md"), "\n## Errors\n")
	_, table, found := strings.Cut(section, "\n| "+title+" |")
	if !found {
		t.Fatalf("docs/protocol.md has no table of %ss", title)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		if cell, ok := strings.CutPrefix(line, "| "); ok {
			cell, _, _ = strings.Cut(cell, " |")
			words = append(words, inQuotes(cell)...)
		}
	}
	return words
}

func enum(t *testing.T, property string) (words []string) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(read(t, "api/openapi.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range doc.Components.Schemas["Problem"].Value.Properties[property].Value.Enum {
		words = append(words, word.(string))
	}
	return words
}

// union are the words of a type of JSDoc, which ends with what it is about.
func union(t *testing.T, module, name string) []string {
	typedef := regexp.MustCompile(`@typedef \{([^}]*)\} ` + name + `\b`).FindStringSubmatch(read(t, "web/"+module))
	if typedef == nil {
		t.Fatalf("web/%s has no type %s", module, name)
	}
	return inQuotes(typedef[1])
}

// A literal would be taken for a Reason without a word, and nobody would find it.
func TestNoReasonIsALiteral(t *testing.T) {
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile
	loaded, err := packages.Load(&packages.Config{Mode: mode}, "slipway/internal/...", "slipway/cmd/...")
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, p := range loaded {
		for _, file := range p.Syntax {
			name := p.Fset.Position(file.Pos()).Filename
			if filepath.Base(name) == "reasons.go" {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && isReason(p.TypesInfo.TypeOf(lit)) && !ours(p.PkgPath) && lit.Value != `""` {
					t.Errorf("%s: %s is written out; use its constant", p.Fset.Position(lit.Pos()), lit.Value)
				}
				if id, ok := n.(*ast.Ident); ok && isReason(p.TypesInfo.TypeOf(id)) {
					used++
				}
				return true
			})
		}
	}
	if used == 0 {
		t.Error("no reason was found anywhere")
	}
}

// ours are the packages of tests, and the client, which has reasons that no
// broker gives.
func ours(pkg string) bool {
	return strings.HasSuffix(pkg, "test") || pkg == "slipway/internal/client"
}

func isReason(of types.Type) bool {
	named, ok := of.(*types.Named)
	return ok && named.Obj().Name() == "Reason" && named.Obj().Pkg().Path() == "slipway/internal/session"
}
