package redisstore

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/session"
)

// record is a session and where its parts are.
type record struct {
	session  *session.Session
	inline   string // entries
	hashed   bool   // the entries are in the hash instead
	partSize int64  // of entries that name none
	indexed  int64  // the last activity as the index has it, in ms
}

// decodeRecord reads what the scripts wrote; id gives the tag and the name.
func decodeRecord(id session.ID, value string) (*record, error) {
	head, rest, ok := strings.Cut(value, "\n")
	f := strings.Split(head, " ")
	if !ok || len(f) != 13 || f[0] != "1" {
		return nil, errUnreadable
	}
	var n [13]int64
	for _, i := range []int{1, 2, 3, 4, 5, 8, 9, 10, 12} { // 6 and 7 are operations, 11 a letter
		v, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil || v < 0 {
			return nil, errUnreadable
		}
		n[i] = v
	}
	if n[2] < 1 || n[2] > int64(len(states)) || n[12] > int64(len(rest)) || len(id) <= nameEnd {
		return nil, errUnreadable
	}
	s, err := decodeBody(rest[:n[12]])
	if err != nil {
		return nil, err
	}
	s.ID = id[:nameEnd] + s.ID
	s.Revision, s.State = session.Revision(n[1]), states[n[2]-1]
	s.ActiveAt, s.URLsExpireAt, s.LeaseUntil = instant(n[3]+sinceIndexed(f[7])), instant(n[4]), instant(n[5])
	s.PartsReported, s.BytesReported = int(n[8]), n[9]
	return &record{session: s, inline: rest[n[12]:], hashed: f[11] == "h", partSize: n[10], indexed: n[3]}, nil
}

// sinceIndexed is how many ms after the index has it the last activity was. It
// stands behind the operation of the last report; see common.lua.
func sinceIndexed(reported string) int64 {
	_, rest, _ := strings.Cut(reported, ";")
	text, _, _ := strings.Cut(rest, ";")
	ms, _ := strconv.ParseInt(text, 10, 64) // 0 where an older broker reported last
	return max(ms, 0)
}

// encodeBody makes the part of a record that the scripts do not read.
func encodeBody(s *session.Session) []byte {
	c := codec{out: make([]byte, 0, 256)}
	copied := *s
	c.session(&copied)
	return c.out
}

// decodeBody returns a session whose ID is only its type letter.
func decodeBody(b string) (*session.Session, error) {
	c := codec{in: &reader{s: b}}
	var s session.Session
	c.session(&s)
	if c.in.err != nil {
		return nil, fmt.Errorf("the record's body: %w", c.in.err)
	}
	return &s, nil
}

// codec writes fields to out, or fills them from in. That one list of fields
// serves both ways keeps them from drifting apart.
type codec struct {
	out []byte
	in  *reader // nil: write
}

// session goes through the fields. The order is stored: new ones go to the
// end of extras, and are read only where c.in has more. What a newer broker
// appended is skipped.
func (c *codec) session(s *session.Session) {
	code := c.code(s.ID)
	text(c, &code)
	s.ID = session.ID(code)
	text(c, &s.Owner)
	text(c, &s.Name)
	text(c, &s.ContentType)
	text(c, &s.Algorithm)
	text(c, &s.UploadID)
	c.int(&s.PartSize)
	c.int(&s.MaxBytes)
	text(c, &s.OnAbandon)
	c.time(&s.OpenedAt)
	c.time(&s.ExpiresAt)
	text(c, &s.Request)
	if optional(c, &s.Intent) {
		c.intent(s.Intent)
	}
	if optional(c, &s.Result) {
		text(c, &s.Result.Outcome)
		c.int(&s.Result.Size)
		text(c, &s.Result.ETag)
		text(c, &s.Result.Claimed)
		text(c, &s.Result.Checksum)
	}
	c.extras(s)
}

func (c *codec) intent(i *session.Intent) {
	text(c, &i.Outcome)
	text(c, &i.Digest)
	parts := int64(i.Parts)
	c.int(&parts)
	i.Parts = int(parts)
	c.int(&i.Size)
	text(c, &i.ETag)
	text(c, &i.Checksum)
}

