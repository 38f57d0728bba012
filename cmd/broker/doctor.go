package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/app"
	"slipway/internal/doctor"
	"slipway/internal/provider"
)

type doctorCmd struct {
	app.DoctorSettings `embed:""`

	WriteProfile string `name:"write-profile" placeholder:"FILE" help:"Write what the S3 provider can do to a file, for BROKER_S3_PROFILE."`

	Output string `name:"output" short:"o" enum:"table,json" default:"table" help:"${enum}. docs/ops.md has the fields."`
}

// Help is what `broker doctor --help` says first.
func (doctorCmd) Help() string {
	return `Takes the settings of broker serve and asks Redis and S3. For each check it says
whether all is well, what it saw, and the line that mends it. It uploads a recording
of a few bytes under BROKER_KEY_PREFIX, completes it, plays it and deletes it. It
leaves nothing behind. Brokers may be at work meanwhile.

Ends with 0 if nothing failed, 1 if something did, 2 if the settings are wrong or
nothing could be checked.`
}

// Run checks and reports. SIGINT and SIGTERM end it; it then removes what it
// uploaded.
func (c *doctorCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.DoctorSettings); err != nil {
		return usage("settings:\n%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	report, err := app.Diagnose(ctx, c.DoctorSettings)
	if err != nil {
		return ended{exitUsage, err}
	}
	if c.Output == "json" {
		err = printReport(report)
	} else {
		err = printChecks(report)
	}
	if c.WriteProfile != "" && report.Profile != nil {
		err = errors.Join(err, report.Profile.Write(c.WriteProfile))
	}
	if failed := report.Count(doctor.Fail); failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d checks failed", failed, len(report.Checks)))
	}
	return err
}

func printReport(report doctor.Report) error {
	text, err := json.Marshal(report, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(text, '\n'))
	return err
}

var statusColour = map[doctor.Status]string{doctor.OK: "32", doctor.Skipped: "2", doctor.Warn: "33", doctor.Fail: "31"}

// printChecks prints each check, and how to mend it on a line of its own that
// you can copy.
func printChecks(report doctor.Report) error {
	out, colour := bufio.NewWriter(os.Stdout), colourful(os.Stdout)
	names := 0
	for _, c := range report.Checks {
		names = max(names, len(c.Name))
	}
	for _, c := range report.Checks {
		status := pad(string(c.Status), len(doctor.Skipped), false)
		if colour {
			status = "\x1b[" + statusColour[c.Status] + "m" + status + "\x1b[0m"
		}
		saw := c.Saw
		if c.Of != "" {
			saw = c.Of + ": " + saw
		}
		writeLine(out, status+"  "+pad(c.Name, names, false)+"  "+printable(saw))
		if c.Mend != "" {
			writeLine(out, pad("", len(doctor.Skipped)+2, false)+"mend: "+printable(c.Mend))
		}
	}
	printRows(out, report)
	writeLine(out, fmt.Sprintf("\n%d ok, %d warnings, %d failed, %d skipped", report.Count(doctor.OK), report.Count(doctor.Warn), report.Count(doctor.Fail), report.Count(doctor.Skipped)))
	return out.Flush()
}

// printRows prints what was found of the S3 provider, beside what a broker
// assumes until it learns otherwise.
func printRows(out *bufio.Writer, report doctor.Report) {
	if report.Profile == nil {
		return
	}
	rows := slices.Insert(provider.Rows(report.Profile, report.Expected), 0, provider.Row{Fact: "the S3 provider", Found: "found", Expected: report.Expected.Title})
	facts, found := 0, 0
	for _, row := range rows {
		facts, found = max(facts, len(row.Fact)), max(found, len(row.Found))
	}
	writeLine(out, "")
	for _, row := range rows {
		writeLine(out, pad(row.Fact, facts, false)+"  "+pad(row.Found, found, false)+"  "+printable(row.Expected))
	}
}
