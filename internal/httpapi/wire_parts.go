package httpapi

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

type partToSign struct {
	Number   int    `json:"number"`
	Size     int64  `json:"size"`
	Checksum string `json:"checksum"`
}

type claimedPart struct {
	Number   int    `json:"number"`
	Size     int64  `json:"size"`
	ETag     string `json:"etag"`
	Checksum string `json:"checksum"`
}

// partList is a list of parts in a request. It ends decoding at the first entry
// that is too many: 4 MB of them, empty ones, would take 269 MB.
type partList[W any] []W

// UnmarshalJSONFrom reads a list; of anything else json says what it is.
func (l *partList[W]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '[' {
		return errors.ErrUnsupported
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if len(*l) == session.MaxPartNumber {
			return tooMany(fieldName(d.StackPointer().Parent()))
		}
		var none W
		*l = append(*l, none)
		if err := json.UnmarshalDecode(d, &(*l)[len(*l)-1]); err != nil { // in its place: nothing is allocated for it alone
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func tooMany(list string) error {
	return &session.Error{Kind: session.Invalid, Reason: session.ReasonOutOfRange, Field: list, Limit: session.MaxPartNumber,
		Detail: fmt.Sprintf("%s has more than %d entries", list, session.MaxPartNumber)}
}

// domain returns the part, or the name of the field at fault and what is wrong
// with it.
func (p partToSign) domain() (session.PartToSign, string, error) {
	sum, err := checksum(p.Checksum)
	return session.PartToSign{Number: session.PartNumber(p.Number), Size: p.Size, Checksum: sum}, "checksum", err
}

func (p claimedPart) domain() (session.Part, string, error) {
	part := session.Part{Number: session.PartNumber(p.Number), Size: p.Size}
	if p.ETag != "" {
		tag, err := session.ParseETag(p.ETag)
		if err != nil {
			return part, "etag", err
		}
		part.ETag = tag
	}
	sum, err := checksum(p.Checksum)
	part.Checksum = sum
	return part, "checksum", err
}

func checksum(text string) (session.Checksum, error) {
	if text == "" {
		return "", nil
	}
	return session.ParseChecksum(text)
}

var badField = map[string]session.Reason{"etag": session.ReasonBadETag, "checksum": session.ReasonBadChecksum}

// each turns a list of wire parts into domain parts, naming the first bad one.
func each[W interface{ domain() (D, string, error) }, D any](list string, parts partList[W]) ([]D, error) {
	out := make([]D, len(parts))
	for i, w := range parts {
		d, field, err := w.domain()
		if err != nil {
			at := fmt.Sprintf("%s[%d].%s", list, i, field)
			return nil, &session.Error{Kind: session.Invalid, Reason: badField[field], Field: at, Detail: at + ": " + err.Error()}
		}
		out[i] = d
	}
	return out, nil
}
