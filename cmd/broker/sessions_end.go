package main

import (
	"cmp"
	"context"
	"errors"

	"slipway/internal/client"
	"slipway/internal/session"
)

// endCmd ends sessions: those that are named, or those of a list.
type endCmd struct {
	connection
	output

	IDs []string `arg:"" name:"id" help:"IDs of sessions; or - to read what sessions list -o ndjson prints. Sessions that changed since are left alone."`
}

type (
	completeCmd struct{ endCmd }
	salvageCmd  struct{ endCmd }
	abortCmd    struct{ endCmd }
)

// Help is what `broker sessions complete --help` says first.
func (completeCmd) Help() string {
	return `Completes with the claim that what S3 has is the whole recording. S3 must have every
part from 1 on, and every part that was reported. Only the recorder knows whether
more parts were to come.`
}

func (c *completeCmd) Run() error { return c.each((*client.Client).Complete) }
func (c *salvageCmd) Run() error  { return c.each((*client.Client).Salvage) }
func (c *abortCmd) Run() error    { return c.each((*client.Client).Abort) }

// each ends every session, one after the other.
func (c *endCmd) each(end func(*client.Client, context.Context, session.ID, session.Revision) (client.Answer[client.Ended], error)) error {
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	targets, err := targetsOf(c.IDs, namedSession, listedSession)
	if err != nil {
		return err
	}
	rows := newList(c.output, func(e client.Ended) string { return string(e.ID) }, endedColumns)
	err = forEach(targets, func(t sessionTarget) error {
		done, err := end(broker, ctx, t.ID, t.Revision)
		if err != nil {
			return err
		}
		return rows.add(done)
	})
	return cmp.Or(err, rows.end())
}

// sessionTarget is a session to end. At Revision 0 it is ended whatever it did
// since.
type sessionTarget struct {
	ID       session.ID       `json:"id"`
	Revision session.Revision `json:"revision"`
}

func (t sessionTarget) String() string { return string(t.ID) }

func namedSession(text string) (sessionTarget, error) {
	id, err := session.ParseID(text)
	if err != nil {
		return sessionTarget{}, notAnID(text)
	}
	return sessionTarget{ID: id}, nil
}

// listedSession requires the revision too, because a list shows an earlier
// state.
func listedSession(row sessionTarget) error {
	if _, err := session.ParseID(string(row.ID)); err != nil || row.Revision < 1 {
		return errors.New("is not what sessions list -o ndjson prints, with id and revision")
	}
	return nil
}

var endedColumns = []column[client.Ended]{
	{title: "ID", min: 29, cell: func(e client.Ended) string { return printable(string(e.ID)) }},
	{title: "STATE", min: 10, cell: func(e client.Ended) string { return printable(string(e.State)) }, colour: func(e client.Ended) string { return stateColour(e.State) }},
	{title: "OUTCOME", min: 9, cell: func(e client.Ended) string { return printable(string(e.Outcome)) }},
	{title: "BYTES", min: 10, right: true, cell: func(e client.Ended) string {
		if e.State != session.Completed {
			return ""
		}
		return sizeText(e.Size)
	}},
	{title: "MISSING", cell: func(e client.Ended) string {
		if len(e.Missing) == 0 {
			return ""
		}
		return client.Numbers(e.Missing)
	}},
}
