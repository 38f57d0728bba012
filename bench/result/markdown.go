package result

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Markdown is the whole report; pictures are looked for beside it.
func (r *Report) Markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Made by `make bench`. Do not edit. -->\n# What `make bench` measured\n\n")
	if r.Quick {
		b.WriteString("**Short form: for trying the bench out. These figures are not to be quoted.**\n\n")
	}
	fmt.Fprintf(&b, "%s, %s with %d cores and %d GiB. The machine's load was %.1f before and %.1f after, the bench's own included.\n",
		r.At.UTC().Format("2006-01-02 15:04 UTC"), r.Machine.System, r.Machine.Cores, r.Machine.MemoryGiB, r.Machine.LoadBefore, r.Machine.LoadAfter)
	b.WriteString("A cell is the median of the rounds, the lowest and the highest in brackets; **×** is how many times as good the first row is.\nRatios carry over to other machines; times and rates are indicative.\n\n")
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	fmt.Fprintf(&b, "Versions: %s.\n", strings.Join(versions, ", "))
	r.goals(&b)
	for _, t := range r.Tables {
		t.markdown(&b)
	}
	return b.String()
}

func (t *Table) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s %s\n\n|", t.Title, t.Text, t.rounds())
	for _, m := range t.Metrics {
		b.WriteString(" | " + m.heading())
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---:", len(t.Metrics)) + "|\n")
	for i, row := range t.Rows {
		b.WriteString("| " + row.Subject)
		for j := range row.Cells {
			b.WriteString(" | " + t.text(i, j))
		}
		b.WriteString(" |\n")
	}
	for j, m := range t.Metrics {
		if m.Plot {
			fmt.Fprintf(b, "\n![%s: %s](%s)\n", t.Title, m.Name, t.picture(j))
		}
	}
}

// rounds says how many samples a cell has.
func (t *Table) rounds() string {
	var counts []int
	for _, row := range t.Rows {
		for _, c := range row.Cells {
			if len(c.Samples) > 0 {
				counts = append(counts, len(c.Samples))
			}
		}
	}
	switch {
	case len(counts) == 0:
		return "No rounds."
	case slices.Min(counts) == slices.Max(counts):
		return fmt.Sprintf("Rounds: %d.", counts[0])
	}
	return fmt.Sprintf("Rounds: %d to %d.", slices.Min(counts), slices.Max(counts))
}

func (m Metric) heading() string {
	if m.Unit == "" {
		return m.Name
	}
	return m.Name + ", " + m.Unit
}

// text is a cell as a reader sees it.
func (t *Table) text(row, column int) string {
	c := t.Rows[row].Cells[column]
	switch {
	case c.Note != "":
		return strings.ReplaceAll(c.Note, "|", "\\|")
	case len(c.Samples) == 0:
		return "–"
	}
	s := number(c.Samples.Median())
	if len(c.Samples) > 1 {
		s += fmt.Sprintf(" (%s–%s)", number(slices.Min(c.Samples)), number(slices.Max(c.Samples)))
	}
	if ratio := t.ratio(row, column); ratio != 0 {
		s += fmt.Sprintf(" **%s×**", number(ratio))
	}
	return s
}

// number has three digits that count, and no more places than it needs: 0.12,
// 4.5, 1,230.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64) // reads what it wrote
	if before := int(math.Floor(math.Log10(math.Abs(rounded)))); before < 3 {
		return strconv.FormatFloat(rounded, 'f', 2-before, 64)
	}
	digits := strconv.FormatFloat(rounded, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
