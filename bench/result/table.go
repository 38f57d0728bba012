// Package result keeps what was measured, and writes it down: as JSON with
// every sample, as tables in Markdown, and as pictures.
package result

import (
	"slices"
	"time"
)

// Report is one run of the bench.
type Report struct {
	At       time.Time         `json:"at"`
	Quick    bool              `json:"quick"` // too short to be quoted
	Machine  Machine           `json:"machine"`
	Versions map[string]string `json:"versions"` // of what ran, as it says itself
	Tables   []*Table          `json:"tables"`
	Goals    []Goal            `json:"-"`
}

// Machine is the class of machine, and how busy it was with other things.
type Machine struct {
	System     string  `json:"system"` // such as linux/amd64
	Cores      int     `json:"cores"`
	MemoryGiB  int     `json:"memory_gib"`
	LoadBefore float64 `json:"load_before"` // of a minute
	LoadAfter  float64 `json:"load_after"`
}

// Table compares subjects. The first is ours, to which all ratios are.
type Table struct {
	Name    string   `json:"name"` // of its picture's file
	Title   string   `json:"title"`
	Text    string   `json:"text"` // what a reader has to know
	Metrics []Metric `json:"metrics"`
	Rows    []*Row   `json:"rows"`
}

// Metric is a column.
type Metric struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	// Ratio says which way is better, so that a ratio is how many times as good
	// ours is.
	Ratio Ratio `json:"ratio,omitempty"`
	Plot  bool  `json:"plot,omitempty"` // has a picture
}

// Ratio is how a column is compared.
type Ratio string

// Ratios: LessIsBetter is theirs by ours, MoreIsBetter ours by theirs.
const (
	NoRatio      Ratio = ""
	LessIsBetter Ratio = "less"
	MoreIsBetter Ratio = "more"
)

// Row is one subject. Cells are in the order of the table's metrics.
type Row struct {
	Subject string `json:"subject"`
	Cells   []Cell `json:"cells"`
}

// Cell holds one sample for each round, or why there are none.
type Cell struct {
	Samples Samples `json:"samples,omitempty"`
	Note    string  `json:"note,omitempty"`
}

// Samples are what the rounds measured.
type Samples []float64

// Median is the middle one, or between the two in the middle; 0 of none.
func (s Samples) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(s)-1)/2] + sorted[len(s)/2]) / 2
}

// Begin makes the row of a subject, for its place.
func (t *Table) Begin(subject string) { t.cell(subject, t.Metrics[0].Name) }

// FailAll fails every subject, those that have samples too.
func (t *Table) FailAll(text string) {
	for _, row := range t.Rows {
		t.Fail(row.Subject, text)
	}
}

// Add takes down a sample, unless a note stands in its place. Subjects are in
// the order in which they come.
func (t *Table) Add(subject, metric string, value float64) {
	if c := t.cell(subject, metric); c.Note == "" {
		c.Samples = append(c.Samples, value)
	}
}

// Note says why there is no sample. It takes the place of all that there are or
// will be: a subject that failed in one round has no median.
func (t *Table) Note(subject, metric, text string) {
	*t.cell(subject, metric) = Cell{Note: text}
}

// Fail notes the same for all metrics.
func (t *Table) Fail(subject, text string) {
	for _, m := range t.Metrics {
		t.Note(subject, m.Name, text)
	}
}

// Failed reports whether a note stands there already.
func (t *Table) Failed(subject, metric string) bool { return t.cell(subject, metric).Note != "" }

func (t *Table) cell(subject, metric string) *Cell {
	row := slices.IndexFunc(t.Rows, func(r *Row) bool { return r.Subject == subject })
	if row < 0 {
		row = len(t.Rows)
		t.Rows = append(t.Rows, &Row{Subject: subject, Cells: make([]Cell, len(t.Metrics))})
	}
	return &t.Rows[row].Cells[slices.IndexFunc(t.Metrics, func(m Metric) bool { return m.Name == metric })]
}

// ratio is how many times as good the first row is as this one; 0 where there is
// no telling.
func (t *Table) ratio(row, column int) float64 {
	if row == 0 {
		return 0
	}
	return t.times(t.Rows[0].Cells[column].Samples.Median(), t.Rows[row].Cells[column].Samples.Median(), column)
}

// times is how many times as good ours is in a column; 0 where there is no
// telling.
func (t *Table) times(ours, theirs float64, column int) float64 {
	if ours == 0 || theirs == 0 {
		return 0
	}
	switch t.Metrics[column].Ratio {
	case LessIsBetter:
		return theirs / ours
	case MoreIsBetter:
		return ours / theirs
	}
	return 0
}
