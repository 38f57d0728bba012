//go:build linux

// Command providers runs the production program, and the recorder in Chromium,
// over S3 servers that nobody here wrote, each started on loopback. It measures
// each by `broker doctor`, sends recordings through all that befalls them, and
// writes down what it saw: docs/providers.md, docs/providers/results.json, and
// the profiles that internal/provider goes by.
//
//	make providers            # all of them
//	make elsewhere            # Debian's Ceph RGW alone, in short; a part of make test
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"slipway/e2e/providers/result"
	"slipway/internal/devs3"
)

func init() { runtime.LockOSThread() } // see proc.Start

func main() {
	devs3.RunChild()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "providers:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	only  []string // servers to run; all unless given
	quick bool     // without what takes minutes
	write bool     // into the documentation and internal/provider
	dir   string   // of what servers keep and log
}

// allWithin bounds the run of one server, its installation aside.
const allWithin = 45 * time.Minute

func run() error {
	only := flag.String("only", strings.Join(names, ","), "servers to run")
	o := options{}
	flag.BoolVar(&o.quick, "quick", false, "leave out what takes minutes, and fail where something is worse than was written down")
	flag.BoolVar(&o.write, "write", false, "write down what was seen")
	document := flag.Bool("page", false, "make the documentation of what was written down, and run nothing")
	flag.Parse()
	if *document {
		return page()
	}
	o.only = strings.Split(*only, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if o.dir, err = os.MkdirTemp("", "slipway-providers-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir) //nolint:errcheck // a temporary folder
	program := filepath.Join(o.dir, "broker")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "slipway/cmd/broker").CombinedOutput(); err != nil {
		return fmt.Errorf("cmd/broker does not build: %s", out)
	}
	report := &result.Report{}
	var failed []error
	for _, name := range o.only {
		ran, err := one(ctx, program, name, o)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
		if ran != nil {
			report.Servers = append(report.Servers, *ran)
		}
	}
	fmt.Print(report.Matrix())
	if ctx.Err() != nil { // half a run is none
		return errors.Join(append(failed, ctx.Err())...)
	}
	return errors.Join(append(failed, judge(report, o))...)
}

// judge holds a run against what doctor says and what was written down, and
// writes it down.
func judge(report *result.Report, o options) error {
	var wrong []error
	for _, s := range report.Servers {
		wrong = append(wrong, s.Contradictions()...)
	}
	switch {
	case o.write:
		wrong = append(wrong, write(report))
	case o.quick:
		before, err := result.Read(resultsFile)
		if err != nil {
			return err
		}
		wrong = append(wrong, before.Worse(report)...)
	}
	return errors.Join(wrong...)
}

// one runs everything over one server.
func one(ctx context.Context, program, name string, o options) (*result.Server, error) {
	began := time.Now()
	srv, err := start(ctx, name, filepath.Join(o.dir, name))
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	ran := &result.Server{Name: name, Day: time.Now().UTC().Format(time.DateOnly), Title: srv.Title, Version: srv.Version, StartMs: time.Since(began).Milliseconds()}
	ctx, cancel := context.WithTimeout(ctx, allWithin)
	defer cancel()
	s, err := open(ctx, program, srv, filepath.Join(o.dir, name+"-broker"))
	if err != nil {
		return ran, err
	}
	defer s.close()
	if ran.Rules, err = s.rules(ctx); err != nil {
		return ran, err
	}
	if ran.Doctor, ran.Profile, err = s.doctor(ctx); err != nil {
		return ran, err
	}
	if err := s.serve(ctx); err != nil {
		return ran, err
	}
	for _, c := range checks {
		if o.quick && c.long {
			continue
		}
		done := s.check(ctx, c)
		if ran.Checks = append(ran.Checks, done); !o.quick {
			fmt.Fprintf(os.Stderr, "providers: %s: %s: %s %s (%.1f s)\n", name, c.name, done.Outcome, done.Saw, float64(done.TookMs)/1000)
		}
	}
	return ran, ctx.Err()
}
