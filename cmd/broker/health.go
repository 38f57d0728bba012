package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthWithin is less than a container's probe usually waits.
const healthWithin = 5 * time.Second

type healthCmd struct {
	Listen string `name:"listen" env:"BROKER_LISTEN" default:"127.0.0.1:8080" help:"Where the broker listens: as for broker serve."`
	Ready  bool   `name:"ready" help:"Ask also whether S3 and Redis answer the broker. Use this to decide who gets traffic, and not whom to restart."`
}

// Help is what `broker health --help` says first.
func (healthCmd) Help() string {
	return `Asks the broker in the same container whether it answers, for probes in images that
hold no other program. Ends with 0 if the broker answers, and with 1 if it does not.`
}

func (c *healthCmd) Run() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usage("BROKER_LISTEN: %q is not host:port", c.Listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	path := "/healthz"
	if c.Ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Transport{}).RoundTrip(req) // through no proxy
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, res.Status)
	}
	return nil
}
