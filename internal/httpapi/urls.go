package httpapi

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

// partURLs is a list of signed parts on the wire. There may be 10,000 of them,
// so they are written as they are, without a second copy in between.
type partURLs struct {
	signed []session.SignedPart
	now    time.Time
}

func (s *server) urls(signed []session.SignedPart) partURLs { return partURLs{signed, s.now()} }

// MarshalJSONTo writes the PartURLs of api/openapi.yaml.
func (u partURLs) MarshalJSONTo(enc *jsontext.Encoder) error {
	w := tokens{enc: enc}
	w.put(jsontext.BeginArray)
	var at time.Time
	var expires jsontext.Token // the same for all of a batch
	for _, p := range u.signed {
		if p.ExpiresAt != at {
			at = p.ExpiresAt
			expires = jsontext.String(instant(at).Format(time.RFC3339Nano))
		}
		w.put(jsontext.BeginObject)
		w.put(jsontext.String("number"), jsontext.Int(int64(p.Number)))
		w.put(jsontext.String("url"), jsontext.String(string(p.URL)))
		w.put(jsontext.String("headers"), jsontext.BeginObject)
		w.put(jsontext.String("content-length"), jsontext.String(strconv.FormatInt(p.Size, 10)))
		if p.Checksum != "" {
			w.put(jsontext.String("x-amz-checksum-sha256"), jsontext.String(string(p.Checksum)))
		}
		w.put(jsontext.EndObject)
		w.put(jsontext.String("expires_at"), expires)
		w.put(jsontext.String("expires_in_ms"), jsontext.Int(max(0, at.Sub(u.now).Milliseconds())))
		w.put(jsontext.EndObject)
	}
	w.put(jsontext.EndArray)
	return w.err
}

// tokens writes JSON tokens until the first error.
type tokens struct {
	enc *jsontext.Encoder
	err error
}

func (w *tokens) put(list ...jsontext.Token) {
	for _, t := range list {
		if w.err == nil {
			w.err = w.enc.WriteToken(t)
		}
	}
}
