//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"slipway/bench/result"
)

// stopLength is how long recordings are whose end is timed, and how often.
type stopLength struct {
	Seconds int `json:"seconds"`
	Rounds  int `json:"rounds"`
}

func (l stopLength) metric() string { return fmt.Sprintf("after %d s", l.Seconds) }

// browserPlan is what bench/browser is told to measure.
type browserPlan struct {
	Peers       string       `json:"peers"`
	Stops       []stopLength `json:"stops"`
	KillSeconds int          `json:"killSeconds"` // what has been recorded when the browser is killed
	KillRounds  int          `json:"killRounds"`
	FileBytes   int64        `json:"fileBytes"`
	FileRounds  int          `json:"fileRounds"`
}

// browserLine is what bench/browser says of one cell; without a metric, of a
// whole row.
type browserLine struct {
	Table, Row, Metric, Note string
	Value                    float64
	Done                     bool // of the table, and there will be no more
}

func (l browserLine) into(t *result.Table) {
	switch {
	case l.Metric == "":
		t.Fail(l.Row, l.Note)
	case l.Note != "":
		t.Note(l.Row, l.Metric, l.Note)
	default:
		t.Add(l.Row, l.Metric, l.Value)
	}
}

// browser measures the recorder in a Chromium beside what people use else.
func (b *bench) browser(ctx context.Context) error {
	plan := b.size.browser
	plan.Peers = b.Peers
	tables := b.browserTables(plan)
	err := b.runBrowser(ctx, plan, func(l browserLine) {
		if t := tables[l.Table]; l.Done {
			b.whole[t] = true
		} else {
			l.into(t)
		}
	})
	for _, t := range tables {
		if len(t.Rows) == 0 { // it did not come so far
			t.Fail("Slipway", "not measured")
		}
	}
	return err
}

// browserTables have the names that bench/browser gives them.
func (b *bench) browserTables(plan browserPlan) map[string]*result.Table {
	const line = "Chromium is behind a line of 20 Mbit/s up and 40 ms (bench/link); it records about 6 Mbit/s. "
	var lengths []result.Metric
	for _, l := range plan.Stops {
		lengths = append(lengths, result.Metric{Name: l.metric(), Unit: "s", Ratio: result.LessIsBetter, Plot: true})
	}
	lengths = append(lengths, result.Metric{Name: "recorded", Unit: "Mbit/s"})
	tables := []*result.Table{
		b.table("stop", "From stop to complete", line+"Ours records live, from the call of stop() to its answer. The others upload when the recording is over, from that moment: the very bytes that ours has just recorded, which the page fetched back before the clock started. Uppy uploads as it ships, with Companion; the PUTs are of 5 MiB, of a multipart upload that our broker signs in one call. What each left in S3 has to have the same SHA-256.", lengths...),
		b.table("lost", fmt.Sprintf("What is lost of %d s", plan.KillSeconds), line+"The tab, or the whole browser, is killed in mid-recording. Ours is recovered on the next visit; or nobody ever comes back, and an operator salvages what is in S3. What is missing is read from the numbers painted into the frames. The others record into memory: S3 is asked after the kill, and once more when the page is open again.",
			result.Metric{Name: "the tab comes back", Unit: "s lost", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: "it never does", Unit: "s lost", Ratio: result.LessIsBetter, Plot: true}),
		b.table("file", fmt.Sprintf("A file of %d MiB", plan.FileBytes>>20), "All on one machine, without a line; the file is on disk, and chosen in the page. Ours is uploadFile with its defaults. Raw PUTs are the least there could be: signed before the clock starts, with the recorder's own hashing in a Worker, the same parts, and as many side by side. Uppy hashes nothing.",
			result.Metric{Name: "throughput", Unit: "MiB/s", Ratio: result.MoreIsBetter, Plot: true}),
	}
	byName := map[string]*result.Table{}
	for _, t := range tables {
		byName[t.Name] = t
	}
	return byName
}

// browserWithin bounds all that is done in browsers: it takes half an hour.
const browserWithin = time.Hour

// runBrowser runs bench/browser and hands on each line. It has to be called
// from the main goroutine; see proc.Start.
func (b *bench) runBrowser(ctx context.Context, plan browserPlan, say func(browserLine)) error {
	text, _ := json.Marshal(plan) // plain fields
	ctx, cancel := context.WithTimeout(ctx, browserWithin)
	defer cancel()
	node := exec.CommandContext(ctx, "node", filepath.Join(b.Peers, "../browser/main.js"), string(text))
	node.Stderr = os.Stderr
	node.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) } // it ends its own children
	node.WaitDelay = 20 * time.Second
	out, err := node.StdoutPipe()
	if err != nil {
		return err
	}
	if err := node.Start(); err != nil {
		return err
	}
	err = readLines(out, say)
	return errors.Join(err, node.Wait())
}

func readLines(r io.Reader, say func(browserLine)) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var l browserLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("bench/browser says %q: %w", lines.Text(), err)
		}
		say(l)
	}
	return lines.Err()
}
