package httpapi

import (
	"fmt"

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
func each[W interface{ domain() (D, string, error) }, D any](list string, parts []W) ([]D, error) {
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
