package httpapi

import (
	"errors"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// wholeNumbers takes a whole number however it is written: to JSON, 3600, 3600.0
// and 3.6e3 are one number, and many libraries write a float that way.
var wholeNumbers = json.WithUnmarshalers(json.JoinUnmarshalers(json.UnmarshalFromFunc(readWhole[int]), json.UnmarshalFromFunc(readWhole[int64])))

var errNotWhole = errors.New("not a whole number that fits")

// maxWhole is how far every whole number has a float of its own.
const maxWhole = 1 << 53

func readWhole[N int | int64](d *jsontext.Decoder, n *N) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	text, err := d.ReadValue()
	if err != nil {
		return err
	}
	whole, err := strconv.ParseInt(string(text), 10, strconv.IntSize)
	if err == nil {
		*n = N(whole)
		return nil
	}
	float, err := strconv.ParseFloat(string(text), 64)
	if err != nil || float != math.Trunc(float) || math.Abs(float) > maxWhole {
		return errNotWhole
	}
	*n = N(float)
	return nil
}
