// Command broker opens multipart uploads, signs the URLs with which recorders
// PUT their parts straight to S3, and completes the uploads. `broker serve
// --help` is the reference of all settings.
package main

import (
	"os"

	"github.com/alecthomas/kong"

	"slipway/internal/app"
	"slipway/web"
)

type cli struct {
	Serve      serveCmd      `cmd:"" help:"Serve the HTTP API and the pages."`
	Sessions   sessionsCmd   `cmd:"" help:"See and end sessions."`
	Watch      watchCmd      `cmd:"" help:"Watch what happens to sessions."`
	Orphans    orphansCmd    `cmd:"" help:"See and end uploads that no session has."`
	Grants     grantsCmd     `cmd:"" help:"Make grants."`
	Keys       keysCmd       `cmd:"" help:"Make keys."`
	Upload     uploadCmd     `cmd:"" help:"Upload files, and go on if an upload was killed."`
	Fetch      fetchCmd      `cmd:"" help:"Download a finished recording."`
	Rebuild    rebuildCmd    `cmd:"" help:"Refill an empty Redis from the bucket."`
	Doctor     doctorCmd     `cmd:"" help:"Check whether S3 and Redis do what the broker needs."`
	Health     healthCmd     `cmd:"" help:"Ask the broker on this machine whether it answers."`
	Bucket     bucketCmd     `cmd:"" help:"Set the bucket's own rules."`
	Completion completionCmd `cmd:"" help:"Make a shell complete the command line."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version and exit."`
}

func main() {
	var mistakes app.Mistakes
	options := append(mistakes.Mappers(),
		kong.Name("broker"), kong.Description("Recordings slide straight into S3."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}), kong.Bind(&mistakes), kong.Vars{"version": web.Version})
	ctx, err := kong.Must(&cli{}, options...).Parse(os.Args[1:])
	if err == nil {
		err = ctx.Run()
	}
	complain(err)
	os.Exit(codeOf(err))
}
