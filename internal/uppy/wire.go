package uppy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"slipway/internal/partlist"
	"slipway/internal/session"
)

// The JSON shapes of Companion 6.2.2, as far as Uppy reads and writes them.

type openRequest struct {
	Filename string         `json:"filename"`
	Type     string         `json:"type"`
	Metadata map[string]any `json:"metadata"`
}

type openAnswer struct {
	Key      session.Key `json:"key"`
	UploadID string      `json:"uploadId"`
}

type listedPart struct {
	Number session.PartNumber `json:"PartNumber"`
	ETag   session.ETag       `json:"ETag"`
	Size   int64              `json:"Size"`
}

type signAnswer struct {
	URL     string `json:"url"`
	Expires int64  `json:"expires"` // seconds
}

type signManyAnswer struct {
	URLs map[string]string `json:"presignedUrls"`
}

type completeRequest struct {
	Parts partlist.List[claimedPart] `json:"parts"`
}

type claimedPart struct {
	Number int    `json:"PartNumber"`
	ETag   string `json:"ETag"`
}

type completeAnswer struct {
	Location string      `json:"location"`
	Key      session.Key `json:"key"`
}

// domain is the request in our words. The metadata is what the page gave Uppy as
// a file's meta. Of it name, type and size are Uppy's own or the page's words for
// what a session has fields for.
func (q openRequest) domain() (session.OpenRequest, error) {
	open := session.OpenRequest{ContentType: q.Type, Unsized: true, Metadata: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(q.Metadata)) {
		value, err := text(name, q.Metadata[name])
		if err != nil {
			return open, err
		}
		switch name {
		case "name":
			open.Name = value
		case "type":
		case "size":
			if open.Size, err = size(value); err != nil {
				return open, err
			}
		default:
			if err := put(open.Metadata, name, value); err != nil {
				return open, err
			}
		}
	}
	open.Name = shorten(cmp.Or(open.Name, q.Filename))
	return open, nil
}

// put keeps a value under its name as S3 can have it: S3 knows no capital letters
// in names, and proxies drop headers with underscores.
func put(metadata map[string]string, name, value string) error {
	if value == "" { // a field of a form that nobody filled in, or Uppy's relativePath
		return nil
	}
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if _, twice := metadata[name]; twice {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonDuplicateField, Field: "metadata", Detail: "two names in metadata become one in S3, which knows neither capital letters nor _"}
	}
	metadata[name] = value
	return nil
}

// text is a value as Companion's URLs would have it.
func text(name string, value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", wrong("metadata", session.ReasonWrongType, "metadata.%s is neither a text nor a number; leave it out with allowedMetaFields", shorten(name))
}

// size is the total, where the page says it. It is the only word that anybody has
// of it before all has arrived.
func size(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, wrong("metadata", session.ReasonWrongType, "metadata.size is not a whole number of bytes")
	}
	return n, nil
}

// shorten cuts a name to what is kept. Those of files may be longer.
func shorten(name string) string {
	if len(name) <= session.MaxNameBytes {
		return name
	}
	cut := session.MaxNameBytes
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut]
}

func (q completeRequest) domain() (session.Claim, error) {
	var claim session.Claim
	for i, p := range q.Parts {
		etag, err := session.ParseETag(p.ETag)
		if err != nil {
			at := fmt.Sprintf("parts[%d].ETag", i)
			return claim, wrong(at, session.ReasonBadETag, "%s: %s", at, err)
		}
		claim.Parts = append(claim.Parts, session.Part{Number: session.PartNumber(p.Number), ETag: etag})
	}
	return claim, nil
}

func wrong(field string, reason session.Reason, format string, args ...any) error {
	return &session.Error{Kind: session.Invalid, Reason: reason, Field: field, Detail: fmt.Sprintf(format, args...)}
}
