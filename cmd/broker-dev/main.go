// Command broker-dev is all of Slipway on one machine in one command: the
// broker with its pages, an S3 server that keeps recordings under ./.slipway,
// and a Redis that forgets everything when it ends. It is for development and
// tests; its S3 and its Redis are not made for more.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"slipway/internal/devs3"
)

type flags struct {
	Listen      string   `default:"127.0.0.1:8080" help:"Address of the broker and its pages, host:port; port 0 takes a free one."`
	Data        string   `default:".slipway" help:"Folder for recordings and keys. They are there again at the next start."`
	ReadyFile   string   `placeholder:"PATH" help:"Once everything answers, write addresses and keys as JSON to this file. It holds secrets."`
	PublicHost  string   `placeholder:"HOST" help:"Name or address under which other machines reach this one, such as a phone in the same network. Listens on all interfaces unless --listen says otherwise."`
	TLS         bool     `name:"tls" help:"Serve https with a self-signed certificate. Except on localhost, browsers record only over https."`
	AllowOrigin []string `placeholder:"ORIGIN" help:"Also let pages on this origin record, such as http://localhost:3000."`
	S3As        string   `name:"s3-as" placeholder:"NAME" help:"Let its S3 refuse what another provider is said to refuse: b2, coreweave, gcs, oracle, r2 or scaleway; or lock, a bucket that retains what is stored. The broker uses the profile of that provider."`
	Source      string   `placeholder:"DIR" type:"existingdir" help:"Serve the modules of this folder (web/ of a checkout) unbundled, so that a reload shows a change."`
	Verbose     bool     `help:"Log every request, and not only failures."`
}

func main() {
	devs3.RunChild()
	var f flags
	kong.Parse(&f, kong.Name("broker-dev"), kong.Description("Slipway on one machine, for development."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	err := run(ctx, f)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		fmt.Fprintf(os.Stderr, "broker-dev: %v\nAnother program has the port. Choose one with --listen, or --listen 127.0.0.1:0 for any that is free.\n", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintf(os.Stderr, "broker-dev: %v\n", err)
		os.Exit(1)
	}
}
