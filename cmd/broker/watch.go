package main

import (
	"context"
	"errors"

	"slipway/internal/client"
	"slipway/internal/session"
)

type watchCmd struct {
	connection

	Output string `name:"output" short:"o" enum:"table,ndjson" default:"table" help:"${enum}. ndjson has the API's fields unchanged, one object a line."`
	Quiet  bool   `name:"quiet" short:"q" help:"IDs of sessions only, one a line."`
}

// Help is what `broker watch --help` says first.
func (watchCmd) Help() string {
	return `Prints what happens to sessions as it happens, beginning with the last 10 seconds,
until you interrupt it. If the connection is lost, the command says so and goes on
where it was. Events are kept only for a while: the listing is the truth.`
}

// Run prints events until SIGINT or SIGTERM, which is how it is meant to end.
func (c *watchCmd) Run() error {
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	rows := newList(output{c.Output, c.Quiet}, func(e client.Event) string { return string(e.Session) }, eventColumns)
	for event, err := range broker.Events(ctx, complain) {
		switch {
		case err != nil && errors.Is(ctx.Err(), context.Canceled):
			return nil
		case err != nil:
			return err
		}
		if err := rows.add(event); err != nil {
			return err
		}
	}
	return nil
}

var eventColumns = []column[client.Event]{
	{title: "AT", min: 20, cell: func(e client.Event) string { return instantText(e.At) }},
	{title: "EVENT", min: 9, cell: func(e client.Event) string { return printable(string(e.Type)) }, colour: func(e client.Event) string { return eventColour(e.Type) }},
	{title: "SESSION", min: 29, cell: func(e client.Event) string { return printable(string(e.Session)) }},
	{title: "BYTES", min: 10, right: true, cell: func(e client.Event) string {
		if e.Size == 0 {
			return ""
		}
		return sizeText(e.Size)
	}},
	{title: "OWNER", min: 12, cell: func(e client.Event) string { return ownerText(e.Owner) }},
	{title: "NAME", cell: func(e client.Event) string { return printable(e.Name) }},
}

// eventColour is red if a recording may have suffered.
func eventColour(t session.EventType) string {
	switch t {
	case session.EventCompleted:
		return "32"
	case session.EventSalvaged:
		return "33"
	case session.EventLost:
		return "31"
	case session.EventAborted:
		return "2"
	}
	return ""
}
