package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"slipway/internal/app"
	"slipway/internal/session"
)

type rebuildCmd struct {
	app.RebuildSettings `embed:""`
}

// Help is what `broker rebuild --help` says first.
func (rebuildCmd) Help() string {
	return `For a Redis that was lost. Recordings that are finished, for as long as
BROKER_KEEP_RECORD would have kept their records, and uploads that are not finished
are known again, to the listing and to what looks after abandoned sessions. It can
be repeated, and run while brokers work; without it tokens and watch links work as
well, each session coming back when it is first asked for.

What the bucket does not know cannot come back: how many sessions each owner has
open (quotas count from nothing), which sessions were being aborted, what was
aborted or deleted, webhooks that were not delivered yet, past events, and whether
a finished recording was salvaged: it counts as completed. An unfinished upload has
no owner until its token is used or it is completed, and none comes back that holds
no part.`
}

// Run rebuilds and says what came back. SIGINT and SIGTERM end it; what was
// done until then stays done.
func (c *rebuildCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.RebuildSettings); err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	tell := func(session.Rebuilt) {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		tell = func(r session.Rebuilt) {
			fmt.Fprintf(os.Stderr, "\r%d recordings and %d unfinished uploads looked at", r.Objects, r.Uploads)
		}
		defer fmt.Fprintln(os.Stderr)
	}
	done, err := app.Rebuild(ctx, c.RebuildSettings, tell)
	if err != nil {
		return fmt.Errorf("%w\nuntil then %s; run it again for the rest", err, summary(done))
	}
	fmt.Println(summary(done))
	return nil
}

func summary(r session.Rebuilt) string {
	return fmt.Sprintf("%d of %d recordings and %d of %d unfinished uploads are known again; the other %d were known already, are too old, empty or none of ours",
		r.Restored, r.Objects, r.Adopted, r.Uploads, r.Skipped)
}
