package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"slipway/internal/app"
	"slipway/internal/bucketrules"
)

type bucketCmd struct {
	Apply applyCmd `cmd:"" help:"Set the CORS rule that lets pages PUT to the bucket, and the lifecycle rule that ends abandoned uploads."`
}

type applyCmd struct {
	app.BucketSettings `embed:""`

	Yes bool `help:"Make the changes. Without this flag they are only shown."`
}

// Help is what `broker bucket apply --help` says first.
func (applyCmd) Help() string {
	return `Sets one CORS rule for BROKER_CORS_ORIGINS and the broker's own pages, and one
lifecycle rule that ends unfinished uploads under BROKER_KEY_PREFIX when no recorder
can go on with them. The IDs of these rules begin with slipway-; all other rules stay
as they are. The command needs s3:GetBucketCORS, s3:PutBucketCORS,
s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration. A broker needs none
of these.

If this S3 server has no such rules, the command says so and goes on.
Ends with 0 if the rules are as wanted, 1 if that failed, 2 if the settings are wrong,
4 if there are changes to make and --yes was not given.`
}

// Run shows what differs, and changes it if --yes was given.
func (c *applyCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.BucketSettings); err != nil {
		return usage("settings:\n%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	plan, err := app.CompareBucket(ctx, c.BucketSettings)
	if err != nil {
		return err
	}
	if err := printPlan(plan); err != nil {
		return err
	}
	switch {
	case !plan.Changed():
		fmt.Println("nothing to do")
		return nil
	case !c.Yes:
		return ended{exitConflict, errors.New("nothing was changed; to make the changes, run it with --yes")}
	}
	if err := applyAll(ctx, plan); err != nil {
		return err
	}
	fmt.Println("done")
	return nil
}

// applyAll makes the changes. One kind of rules may work where the other does
// not. If the server has no such rules, applyAll says so and goes on.
func applyAll(ctx context.Context, plan bucketrules.Plan) error {
	var failed []error
	for _, kind := range plan {
		err := kind.Apply(ctx)
		if errors.Is(err, bucketrules.ErrRefused) {
			fmt.Println("passed over:", err)
			continue
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func printPlan(plan bucketrules.Plan) error {
	out := bufio.NewWriter(os.Stdout)
	colour := map[byte]string{}
	if colourful(os.Stdout) {
		colour = map[byte]string{'+': "32", '-': "31"}
	}
	for _, kind := range plan {
		if kind.Unsupported {
			writeLine(out, kind.Name+": this S3 server has none")
			continue
		}
		writeLine(out, kind.Name+":")
		for _, l := range kind.Lines {
			text := string(l.Mark) + " " + printable(l.Text)
			if paint := colour[l.Mark]; paint != "" {
				text = "\x1b[" + paint + "m" + text + "\x1b[0m"
			}
			writeLine(out, "  "+text)
		}
		for _, note := range kind.Notes {
			writeLine(out, "  note: "+printable(note))
		}
	}
	return out.Flush()
}
