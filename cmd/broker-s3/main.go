// Command broker-s3 is the S3 server of docker-compose.yml: internal/devs3 as
// a program of its own. It keeps one copy of each recording in a folder of one
// machine, and has one key. Use it on a single machine, or to try Slipway. It
// refuses what AWS refuses, and does not store a PUT that was cut.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"slipway/internal/devs3"
)

type flags struct {
	Serve  serveCmd  `cmd:"" default:"withargs" help:"Serve until SIGTERM."`
	Health healthCmd `cmd:"" help:"Ask the server in the same container whether it answers: ends with 0, or with 1."`
}

type serveCmd struct {
	Listen    string `env:"S3_LISTEN" default:"127.0.0.1:7070" help:"Address to listen on, host:port."`
	Data      string `env:"S3_DATA" default:"data" help:"Folder for the objects."`
	Bucket    string `env:"S3_BUCKET" default:"recordings" help:"The bucket. The server makes it if it is missing."`
	Region    string `env:"S3_REGION" default:"us-east-1" help:"Its region."`
	AccessKey string `env:"S3_ACCESS_KEY" required:"" help:"The one access key."`
	SecretKey string `env:"S3_SECRET_KEY" required:"" help:"Its secret. Use the environment, because others can read a command line."`
}

// startWithin bounds the start on a busy machine.
const startWithin = time.Minute

// Run serves. Running requests may take a few seconds more after it is asked
// to end.
func (c *serveCmd) Run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	server, err := devs3.Start(starting, devs3.Config{Addr: c.Listen, Dir: c.Data, Bucket: c.Bucket, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	if err != nil {
		return err
	}
	fmt.Printf("serving bucket %s at %s\n", server.Bucket, server.Endpoint)
	select {
	case <-ctx.Done():
		return server.Close()
	case <-server.Exited():
		return errors.Join(errors.New("the S3 server ended"), server.Close())
	}
}

type healthCmd struct {
	Listen string `env:"S3_LISTEN" default:"127.0.0.1:7070" help:"Where it listens."`
}

// healthWithin is less than a container's probe usually waits.
const healthWithin = 3 * time.Second

// Run asks without a signature, because any answer will do.
func (c *healthCmd) Run() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: healthWithin, Transport: &http.Transport{}} // through no proxy
	res, err := client.Get("http://" + net.JoinHostPort("localhost", port))
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func main() {
	devs3.RunChild()
	var f flags
	if err := kong.Parse(&f, kong.Name("broker-s3"), kong.Description("An S3 server over a folder, for one machine.")).Run(); err != nil {
		fmt.Fprintf(os.Stderr, "broker-s3: %v\n", err)
		os.Exit(1)
	}
}
