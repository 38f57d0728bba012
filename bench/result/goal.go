package result

import (
	"fmt"
	"slices"
	"strings"
)

// Goal is what a figure is held against: the median of a cell or, with Against,
// a ratio of two. Least then is how many times as good Subject has to be as that
// one, and Most how many times as much it may cost.
type Goal struct {
	What                   string
	Table, Subject, Metric string
	Against                string
	Least, Most            float64 // one of them; the other is 0
}

// figure is what was measured, and its unit; without a figure there may be a
// note why.
func (g Goal) figure(tables []*Table) (value float64, unit, note string, ok bool) {
	at := slices.IndexFunc(tables, func(t *Table) bool { return t.Name == g.Table })
	if at < 0 {
		return 0, "", "", false
	}
	t := tables[at]
	column := slices.IndexFunc(t.Metrics, func(m Metric) bool { return m.Name == g.Metric })
	if column < 0 { // the short form measures less
		return 0, "", "", false
	}
	ours := t.look(g.Subject, column)
	if g.Against == "" {
		return ours.Samples.Median(), " " + t.Metrics[column].Unit, ours.Note, len(ours.Samples) > 0
	}
	theirs := t.look(g.Against, column)
	better, worse := ours.Samples.Median(), theirs.Samples.Median()
	if g.Most > 0 {
		better, worse = worse, better
	}
	times := t.times(better, worse, column)
	return times, "×", ours.Note, times > 0
}

// verdict is the goal with its unit, what was measured, and whether that will
// do.
func (g Goal) verdict(tables []*Table) (goal, measured, word string) {
	value, unit, note, ok := g.figure(tables)
	goal, met := "≤ "+number(g.Most), value <= g.Most
	if g.Least > 0 {
		goal, met = "≥ "+number(g.Least), value >= g.Least
	}
	switch {
	case !ok && note != "": // of ours
		return goal + unit, note, "**missed**"
	case !ok:
		return goal + unit, "–", "not measured"
	case met:
		return goal + unit, number(value) + unit, "met"
	}
	return goal + unit, number(value) + unit, "**missed**"
}

func (r *Report) goals(b *strings.Builder) {
	if len(r.Goals) == 0 {
		return
	}
	b.WriteString("\n## What we hold it against\n\n| | goal | measured | |\n|---|---:|---:|---|\n")
	for _, g := range r.Goals {
		goal, measured, word := g.verdict(r.Tables)
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", g.What, goal, measured, word)
	}
}

// look returns a cell, if there is one.
func (t *Table) look(subject string, column int) Cell {
	row := slices.IndexFunc(t.Rows, func(r *Row) bool { return r.Subject == subject })
	if row < 0 {
		return Cell{}
	}
	return t.Rows[row].Cells[column]
}
