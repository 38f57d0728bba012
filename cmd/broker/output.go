package main

import (
	"bufio"
	"io"
	"os"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/term"

	"slipway/internal/client"
)

// output is the form in which a command prints what the broker answered.
type output struct {
	Output string `name:"output" short:"o" enum:"table,json,ndjson" default:"table" help:"${enum}. JSON has the API's fields unchanged; ndjson is one object a line."`
	Quiet  bool   `name:"quiet" short:"q" help:"IDs only, one a line."`
}

// form is Output, or quiet.
func (o output) form() string {
	if o.Quiet {
		return "quiet"
	}
	return o.Output
}

// list prints rows as they come and stores none.
type list[T any] struct {
	form  string
	id    func(T) string
	table *table[T]
	out   *bufio.Writer
	rows  int
}

func newList[T any](o output, id func(T) string, columns []column[T]) *list[T] {
	out := bufio.NewWriter(os.Stdout)
	return &list[T]{form: o.form(), id: id, out: out, table: &table[T]{out: out, columns: columns, colour: colourful(os.Stdout)}}
}

// add prints some rows and flushes. A table is aligned as far as these rows
// and the earlier ones need it.
func (l *list[T]) add(rows ...client.Answer[T]) error {
	if l.form == "table" {
		l.table.add(rows)
		return l.out.Flush()
	}
	for _, row := range rows {
		switch l.form {
		case "quiet":
			writeLine(l.out, printable(l.id(row.V)))
		case "ndjson":
			writeLine(l.out, string(row.JSON))
		case "json":
			separator := ",\n"
			if l.rows == 0 {
				separator = "[\n"
			}
			_, _ = l.out.WriteString(separator + string(row.JSON))
		}
		l.rows++
	}
	return l.out.Flush()
}

// header shows that a listing was made and found nothing.
func (l *list[T]) header() {
	if l.form == "table" {
		l.table.add(nil)
	}
}

// end closes an open array. If a listing fails, the array stays open: then the
// output is not JSON, and nobody takes it for the whole listing.
func (l *list[T]) end() error {
	switch {
	case l.form == "json" && l.rows == 0:
		writeLine(l.out, "[]")
	case l.form == "json":
		writeLine(l.out, "\n]")
	}
	return l.out.Flush()
}

// field is one line about one thing.
type field struct{ name, value string }

// printOne prints one thing: for people, those of its fields that are not
// empty.
func printOne(o output, id string, raw jsontext.Value, fields []field) error {
	out := bufio.NewWriter(os.Stdout)
	switch o.form() {
	case "quiet":
		writeLine(out, printable(id))
	case "ndjson":
		writeLine(out, string(raw))
	case "json":
		if err := raw.Indent(jsontext.WithIndent("  ")); err != nil {
			return err
		}
		writeLine(out, string(raw))
	case "table":
		for _, f := range fields {
			if f.value != "" {
				writeLine(out, pad(f.name, 12, false)+"  "+f.value)
			}
		}
	}
	return out.Flush()
}

// writeLine leaves the error to Flush, which remembers it.
func writeLine(w io.Writer, line string) { _, _ = io.WriteString(w, line+"\n") }

// colourful says whether f is a terminal whose user did not ask for plain
// text: https://no-color.org (read 2026-11-22).
func colourful(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
