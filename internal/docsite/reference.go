package docsite

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// apiPage is the page that reference writes.
const apiPage = "docs/api.md"

// reference describes the HTTP API in Markdown: the calls by tag, and then the
// shapes that they take and answer.
func reference(document []byte) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.line("# HTTP API\n")
	w.line("Made from `api/openapi.yaml`, which every broker also serves at `/openapi.yaml`. The [protocol](protocol.md) explains in which order a recorder makes these calls.\n")
	w.line("%s\n", doc.Info.Description)
	for _, tag := range doc.Tags {
		w.line("## %s\n", title(tag.Name))
		w.line("%s\n", tag.Description)
		for _, path := range sorted(doc.Paths.Map()) {
			operations := doc.Paths.Value(path).Operations()
			for _, method := range sorted(operations) {
				if o := operations[method]; slices.Contains(o.Tags, tag.Name) {
					w.operation(method, path, o)
				}
			}
		}
	}
	w.line("## Shapes\n")
	for _, name := range sorted(doc.Components.Schemas) {
		w.line("### %s\n", name)
		w.schema(doc.Components.Schemas[name].Value)
	}
	return w.Bytes(), nil
}

type writer struct{ bytes.Buffer }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) operation(method, path string, o *openapi3.Operation) {
	w.line("### %s %s\n", method, path)
	w.line("%s\n", o.Summary)
	if o.Description != "" {
		w.line("%s\n", o.Description)
	}
	if o.Security != nil {
		var ways []string
		for _, way := range *o.Security {
			ways = append(ways, strings.Join(sorted(way), " and "))
		}
		if len(ways) > 0 {
			w.line("**Credential:** %s.\n", code(ways))
		}
	}
	if len(o.Parameters) > 0 {
		w.line("| parameter | in | type | meaning |\n|---|---|---|---|")
		for _, p := range o.Parameters {
			w.line("| `%s`%s | %s | %s | %s |", p.Value.Name, required(p.Value.Required), p.Value.In, typeOf(p.Value.Schema), cell(p.Value.Description))
		}
		w.line("")
	}
	if o.RequestBody != nil {
		w.line("**Body:** %s\n", content(o.RequestBody.Value.Content))
	}
	w.line("| answer | body | meaning |\n|---|---|---|")
	answers := o.Responses.Map()
	for _, status := range sorted(answers) {
		r := answers[status].Value
		meaning := ""
		if r.Description != nil {
			meaning = *r.Description
		}
		w.line("| %s | %s | %s |", status, content(r.Content), cell(meaning))
	}
	w.line("")
}

// schema writes the fields of an object, or else what the values are.
func (w *writer) schema(s *openapi3.Schema) {
	if s.Description != "" {
		w.line("%s\n", s.Description)
	}
	for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		if part.Ref != "" {
			w.line("Has the fields of %s.\n", typeOf(part))
		} else {
			w.schema(part.Value)
		}
	}
	if len(s.Properties) == 0 {
		if len(s.Enum) > 0 {
			w.line("One of %s.\n", values(s))
		} else if len(s.AllOf) == 0 {
			w.line("%s\n", typeOf(&openapi3.SchemaRef{Value: s}))
		}
		return
	}
	w.line("| field | type | meaning |\n|---|---|---|")
	for _, name := range sorted(s.Properties) {
		p := s.Properties[name]
		w.line("| `%s`%s | %s | %s |", name, required(slices.Contains(s.Required, name)), typeOf(p), cell(p.Value.Description))
	}
	w.line("")
}

// typeOf names a type, with a link if it is a shape of its own, and its limits.
func typeOf(ref *openapi3.SchemaRef) string {
	if ref == nil {
		return ""
	}
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	}
	s := ref.Value
	if len(s.Enum) > 0 {
		return values(s)
	}
	var parts []string
	if s.Type != nil {
		for _, one := range s.Type.Slice() {
			if one == "array" && s.Items != nil {
				one = "list of " + typeOf(s.Items)
			}
			parts = append(parts, one)
		}
	}
	kind := strings.Join(parts, " or ")
	if s.Format != "" {
		kind += " (" + s.Format + ")"
	}
	return kind + limits(s)
}

func limits(s *openapi3.Schema) string {
	var l []string
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if s.Min != nil {
		l = append(l, "≥ "+number(*s.Min))
	}
	if s.Max != nil {
		l = append(l, "≤ "+number(*s.Max))
	}
	if s.MaxLength != nil {
		l = append(l, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		l = append(l, fmt.Sprintf("at most %d", *s.MaxItems))
	}
	if s.Default != nil {
		l = append(l, fmt.Sprintf("default `%v`", s.Default))
	}
	if len(l) == 0 {
		return ""
	}
	return ", " + strings.Join(l, ", ")
}

func values(s *openapi3.Schema) string {
	var all []string
	for _, v := range s.Enum {
		all = append(all, fmt.Sprint(v))
	}
	return code(all)
}

func content(c openapi3.Content) string {
	var all []string
	for _, kind := range sorted(c) {
		if shape := typeOf(c[kind].Schema); kind == "application/json" || kind == "application/problem+json" {
			all = append(all, shape)
		} else {
			all = append(all, "`"+kind+"`")
		}
	}
	return strings.Join(all, ", ")
}

func code(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "`" + w + "`"
	}
	return strings.Join(quoted, ", ")
}

func required(yes bool) string {
	if yes {
		return " (required)"
	}
	return ""
}

// cell is a text that may stand in a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
