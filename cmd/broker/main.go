// Command broker opens multipart uploads, signs the URLs with which recorders
// PUT their parts straight to S3, and completes. `broker serve --help` is the
// reference of all settings.
package main

import (
	"os"

	"github.com/alecthomas/kong"

	"slipway/internal/app"
)

type cli struct {
	Serve      serveCmd      `cmd:"" help:"Serve the HTTP API and the pages."`
	Sessions   sessionsCmd   `cmd:"" help:"See and end sessions."`
	Watch      watchCmd      `cmd:"" help:"See what happens to sessions as it happens."`
	Orphans    orphansCmd    `cmd:"" help:"See and end uploads that no session has."`
	Grants     grantsCmd     `cmd:"" help:"Make grants."`
	Keys       keysCmd       `cmd:"" help:"Make keys."`
	Fetch      fetchCmd      `cmd:"" help:"Download a finished recording."`
	Rebuild    rebuildCmd    `cmd:"" help:"Tell Redis again what the bucket knows."`
	Doctor     doctorCmd     `cmd:"" help:"Look whether S3 and Redis do what the broker needs."`
	Bucket     bucketCmd     `cmd:"" help:"Set the bucket's own rules."`
	Completion completionCmd `cmd:"" help:"Make a shell complete the command line."`
}

func main() {
	var mistakes app.Mistakes
	options := append(mistakes.Mappers(),
		kong.Name("broker"), kong.Description("Recordings slide straight into S3."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}), kong.Bind(&mistakes))
	ctx, err := kong.Must(&cli{}, options...).Parse(os.Args[1:])
	if err == nil {
		err = ctx.Run()
	}
	complain(err)
	os.Exit(codeOf(err))
}
