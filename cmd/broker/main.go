// Command broker opens multipart uploads, signs the URLs with which recorders
// PUT their parts straight to S3, and completes. `broker serve --help` is the
// reference of all settings.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"slipway/internal/app"
)

type cli struct {
	Serve   serveCmd   `cmd:"" help:"Serve the HTTP API and the pages."`
	Keys    keysCmd    `cmd:"" help:"Make keys."`
	Fetch   fetchCmd   `cmd:"" help:"Download a finished recording."`
	Rebuild rebuildCmd `cmd:"" help:"Tell Redis again what the bucket knows."`
}

func main() {
	var mistakes app.Mistakes
	options := append(mistakes.Mappers(),
		kong.Name("broker"), kong.Description("Recordings slide straight into S3."), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}), kong.Bind(&mistakes))
	ctx := kong.Parse(&cli{}, options...)
	if err := ctx.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "broker: %v\n", err)
		os.Exit(1)
	}
}
