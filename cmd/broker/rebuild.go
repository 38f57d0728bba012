package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"slipway/internal/app"
	"slipway/internal/session"
)

type rebuildCmd struct {
	app.RebuildSettings `embed:""`

	IDs []string `arg:"" optional:"" name:"id" help:"IDs of sessions: look for these and no others; or - to read them from standard input, separated by white space."`
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
no part.

MinIO lists unfinished uploads by their exact key alone. There an unfinished upload
comes back by its token, or here if you name its session: give the IDs that your
application has kept.`
}

// Run rebuilds, and says what came back. SIGINT and SIGTERM end it; what it
// did until then stays.
func (c *rebuildCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.RebuildSettings); err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	ids, err := c.named(os.Stdin)
	if err != nil {
		return err
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
	done, err := app.Rebuild(ctx, c.RebuildSettings, ids, tell)
	if err != nil {
		return fmt.Errorf("%w\nuntil then %s; run it again for the rest", err, summary(done))
	}
	fmt.Println(summary(done))
	return nil
}

// named are the sessions to look for; nil means all.
func (c *rebuildCmd) named(stdin io.Reader) (ids []session.ID, err error) {
	words := c.IDs
	if slices.Contains(words, "-") {
		if len(words) > 1 {
			return nil, usage("- must stand alone, because then everything comes from standard input")
		}
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, err
		}
		words, ids = strings.Fields(string(text)), []session.ID{} // an empty list means none, and not all
	}
	for _, word := range words {
		id, err := session.ParseID(word)
		if err != nil {
			return nil, usage("%.40q is not the ID of a session: those are 29 letters and digits", word)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func summary(r session.Rebuilt) string {
	return fmt.Sprintf("%d of %d recordings and %d of %d unfinished uploads are known again; the other %d were known already, are too old, are empty or are not ours",
		r.Restored, r.Objects, r.Adopted, r.Uploads, r.Skipped)
}
