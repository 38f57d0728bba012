package result

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		samples Samples
		want    float64
	}{{nil, 0}, {Samples{3}, 3}, {Samples{9, 1}, 5}, {Samples{9, 1, 2}, 2}} {
		if got := tc.samples.Median(); got != tc.want {
			t.Errorf("of %v: %v, want %v", tc.samples, got, tc.want)
		}
	}
}

func TestNumbersHaveThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.001234: "0.00123", 4.5: "4.50", 99.96: "100", 999.6: "1,000", 1234567: "1,230,000"} {
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func table() *Table {
	t := &Table{Name: "sign", Title: "Sign", Metrics: []Metric{{Name: "CPU", Unit: "µs", Ratio: LessIsBetter, Plot: true}, {Name: "rate", Ratio: MoreIsBetter}}}
	for _, v := range []float64{10, 12, 11} {
		t.Add("Slipway", "CPU", v)
		t.Add("peer <1>", "CPU", 100*v)
	}
	t.Add("Slipway", "rate", 900)
	t.Add("peer <1>", "rate", 30)
	return t
}

func TestARatioIsHowManyTimesAsGoodOursIs(t *testing.T) {
	tab := table()
	if got := tab.text(1, 0); got != "1,100 (1,000–1,200) **100×**" {
		t.Error(got)
	}
	if got := tab.text(1, 1); got != "30.0 **30.0×**" {
		t.Error(got)
	}
	if got := tab.text(0, 0); got != "11.0 (10.0–12.0)" {
		t.Error(got)
	}
}

// A peer that fails in the third round keeps no figure from the first two.
func TestAFailureLeavesNoFigure(t *testing.T) {
	tab := table()
	tab.Note("peer <1>", "CPU", "did not start")
	tab.Add("peer <1>", "CPU", 1100)
	if got := tab.text(1, 0); got != "did not start" {
		t.Error(got)
	}
	if svg := tab.svg(0); !strings.Contains(svg, "did not start") || strings.Contains(svg, "1,100") {
		t.Error(svg)
	}
}

func TestGoals(t *testing.T) {
	late := &Table{Name: "late", Metrics: []Metric{{Name: "p99", Unit: "ms"}}}
	late.Note("Slipway", "p99", "does not keep up")
	tables := []*Table{table(), late}
	for want, g := range map[string]Goal{
		"≥ 50.0× 100× met":                      {Table: "sign", Subject: "Slipway", Metric: "CPU", Against: "peer <1>", Least: 50},
		"≥ 31.0× 30.0× **missed**":              {Table: "sign", Subject: "Slipway", Metric: "rate", Against: "peer <1>", Least: 31},
		"≤ 110× 100× met":                       {Table: "sign", Subject: "peer <1>", Metric: "CPU", Against: "Slipway", Most: 110},
		"≤ 29.0× 30.0× **missed**":              {Table: "sign", Subject: "peer <1>", Metric: "rate", Against: "Slipway", Most: 29},
		"≤ 11.0 µs 11.0 µs met":                 {Table: "sign", Subject: "Slipway", Metric: "CPU", Most: 11},
		"≤ 10.0 µs 11.0 µs **missed**":          {Table: "sign", Subject: "Slipway", Metric: "CPU", Most: 10},
		"≤ 2.00 ms does not keep up **missed**": {Table: "late", Subject: "Slipway", Metric: "p99", Most: 2},
		"≥ 50.0 – not measured":                 {Table: "batch", Subject: "Slipway", Metric: "CPU", Against: "peer <1>", Least: 50},
		"≤ 8.00 – not measured":                 {Table: "sign", Subject: "Slipway", Metric: "nothing", Most: 8},
		"≥ 50.0× – not measured":                {Table: "sign", Subject: "Slipway", Metric: "CPU", Against: "nobody", Least: 50},
		"≤ 9.00 µs – not measured":              {Table: "sign", Subject: "nobody", Metric: "CPU", Most: 9},
	} {
		goal, measured, word := g.verdict(tables)
		if got := goal + " " + measured + " " + word; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPicturesAreXML(t *testing.T) {
	for name, svg := range table().Pictures() {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}
