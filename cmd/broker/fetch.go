package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"slipway/internal/app"
	"slipway/internal/fetch"
	"slipway/internal/session"
)

type fetchCmd struct {
	app.S3Settings `embed:""`

	ID    string `arg:"" help:"ID of the recording."`
	Out   string `name:"out" short:"o" required:"" placeholder:"FILE" help:"Where to write the recording. The bytes are collected in FILE.part, so FILE is either whole or not there."`
	Force bool   `help:"Replace FILE, and a FILE.part that is left over."`
}

// Run downloads, and says what it verified. SIGINT and SIGTERM end it; it then
// leaves nothing behind.
func (c *fetchCmd) Run(mistakes *app.Mistakes) error {
	if err := mistakes.Resolve(&c.S3Settings); err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	id, err := session.ParseID(c.ID)
	if err != nil {
		return fmt.Errorf("%q is not the ID of a recording: those are 29 letters and digits, as after /watch/ in a link", c.ID)
	}
	if c.Out == "-" {
		return errors.New("-o - cannot work, because the parts arrive in any order and are checked at the end; name a file")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	clients, err := app.OpenS3(ctx, c.S3Settings)
	if err != nil {
		return err
	}
	source := fetch.Source{Client: clients.Control, Bucket: c.Bucket, Key: string(id.Key(c.KeyPrefix)), OpaqueETags: c.OpaqueETags()}
	var o fetch.Options
	if o.Force = c.Force; term.IsTerminal(int(os.Stderr.Fd())) {
		bars := &bars{}
		defer bars.clear()
		o.Progress = bars.next
	}
	report, err := fetch.To(ctx, source, c.Out, o)
	switch {
	case errors.Is(err, fetch.ErrNotFound):
		return fmt.Errorf("%w: the session is still open, or was aborted or deleted; or it belongs to another BROKER_BUCKET or BROKER_KEY_PREFIX", err)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w; --force replaces it", err)
	case err != nil:
		return err
	}
	fmt.Printf("%s: %s\n", c.Out, report)
	return nil
}

// bars shows the progress of one stage after the other, on stderr.
type bars struct{ last *progressbar.ProgressBar }

func (b *bars) next(stage string, total int64) io.Writer {
	b.last = progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(stage),
		progressbar.OptionShowBytes(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(true))
	return b.last
}

// clear removes the bar before the last message.
func (b *bars) clear() {
	if b.last != nil {
		_ = b.last.Clear()
	}
}
