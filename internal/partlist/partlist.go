// Package partlist reads lists of parts out of requests. They are the longest
// that there are in any, and come from anybody.
package partlist

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

// List is a list of parts in a request. It ends decoding at the first entry
// that is too many: 4 MB of them, empty ones, would take 269 MB.
type List[W any] []W

// UnmarshalJSONFrom reads a list; of anything else json says what it is.
func (l *List[W]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '[' {
		return errors.ErrUnsupported
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if len(*l) == session.MaxPartNumber {
			return tooMany(d.StackPointer().Parent().LastToken())
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
