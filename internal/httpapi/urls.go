package httpapi

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// urlsAtOnce is how many bytes of an answer are collected before they are sent.
const urlsAtOnce = 64 << 10

// answers keeps buffers that are not in use, so that their memory is used again.
var answers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, urlsAtOnce+roomForURL)) }}

// roomForURL is more bytes than one entry takes in nearly every session.
const roomForURL = 2 << 10

// answerSigned answers the object v, with the signed parts as its last field. There may
// be 10,000 of them, so it writes them as text. Written token by token they took twice
// the time, most of it to look for characters to escape; as JSON values, each was read
// once more.
func (s *server) answerSigned(c echo.Context, status int, v any, signed []session.SignedPart) error {
	out := answers.Get().(*bytes.Buffer)
	defer answers.Put(out)
	out.Reset()
	if err := json.MarshalWrite(out, v, uniqueNames); err != nil {
		return err
	}
	out.Truncate(out.Len() - len("}"))
	out.WriteString(`,"urls":[`)
	now := s.now()
	var at time.Time
	end := make([]byte, 0, 96) // the same for all of a batch
	for i, p := range signed {
		if out.Len() >= urlsAtOnce {
			if err := emit(c, status, out); err != nil {
				return err
			}
		}
		if p.ExpiresAt != at || len(end) == 0 {
			at = p.ExpiresAt
			end = appendExpiry(end[:0], at, now)
		}
		text := out.AvailableBuffer()
		if i > 0 {
			text = append(text, ',')
		}
		text, err := appendSigned(text, p)
		if err != nil {
			return err
		}
		out.Write(append(text, end...))
	}
	out.WriteString("]}")
	return emit(c, status, out)
}

// emit begins the answer, if that is still to be done, and empties out into it.
func emit(c echo.Context, status int, out *bytes.Buffer) error {
	if !c.Response().Committed {
		begin(c, status, echo.MIMEApplicationJSON)
	}
	_, err := c.Response().Write(out.Bytes())
	out.Reset()
	return err
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
// that stand for themselves.
func appendText(b []byte, s string) ([]byte, error) {
	if !plain(s) {
		return jsontext.AppendQuote(b, s)
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

// plain says whether s is of characters that JSON takes as they are, and ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
