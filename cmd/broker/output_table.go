package main

import (
	"bufio"
	"strings"

	"github.com/rivo/uniseg"

	"slipway/internal/client"
)

// column is a column of a table. Its cells are safe to print.
type column[T any] struct {
	title  string
	min    int // cells wide; enough for nearly all rows, so that later pages are aligned with the first
	right  bool
	cell   func(T) string
	colour func(T) string // an SGR parameter, or ""; nil: none
}

// table prints rows under a header. Its columns only grow, so it can print a
// table of any length as it comes. The last column is not padded.
type table[T any] struct {
	out     *bufio.Writer
	columns []column[T]
	colour  bool
	widths  []int
}

// add prints rows. Before the first, or if there are none, it prints the
// header.
func (t *table[T]) add(rows []client.Answer[T]) {
	begun := t.widths != nil
	if !begun {
		for _, c := range t.columns {
			t.widths = append(t.widths, max(c.min, len(c.title)))
		}
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		for j, c := range t.columns {
			cell := c.cell(row.V)
			cells[i] = append(cells[i], cell)
			t.widths[j] = max(t.widths[j], uniseg.StringWidth(cell))
		}
	}
	if !begun {
		t.line(func(j int) (string, string) { return t.columns[j].title, "1" })
	}
	for i, row := range rows {
		t.line(func(j int) (string, string) {
			if paint := t.columns[j].colour; paint != nil {
				return cells[i][j], paint(row.V)
			}
			return cells[i][j], ""
		})
	}
}

// line prints one line; of returns each cell and its colour.
func (t *table[T]) line(of func(column int) (cell, colour string)) {
	var b strings.Builder
	for j, c := range t.columns {
		cell, colour := of(j)
		if j < len(t.columns)-1 || c.right {
			cell = pad(cell, t.widths[j], c.right)
		}
		if t.colour && colour != "" {
			cell = "\x1b[" + colour + "m" + cell + "\x1b[0m"
		}
		if j > 0 {
			b.WriteString("  ")
		}
		b.WriteString(cell)
	}
	writeLine(t.out, strings.TrimRight(b.String(), " "))
}

func pad(text string, width int, right bool) string {
	gap := strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
	if right {
		return gap + text
	}
	return text + gap
}
