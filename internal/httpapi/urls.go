package httpapi

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

// partURLs is a list of signed parts on the wire. There may be 10,000 of them,
// so each is laid out as text in the encoder's own buffer: token by token it
// took twice the time, most of it to look for what has to be escaped.
type partURLs struct {
	signed []session.SignedPart
	now    time.Time
}

func (s *server) urls(signed []session.SignedPart) partURLs { return partURLs{signed, s.now()} }

// MarshalJSONTo writes the PartURLs of api/openapi.yaml.
func (u partURLs) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	var at time.Time
	var end []byte // the same for all of a batch
	for _, p := range u.signed {
		if p.ExpiresAt != at || end == nil {
			at = p.ExpiresAt
			end = appendExpiry(end[:0], at, u.now)
		}
		text, err := appendSigned(enc.AvailableBuffer(), p)
		if err == nil {
			err = enc.WriteValue(append(text, end...))
		}
		if err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

// appendSigned appends the beginning of p's object, up to when it ends.
func appendSigned(b []byte, p session.SignedPart) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"number":`...), int64(p.Number), 10)
	b, err := appendText(append(b, `,"url":`...), string(p.URL))
	if err != nil {
		return nil, err
	}
	b = strconv.AppendInt(append(b, `,"headers":{"content-length":"`...), p.Size, 10)
	b = append(b, '"')
	if p.Checksum != "" {
		b = append(append(append(b, `,"`...), p.Checksum.Algorithm().Header()...), `":`...)
		if b, err = appendText(b, string(p.Checksum)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendExpiry appends the end of an object that appendSigned began.
func appendExpiry(b []byte, at, now time.Time) []byte {
	b = instant(at).AppendFormat(append(b, `,"expires_at":"`...), time.RFC3339Nano)
	b = strconv.AppendInt(append(b, `","expires_in_ms":`...), max(0, at.Sub(now).Milliseconds()), 10)
	return append(b, '}')
}

// appendText appends s as a JSON string. URLs and checksums are of characters
// that stand for themselves; what would end the string is escaped, and anything
// else that JSON does not take fails WriteValue.
func appendText(b []byte, s string) ([]byte, error) {
	if strings.IndexByte(s, '"') >= 0 || strings.IndexByte(s, '\\') >= 0 {
		return jsontext.AppendQuote(b, s)
	}
	return append(append(append(b, '"'), s...), '"'), nil
}
