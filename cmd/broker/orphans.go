package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"slipway/internal/client"
	"slipway/internal/session"
)

type orphansCmd struct {
	List  orphansListCmd  `cmd:"" help:"List multipart uploads that no live session has, and what they cost."`
	Abort orphansAbortCmd `cmd:"" help:"Free the parts of such uploads."`
}

type orphansListCmd struct {
	connection
	output
}

// Run prints the listing page by page.
func (c *orphansListCmd) Run() error {
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	rows := newList(c.output, func(o client.Orphan) string { return string(o.UploadID) }, orphanColumns)
	for page, err := range broker.Orphans(ctx) {
		if err != nil {
			return err
		}
		if err := rows.add(page.Orphans...); err != nil {
			return err
		}
	}
	rows.header()
	return rows.end()
}

var orphanColumns = []column[client.Orphan]{
	{title: "KEY", min: 45, cell: func(o client.Orphan) string { return printable(string(o.Key)) }},
	{title: "REASON", min: 12, cell: func(o client.Orphan) string { return printable(string(o.Reason)) }},
	{title: "AGE", min: 6, right: true, cell: func(o client.Orphan) string { return spanText(o.AgeMs) }},
	{title: "PARTS", min: 5, right: true, cell: func(o client.Orphan) string { return strconv.Itoa(o.Parts) }},
	{title: "BYTES", min: 10, right: true, cell: func(o client.Orphan) string { return sizeText(o.Bytes) }},
	{title: "USD/MONTH", right: true, cell: func(o client.Orphan) string { return fmt.Sprintf("%.4f", o.MonthlyCostUSD) }},
	{title: "ADOPTED AT", min: 20, cell: func(o client.Orphan) string { return instantText(o.AdoptAt) }},
	{title: "UPLOAD ID", cell: func(o client.Orphan) string { return printable(string(o.UploadID)) }},
}

type orphansAbortCmd struct {
	connection
	output

	UploadIDs []string `arg:"" name:"upload-id" help:"Upload IDs; or - to read what orphans list -o ndjson prints."`
	Key       string   `name:"key" placeholder:"KEY" help:"Key of the uploads. Required, except with -."`
}

// Run aborts one upload after the other.
func (c *orphansAbortCmd) Run() error {
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	targets, err := targetsOf(c.UploadIDs, c.named, listedOrphan)
	if err != nil {
		return err
	}
	rows := newList(c.output, func(o orphanTarget) string { return string(o.UploadID) }, orphanTargetColumns)
	err = forEach(targets, func(o orphanTarget) error {
		if err := broker.AbortOrphan(ctx, o.Key, o.UploadID); err != nil {
			return err
		}
		raw, err := json.Marshal(o) // the API's answer is empty
		if err != nil {
			return err
		}
		return rows.add(client.Answer[orphanTarget]{V: o, JSON: raw})
	})
	return cmp.Or(err, rows.end())
}

// orphanTarget is an upload to abort.
type orphanTarget struct {
	Key      session.Key      `json:"key"`
	UploadID session.UploadID `json:"upload_id"`
}

func (o orphanTarget) String() string { return string(o.UploadID) }

func (c *orphansAbortCmd) named(upload string) (orphanTarget, error) {
	if c.Key == "" {
		return orphanTarget{}, usage("--key: is required, because an upload is named by its key and its ID")
	}
	return orphanTarget{session.Key(c.Key), session.UploadID(upload)}, nil
}

func listedOrphan(o orphanTarget) error {
	if o.Key == "" || o.UploadID == "" {
		return errors.New("is not what orphans list -o ndjson prints, with key and upload_id")
	}
	return nil
}

var orphanTargetColumns = []column[orphanTarget]{
	{title: "KEY", min: 45, cell: func(o orphanTarget) string { return printable(string(o.Key)) }},
	{title: "ABORTED UPLOAD", cell: func(o orphanTarget) string { return printable(string(o.UploadID)) }},
}