// code is the type letter of an ID: the name is in the key.
func (*codec) code(id session.ID) string {
	if len(id) <= nameEnd {
		return ""
	}
	return string(id[nameEnd:])
}

// optional goes through whether there is a *v, and makes one to fill.
func optional[T any](c *codec, v **T) bool {
	there := *v != nil
	c.bool(&there)
	if c.in != nil && there {
		*v = new(T)
	}
	return there
}

func (c *codec) int(v *int64) {
	if c.in == nil {
		c.out = binary.AppendVarint(c.out, *v)
		return
	}
	*v = c.in.varint()
}

// time keeps milliseconds, and tells the zero time from 1970.
func (c *codec) time(t *time.Time) {
	var ms int64
	if !t.IsZero() {
		ms = t.UnixMilli() + 1
		if ms <= 0 {
			ms--
		}
	}
	c.int(&ms)
	switch {
	case c.in == nil || ms == 0:
	case ms > 0:
		*t = time.UnixMilli(ms - 1).UTC()
	default:
		*t = time.UnixMilli(ms).UTC()
	}
}

// A text is a varint and what it calls for: its lower two bits are the form,
// the rest a length or an index.
const (
	formLiteral = 0 // length, then the bytes
	formWord    = 1 // index into words
	formHex     = 2 // length, then the bytes that the text is the hex of
	formBase64  = 3 // length, the index into alphabets, then the bytes that the text is the base64 of
)

// alphabets are those that upload IDs are written in: a quarter less of 128
// characters matters here, as jemalloc rounds a record of 650 bytes up to 768.
// They are stored by index: new ones go to the end.
var alphabets = []*base64.Encoding{
	// AWS: https://docs.amazonaws.cn/AmazonS3/latest/gsg/example_s3_CreateMultipartUpload_section.html (read 2026-11-22)
	base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._").WithPadding('-'),
	base64.RawURLEncoding, // MinIO
}

// minBase64 is the length from which a text is tried as base64: below, there
// is little to gain.
const minBase64 = 40

// words are texts that most records have, kept as one byte. It is stored: new
// words go to the end, and an older broker cannot read a record that has one.
var words = []string{
	"", "none", "sha256", "salvage", "abort", "completed", "salvaged",
	"video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm", "audio/webm;codecs=opus", "audio/webm", "video/mp4", "audio/mp4",
	"video/webm; codecs=vp9,opus", "video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/quicktime",
}

func text[T ~string](c *codec, v *T) {
	if c.in == nil {
		c.out = appendText(c.out, string(*v))
		return
	}
	*v = T(readText(c.in))
}

func appendText(b []byte, s string) []byte {
	if i := slices.Index(words, s); i >= 0 {
		return binary.AppendUvarint(b, uint64(i)<<2|formWord) //nolint:gosec // an index
	}
	if bits := make([]byte, len(s)/2); len(s)%2 == 0 && unhex(bits, s) {
		b = binary.AppendUvarint(b, uint64(len(bits))<<2|formHex)
		return append(b, bits...)
	}
	if len(s) >= minBase64 {
		for i, alphabet := range alphabets {
			// Only what comes back as it was: the decoder skips newlines.
			if bits, err := alphabet.DecodeString(s); err == nil && alphabet.EncodeToString(bits) == s {
				b = append(binary.AppendUvarint(b, uint64(len(bits))<<2|formBase64), byte(i))
				return append(b, bits...)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s))<<2|formLiteral)
	return append(b, s...)
}

func readText(r *reader) string {
	v := r.uvarint()
	switch n := v >> 2; {
	case r.err != nil:
	case v&3 == formLiteral:
		return r.take(n)
	case v&3 == formHex:
		return hex.EncodeToString([]byte(r.take(n)))
	case v&3 == formWord && n < uint64(len(words)):
		return words[n]
	case v&3 == formBase64:
		if i := int(r.bytes(1)[0]); i < len(alphabets) {
			return alphabets[i].EncodeToString([]byte(r.take(n)))
		}
		r.err = errUnreadable
	default:
		r.err = errUnreadable
	}
	return ""
}
