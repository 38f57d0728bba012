package result

import (
	"fmt"
	"slices"
	"strings"
)

// Goal is what a figure is held against: the median of a cell or, with Against,
// how many times as good Subject is as that one.
type Goal struct {
	What                   string
	Table, Subject, Metric string
	Against                string
	Least, Most            float64 // one of them; the other is 0
}

// figure is what was measured, and its unit; false if it was not.
func (g Goal) figure(tables []*Table) (value float64, unit string, ok bool) {
	at := slices.IndexFunc(tables, func(t *Table) bool { return t.Name == g.Table })
	if at < 0 {
		return 0, "", false
	}
	t := tables[at]
	column := slices.IndexFunc(t.Metrics, func(m Metric) bool { return m.Name == g.Metric })
	if column < 0 { // the short form measures less
		return 0, "", false
	}
	ours := t.samples(g.Subject, column)
	if g.Against == "" {
		return ours.Median(), " " + t.Metrics[column].Unit, len(ours) > 0
	}
	times := t.times(ours.Median(), t.samples(g.Against, column).Median(), column)
	return times, "×", times > 0
}

// verdict is the goal with its unit, what was measured, and whether that will
// do.
func (g Goal) verdict(tables []*Table) (goal, measured, word string) {
	value, unit, ok := g.figure(tables)
	goal, met := "≤ "+number(g.Most), value <= g.Most
	if g.Least > 0 {
		goal, met = "≥ "+number(g.Least), value >= g.Least
	}
	switch {
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

// samples are those of a cell, if there is one.
func (t *Table) samples(subject string, column int) Samples {
	row := slices.IndexFunc(t.Rows, func(r *Row) bool { return r.Subject == subject })
	if row < 0 {
		return nil
	}
	return t.Rows[row].Cells[column].Samples
}
