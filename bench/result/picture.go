package result

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// A picture has a line for each subject: a dot at the median on a logarithmic
// axis, as ratios are what it shows, and a bar from the lowest sample to the
// highest.
const (
	width, rowHeight  = 760, 34
	left, right       = 230, 190 // of the axis
	top, bottom       = 54, 34
	ours, theirs      = "#0b6e4f", "#8a4b08"
	ink, faint, paper = "#222222", "#dddddd", "#ffffff"
)

func (t *Table) picture(column int) string { return fmt.Sprintf("%s-%d.svg", t.Name, column+1) }

// Pictures are the SVG files of the table by name.
func (t *Table) Pictures() map[string]string {
	files := map[string]string{}
	for j, m := range t.Metrics {
		if m.Plot {
			files[t.picture(j)] = t.svg(j)
		}
	}
	return files
}

func (t *Table) svg(column int) string {
	m := t.Metrics[column]
	height := top + len(t.Rows)*rowHeight + bottom
	x := t.axis(column)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="13" fill="%s">`+"\n", width, height, width, height, ink)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", paper)
	fmt.Fprintf(&b, `<text x="12" y="20" font-weight="600">%s</text>`+"\n", html.EscapeString(t.Title))
	fmt.Fprintf(&b, `<text x="12" y="38">%s%s</text>`+"\n", html.EscapeString(m.heading()), m.Ratio.hint())
	for decade := x.low; decade <= x.high; decade++ {
		at := x.of(math.Pow(10, float64(decade)))
		fmt.Fprintf(&b, `<path d="M%.1f %d V%d" stroke="%s"/>`+"\n", at, top, height-bottom, faint)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" font-size="11">%s</text>`+"\n", at, height-bottom+16, number(math.Pow(10, float64(decade))))
	}
	for i, row := range t.Rows {
		y := top + i*rowHeight + rowHeight/2
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-14, y+4, html.EscapeString(row.Subject))
		t.mark(&b, x, i, column, y)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// mark draws one subject's samples, or says that there are none.
func (t *Table) mark(b *strings.Builder, x axis, row, column, y int) {
	c := t.Rows[row].Cells[column]
	if len(c.Samples) == 0 {
		fmt.Fprintf(b, `<text x="%d" y="%d" font-style="italic">%s</text>`+"\n", left+6, y+4, html.EscapeString(cmp.Or(c.Note, "not measured")))
		return
	}
	colour := theirs
	if strings.HasPrefix(t.Rows[row].Subject, "Slipway") {
		colour = ours
	}
	fmt.Fprintf(b, `<path d="M%.1f %d H%.1f" stroke="%s" stroke-width="3" stroke-linecap="round" opacity="0.45"/>`+"\n", x.of(slices.Min(c.Samples)), y, x.of(slices.Max(c.Samples)), colour)
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%d" r="6" fill="%s"/>`+"\n", x.of(c.Samples.Median()), y, colour)
	label := number(c.Samples.Median())
	if ratio := t.ratio(row, column); ratio != 0 {
		label += fmt.Sprintf("  (%s×)", number(ratio))
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", x.of(slices.Max(c.Samples))+12, y+4, label)
}

func (r Ratio) hint() string {
	switch r {
	case LessIsBetter:
		return "; less is better"
	case MoreIsBetter:
		return "; more is better"
	}
	return ""
}

// axis spans whole decades.
type axis struct{ low, high int }

func (t *Table) axis(column int) axis {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, row := range t.Rows {
		for _, v := range row.Cells[column].Samples {
			if v > 0 {
				lowest, highest = min(lowest, v), max(highest, v)
			}
		}
	}
	if lowest > highest {
		return axis{0, 1}
	}
	a := axis{int(math.Floor(math.Log10(lowest))), int(math.Ceil(math.Log10(highest)))}
	a.high = max(a.high, a.low+1)
	return a
}

func (a axis) of(v float64) float64 {
	if v <= 0 {
		return left
	}
	return left + (math.Log10(v)-float64(a.low))/float64(a.high-a.low)*(width-left-right)
}
