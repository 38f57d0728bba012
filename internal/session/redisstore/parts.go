package redisstore

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"slipway/internal/session"
)

// An entry is one part as Redis keeps it; common.lua describes the bytes. The
// number leaves the two upper bits of its two bytes to the flags.
const (
	textETag     = 0x8000
	explicitSize = 0x4000
	md5Bytes     = 16
	sizeBytes    = 5
	maxSize      = 1<<(8*sizeBytes) - 1
)

// appendParts appends an entry for each part, its size always explicit: only
// the script knows which sizes can be left out.
func appendParts(b []byte, parts []session.Part) ([]byte, error) {
	for _, p := range parts {
		if p.Number < 1 || p.Number > session.MaxPartNumber || p.Size < 0 || p.Size > maxSize || len(p.ETag) > math.MaxUint16 {
			return nil, fmt.Errorf("part %d of %d bytes cannot be noted", p.Number, p.Size)
		}
		sum, ok := md5Of(p.ETag)
		head := uint16(p.Number) | explicitSize //nolint:gosec // checked above
		if !ok {
			head |= textETag
		}
		b = binary.BigEndian.AppendUint16(b, head)
		b = append(b, byte(p.Size>>32))
		b = binary.BigEndian.AppendUint32(b, uint32(p.Size)) //nolint:gosec // the byte above it is already there
		if ok {
			b = append(b, sum[:]...)
			continue
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(p.ETag))) //nolint:gosec // checked above
		b = append(b, p.ETag...)
	}
	return b, nil
}

// decodeParts reads entries and sorts them by number.
func decodeParts(s string, partSize int64) ([]session.Part, error) {
	r := reader{s: s}
	var parts []session.Part
	for len(r.s) > 0 && r.err == nil {
		head := binary.BigEndian.Uint16(r.bytes(2))
		p := session.Part{Number: session.PartNumber(head &^ (textETag | explicitSize)), Size: partSize}
		if head&explicitSize != 0 {
			b := r.bytes(sizeBytes)
			p.Size = int64(b[0])<<32 | int64(binary.BigEndian.Uint32(b[1:]))
		}
		if head&textETag != 0 {
			p.ETag = session.ETag(r.take(uint64(binary.BigEndian.Uint16(r.bytes(2)))))
		} else {
			p.ETag = session.ETag(`"` + hex.EncodeToString(r.bytes(md5Bytes)) + `"`)
		}
		parts = append(parts, p)
	}
	if r.err != nil {
		return nil, fmt.Errorf("after %d parts: %w", len(parts), r.err)
	}
	slices.SortFunc(parts, func(a, b session.Part) int { return cmp.Compare(a.Number, b.Number) })
	return parts, nil
}

// md5Of returns the MD5 that e is, if e is spelled as an MD5 always is: the
// bytes must bring back the very same text.
func md5Of(e session.ETag) (sum [md5Bytes]byte, ok bool) {
	if len(e) != 2+2*md5Bytes || e[0] != '"' || e[len(e)-1] != '"' {
		return sum, false
	}
	return sum, unhex(sum[:], string(e[1:len(e)-1]))
}

// unhex decodes lower-case hex digits into b, and no other spelling.
func unhex(b []byte, s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	_, err := hex.Decode(b, []byte(s))
	return err == nil
}

// reader takes a string apart. After the first error it hands out zeros, so
// that callers may look once at the end.
type reader struct {
	s   string
	err error
}

var errShort = errors.New("it ends too early")

func (r *reader) take(n uint64) string {
	if n > uint64(len(r.s)) {
		r.s, r.err = "", cmp.Or(r.err, errShort)
		return ""
	}
	taken := r.s[:n]
	r.s = r.s[n:]
	return taken
}

// bytes returns the next n bytes, zeros where there are too few.
func (r *reader) bytes(n int) []byte {
	b := make([]byte, n)
	copy(b, r.take(uint64(n))) //nolint:gosec // a small constant
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint([]byte(r.s[:min(len(r.s), binary.MaxVarintLen64)]))
	if n <= 0 {
		r.s, r.err = "", cmp.Or(r.err, errShort)
		return 0
	}
	r.s = r.s[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1) //nolint:gosec // zigzag, as binary.AppendVarint writes it
}
