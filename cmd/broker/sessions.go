package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"slipway/internal/client"
	"slipway/internal/session"
)

type sessionsCmd struct {
	List     sessionsListCmd `cmd:"" help:"List sessions, the longest idle first."`
	Show     sessionsShowCmd `cmd:"" help:"Show one session and what S3 has of it."`
	Complete completeCmd     `cmd:"" help:"Complete sessions of which S3 has every part."`
	Salvage  salvageCmd      `cmd:"" help:"Complete sessions from the parts that arrived."`
	Abort    abortCmd        `cmd:"" help:"Give sessions up and free their parts."`
}

type sessionsListCmd struct {
	connection
	output

	State string        `name:"state" enum:",open,completing,completed,aborting,aborted,deleted" default:"" placeholder:"STATE" help:"Only sessions in this state: open, completing, completed, aborting, aborted or deleted. Without it, those that are not finished."`
	Idle  time.Duration `name:"idle" placeholder:"DURATION" help:"Only sessions that showed no sign of life for this long, such as 30m or 24h."`
	Owner string        `name:"owner" placeholder:"OWNER" help:"Only this owner's."`
	Limit int           `name:"limit" placeholder:"N" help:"At most this many. Without it, all."`
}

// Run prints the listing page by page.
func (c *sessionsListCmd) Run() error {
	if c.Limit < 0 || c.Idle < 0 {
		return usage("--limit and --idle cannot be below zero")
	}
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	rows := newList(c.output, func(s client.Session) string { return string(s.ID) }, sessionColumns)
	q := client.Query{State: session.State(c.State), IdleFor: c.Idle, Owner: session.Owner(c.Owner), Limit: c.Limit}
	for page, err := range broker.Sessions(ctx, q) {
		if err != nil {
			return err
		}
		for _, id := range page.Unreadable {
			fmt.Fprintf(os.Stderr, "broker: %s: the broker cannot read its record\n", printable(string(id)))
		}
		if err := rows.add(page.Sessions...); err != nil {
			return err
		}
	}
	rows.header()
	return rows.end()
}

var sessionColumns = []column[client.Session]{
	{title: "ID", min: 29, cell: func(s client.Session) string { return printable(string(s.ID)) }},
	{title: "STATE", min: 10, cell: func(s client.Session) string { return printable(string(s.State)) }, colour: func(s client.Session) string { return stateColour(s.State) }},
	{title: "IDLE", min: 6, right: true, cell: func(s client.Session) string { return spanText(s.IdleMs) }},
	{title: "PARTS", min: 5, right: true, cell: func(s client.Session) string { return strconv.Itoa(s.PartsReported) }},
	{title: "BYTES", min: 10, right: true, cell: func(s client.Session) string { return sizeText(max(s.BytesReported, s.Size)) }},
	{title: "OWNER", min: 12, cell: func(s client.Session) string { return ownerText(s.Owner) }},
	{title: "NAME", cell: func(s client.Session) string { return printable(s.Name) }},
}

// ownerText is "-" for nobody.
func ownerText(o session.Owner) string {
	if o == "" {
		return "-"
	}
	return printable(string(o))
}

type sessionsShowCmd struct {
	connection
	output

	ID string `arg:"" help:"ID of the session."`
}

// Run prints one session.
func (c *sessionsShowCmd) Run() error {
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	id, err := session.ParseID(c.ID)
	if err != nil {
		return notAnID(c.ID)
	}
	seen, err := broker.Show(ctx, id)
	if err != nil {
		return err
	}
	return printOne(c.output, c.ID, seen.JSON, sessionFields(seen.V))
}

func notAnID(text string) error {
	return ended{exitNotFound, fmt.Errorf("not-found (bad-id): %s is not the ID of a session: those are 29 letters and digits", printable(text))}
}

func sessionFields(s client.Session) []field {
	f := []field{
		{"id", printable(string(s.ID))}, {"state", printable(string(s.State))}, {"revision", strconv.FormatInt(int64(s.Revision), 10)},
		{"owner", ownerText(s.Owner)}, {"name", printable(s.Name)}, {"content type", printable(s.ContentType)}, {"checksum", printable(s.Checksum)},
		{"opened", instantText(s.OpenedAt)}, {"idle", spanText(s.IdleMs)}, {"if abandoned", printable(string(s.OnAbandon))}, {"finish", printable(s.Finish)},
		{"part size", sizeText(s.PartSize)}, {"reported", fmt.Sprintf("%d parts, %s", s.PartsReported, sizeText(s.BytesReported))},
	}
	if !s.State.Finished() {
		f = append(f, field{"in S3", fmt.Sprintf("%d parts, %s", len(s.Parts), sizeText(s.Bytes))})
	}
	if s.State == session.Completed {
		f = append(f, field{"outcome", printable(string(s.Outcome))}, field{"size", sizeText(s.Size)})
	}
	if len(s.Missing) > 0 {
		f = append(f, field{"missing", client.Numbers(s.Missing)})
	}
	return f
}
