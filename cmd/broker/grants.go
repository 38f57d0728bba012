package main

import (
	"time"

	"slipway/internal/app"
	"slipway/internal/client"
	"slipway/internal/session"
)

type grantsCmd struct {
	New newGrantCmd `cmd:"" help:"Mint a grant. Anybody who has it can open sessions for one owner. With -q only the grant is printed."`
}

type newGrantCmd struct {
	connection
	output

	Owner        string        `name:"owner" required:"" placeholder:"OWNER" help:"Owner of the recordings."`
	TTL          time.Duration `name:"ttl" placeholder:"DURATION" help:"How long the grant is good, in whole seconds, such as 15m. Default: the broker's, 1 hour."`
	MaxBytes     app.Bytes     `name:"max-bytes" placeholder:"SIZE" help:"The most bytes that a session may take, such as 500MiB. Default: the broker's limit."`
	ContentTypes []string      `name:"content-type" placeholder:"TYPE" help:"What may be recorded, such as video/webm or audio/*; can be repeated. Default: video/* and audio/*."`
	MaxOpen      int           `name:"max-open" placeholder:"N" help:"The most sessions that the owner may have open at once. Default: the broker's limit."`
	Origin       string        `name:"origin" placeholder:"ORIGIN" help:"Only pages of this origin may use the grant, such as https://app.example. Default: anybody who has it."`
}

// Run mints a grant and prints it.
func (c *newGrantCmd) Run() error {
	if c.TTL < 0 || c.TTL%time.Second != 0 || c.MaxOpen < 0 {
		return usage("--ttl takes whole seconds, and neither --ttl nor --max-open may be below zero")
	}
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	made, err := broker.NewGrant(ctx, client.GrantRequest{
		Owner: session.Owner(c.Owner), TTLSeconds: int64(c.TTL / time.Second), MaxBytes: int64(c.MaxBytes), ContentTypes: c.ContentTypes,
		MaxOpen: c.MaxOpen, Origin: c.Origin,
	})
	if err != nil {
		return err
	}
	return printOne(c.output, made.V.Grant, made.JSON, []field{
		{"owner", ownerText(made.V.Owner)}, {"expires", instantText(made.V.ExpiresAt)}, {"grant", printable(made.V.Grant)},
	})
}
