package main

import (
	"cmp"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"golang.org/x/term"

	"slipway/internal/app"
	"slipway/internal/client"
	"slipway/internal/session"
	"slipway/internal/upload"
)

type uploadCmd struct {
	connection
	output

	Files       []string          `arg:"" name:"file" help:"Files to upload, one after the other."`
	Owner       string            `name:"owner" placeholder:"OWNER" help:"Owner of the recordings."`
	Name        string            `name:"name" placeholder:"NAME" help:"Name for people, and for the downloaded file. Default: the file's own."`
	ContentType string            `name:"content-type" placeholder:"TYPE" help:"Such as video/mp4. Default: what the file's extension says."`
	Metadata    map[string]string `name:"metadata" placeholder:"NAME=VALUE" help:"Kept with the object; can be repeated."`
	PartSize    app.Bytes         `name:"part-size" placeholder:"SIZE" help:"Size of a part, 5MiB to 5GiB. Default: the broker's."`
	Parallel    int               `name:"parallel" placeholder:"N" default:"4" help:"How many parts to send at once, 1 to 64."`
	Anew        bool              `name:"anew" help:"Begin again, and ignore what is left of an earlier upload."`
}

// Help is what `broker upload --help` says first.
func (uploadCmd) Help() string {
	return `The bytes go straight to S3. Until all of them are there, FILE.upload beside the
file keeps what is needed to go on; it holds a session token. Give the same command
again to send what S3 does not have. S3 compares each part with its checksum. If an
upload is killed after its last part, the broker completes it.`
}

// uploaded is what the command prints about a file.
type uploaded struct {
	File     string                    `json:"file"`
	ID       session.ID                `json:"id"`
	WatchURL string                    `json:"watch_url"`
	Size     int64                     `json:"size"`
	Sent     int64                     `json:"sent_bytes"`
	Parts    int                       `json:"parts"`
	Checksum session.ChecksumAlgorithm `json:"checksum"`
}

var uploadedColumns = []column[uploaded]{
	{title: "FILE", min: 10, cell: func(u uploaded) string { return printable(u.File) }},
	{title: "BYTES", min: 10, right: true, cell: func(u uploaded) string { return sizeText(u.Size) }},
	{title: "SENT", min: 10, right: true, cell: func(u uploaded) string { return sizeText(u.Sent) }},
	{title: "CHECKSUM", min: 8, cell: func(u uploaded) string { return printable(string(u.Checksum)) }},
	{title: "LINK", cell: func(u uploaded) string { return printable(u.WatchURL) }},
}

// fileName is a file to upload.
type fileName string

func (f fileName) String() string { return string(f) }

// Run uploads and prints the links.
func (c *uploadCmd) Run() error {
	switch {
	case c.Parallel < 1 || c.Parallel > 64:
		return usage("--parallel is 1 to 64")
	case slices.Contains(c.Files, "-"):
		return usage("- cannot work, because the length must be known beforehand and a killed upload reads the bytes again; name a file")
	case c.Name != "" && len(c.Files) > 1:
		return usage("--name takes one file, and these are %d", len(c.Files))
	}
	ctx, stop, broker, err := c.open()
	if err != nil {
		return err
	}
	defer stop()
	rows := newList(c.output, func(u uploaded) string { return string(u.ID) }, uploadedColumns)
	err = forEach(c.targets(), func(f fileName) error {
		o, err := c.options(string(f))
		if err != nil {
			return err
		}
		bars := &bars{}
		if term.IsTerminal(int(os.Stderr.Fd())) {
			o.Progress = bars.next
		}
		done, err := upload.File(ctx, broker, string(f), o)
		bars.clear()
		if err != nil {
			return err
		}
		row := uploaded{string(f), done.ID, done.WatchURL, done.Size, done.Sent, done.Parts, done.Checksum}
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		return rows.add(client.Answer[uploaded]{V: row, JSON: text})
	})
	return cmp.Or(err, rows.end())
}

func (c *uploadCmd) targets() iter.Seq2[fileName, error] {
	return func(yield func(fileName, error) bool) {
		for _, f := range c.Files {
			if !yield(fileName(f), nil) {
				return
			}
		}
	}
}

func (c *uploadCmd) options(file string) (upload.Options, error) {
	contentType := cmp.Or(c.ContentType, session.TypeOfFile(file))
	if contentType == "" {
		return upload.Options{}, usage("the extension is not one of a known kind of recording; name the kind with --content-type")
	}
	return upload.Options{
		Broker: c.URL, ContentType: contentType, Owner: session.Owner(c.Owner), Name: cmp.Or(c.Name, filepath.Base(file)),
		Metadata: c.Metadata, PartSize: int64(c.PartSize), Parallel: c.Parallel, Anew: c.Anew,
	}, nil
}
