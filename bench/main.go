//go:build linux

// Command bench measures Slipway beside its peers, on one machine and in
// interleaved rounds, and writes down what it saw; see docs/benchmarks.md.
//
//	make bench                # everything, an hour and more, into docs/benchmarks
//	make bench BENCH_QUICK=1  # the same in short, to try it out, into bin/bench
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"slipway/bench/result"
	"slipway/bench/rig"
	"slipway/internal/devs3"
)

func init() { runtime.LockOSThread() } // see proc.Start

func main() {
	devs3.RunChild()
	rig.RunMemory()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	*rig.World
	size   size
	signer string // the beginning of the names of the signers that are measured
	report *result.Report
	whole  map[*result.Table]bool // those that are measured, whatever becomes of their part
}

// part measures one thing and adds its tables to the report.
type part struct {
	name    string
	measure func(*bench, context.Context) error
}

var parts = []part{{"sign", (*bench).sign}, {"batch", (*bench).batch}, {"calls", (*bench).calls}, {"bytes", (*bench).bytes}, {"scale", (*bench).scale}, {"cluster", (*bench).cluster}, {"footprint", (*bench).footprint}, {"idle", (*bench).idle}, {"browser", (*bench).browser}}

func run() error {
	var programs rig.Programs
	quick := flag.Bool("quick", false, "short runs, to try it out")
	busy := flag.Bool("busy", false, "measure also where the machine has other work; the short form always does")
	only := flag.String("only", "", "parts to run, such as sign,batch (default all)")
	signer := flag.String("signer", "", "only signers whose name begins so, such as Slipway")
	out := flag.String("out", "bin/bench/results", "where the results go")
	flag.StringVar(&programs.Broker, "broker", "bin/bench/broker", "our program")
	flag.StringVar(&programs.Tusd, "tusd", "bin/bench/tusd", "tusd's")
	flag.StringVar(&programs.Peers, "peers", "bench/peers", "where the servers for Node are")
	flag.Parse()
	for _, path := range []*string{&programs.Broker, &programs.Tusd, &programs.Peers} {
		var err error
		if *path, err = filepath.Abs(*path); err != nil { // servers run in a folder of their own
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if !*quick && !*busy {
		if err := untilIdle(ctx, load1, 5*time.Second, patience); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	world, err := rig.Open(ctx, dir, programs)
	if err != nil {
		return err
	}
	b := &bench{World: world, size: sizes[*quick], signer: *signer, whole: map[*result.Table]bool{}}
	b.report = &result.Report{At: time.Now(), Quick: *quick, Machine: machine(), Versions: versions(programs), Goals: goals}
	err = b.run(ctx, *only)
	b.report.Machine.LoadAfter = load1()
	if ctx.Err() != nil { // half a run is none
		return errors.Join(err, world.Close())
	}
	return errors.Join(err, world.Close(), b.write(*out))
}

// run measures the parts that are named, or all. What one part cannot do does
// not keep the next from its figures.
func (b *bench) run(ctx context.Context, only string) error {
	wanted := strings.Split(only, ",")
	var failed []error
	for _, p := range parts {
		if only != "" && !slices.Contains(wanted, p.name) {
			continue
		}
		began, before := time.Now(), len(b.report.Tables)
		if err := p.measure(b, ctx); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			for _, t := range b.report.Tables[before:] { // half a part is none
				if !b.whole[t] {
					t.FailAll("failed")
				}
			}
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %v\n", p.name, time.Since(began).Round(time.Second))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// table begins one; its rows come as they are measured.
func (b *bench) table(name, title, text string, metrics ...result.Metric) *result.Table {
	t := &result.Table{Name: name, Title: title, Text: text, Metrics: metrics}
	b.report.Tables = append(b.report.Tables, t)
	return t
}

// write leaves nothing of an earlier run: a figure that was not measured now
// must not look as if it was.
func (b *bench) write(out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(out, "*.svg"))
	if err != nil {
		return err
	}
	for _, picture := range old {
		if err := os.Remove(picture); err != nil {
			return err
		}
	}
	body, err := json.MarshalIndent(b.report, "", " ")
	if err != nil {
		return err
	}
	files := map[string]string{"results.json": string(body) + "\n", "README.md": b.report.Markdown()}
	for _, t := range b.report.Tables {
		for name, svg := range t.Pictures() {
			files[name] = svg
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "bench: results are in %s\n", out)
	return nil
}
