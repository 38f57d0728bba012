package session

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's Content-MD5, and an ETag
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
)

// ChecksumAlgorithm names the checksum that protects the bytes of a session's
// parts. It holds for the whole upload: S3 answers 400 to a part whose checksum was
// not announced when the upload was created, and to a part that lacks it.
type ChecksumAlgorithm string

// The algorithms a session can be opened with, besides AutoChecksum.
const (
	NoChecksum ChecksumAlgorithm = "none"
	SHA256     ChecksumAlgorithm = "sha256" // browsers and phones have it natively
	CRC32C     ChecksumAlgorithm = "crc32c" // composite; finds accidents, not attacks
	// MD5 is the header Content-MD5, which S3 has had from the beginning. It
	// belongs to each PUT and not to the upload. S3 does not keep it, but on most
	// servers a part's ETag is the same MD5.
	MD5 ChecksumAlgorithm = "md5"
)

// AutoChecksum asks for the best checksum that the provider has. It is only for
// open: the session gets the algorithm that was chosen.
const AutoChecksum ChecksumAlgorithm = "auto"

// algorithm is what is known of a ChecksumAlgorithm.
type algorithm struct {
	title  string
	header string // of a PUT, in lower case
	size   int    // bytes of a checksum
	new    func() hash.Hash
	kept   bool // S3 keeps it with the part, and wants it again at complete
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html (read 2026-11-29)
var (
	noAlgorithm algorithm
	withSHA256  = algorithm{"a SHA-256", "x-amz-checksum-sha256", sha256.Size, sha256.New, true}
	withCRC32C  = algorithm{"a CRC32C", "x-amz-checksum-crc32c", crc32.Size, newCRC32C, true}
	withMD5     = algorithm{"an MD5", "content-md5", md5.Size, md5.New, false}
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newCRC32C() hash.Hash { return crc32.New(castagnoli) }

func (a ChecksumAlgorithm) facts() *algorithm {
	switch a {
	case SHA256:
		return &withSHA256
	case CRC32C:
		return &withCRC32C
	case MD5:
		return &withMD5
	}
	return &noAlgorithm
}

// Header is the name of the header with a part's checksum, in lower case. It is
// empty for NoChecksum.
func (a ChecksumAlgorithm) Header() string { return a.facts().header }

// Kept reports whether S3 keeps these checksums with the parts. If it does, create
// must name the algorithm and complete must name the checksums.
func (a ChecksumAlgorithm) Kept() bool { return a.facts().kept }

// Sum returns the checksum of a part's bytes; empty for NoChecksum.
func (a ChecksumAlgorithm) Sum(body []byte) Checksum {
	sum, _ := a.SumOf(bytes.NewReader(body)) // which does not fail
	return sum
}

// SumOf returns the checksum of everything in body. For NoChecksum it returns the
// empty one and reads nothing.
func (a ChecksumAlgorithm) SumOf(body io.Reader) (Checksum, error) {
	if a.facts().new == nil {
		return "", nil
	}
	h := a.facts().new()
	if _, err := io.Copy(h, body); err != nil {
		return "", err
	}
	return encode(h.Sum(nil)), nil
}

// known reports whether a session can have a.
func (a ChecksumAlgorithm) known() bool { return a == NoChecksum || a.facts().new != nil }

// length is how many characters a checksum has in base64.
func (a *algorithm) length() int { return (a.size + 2) / 3 * 4 }

// Checksum is the checksum of a part in base64, as in its header. Its length tells
// the algorithm. The checksum of a whole multipart object is composite: it ends in
// "-" and the number of parts.
type Checksum string

func encode(sum []byte) Checksum { return Checksum(base64.StdEncoding.EncodeToString(sum)) }

// ParseChecksum returns an error unless s is base64 of as many bytes as a checksum
// of one of the algorithms has.
func ParseChecksum(s string) (Checksum, error) {
	c := Checksum(s)
	of := c.Algorithm()
	if of == NoChecksum {
		return "", fmt.Errorf("%d characters are no checksum: in base64 %s has %d, %s %d and %s %d", len(s),
			withSHA256.title, withSHA256.length(), withMD5.title, withMD5.length(), withCRC32C.title, withCRC32C.length())
	}
	var room [sha256.Size + 2]byte
	if _, ok := c.decode(room[:]); !ok {
		return "", fmt.Errorf("%d characters, and not the base64 of %s", len(s), of.facts().title)
	}
	return c, nil
}

// Algorithm returns the algorithm of c, which it knows by c's length.
func (c Checksum) Algorithm() ChecksumAlgorithm {
	switch len(c) {
	case withSHA256.length():
		return SHA256
	case withCRC32C.length():
		return CRC32C
	case withMD5.length():
		return MD5
	}
	return NoChecksum
}

// decode writes the bytes of c into room. It returns false if c is no checksum.
func (c Checksum) decode(room []byte) ([]byte, bool) {
	size := c.Algorithm().facts().size
	if size == 0 {
		return nil, false
	}
	n, err := base64.StdEncoding.Strict().Decode(room, []byte(c)) // it skips newlines, so a checksum with a newline has too few bytes
	return room[:n], err == nil && n == size
}

// compositeChecksum returns S3's checksum of a multipart object: the checksum of
// the parts' checksums, a dash and the number of parts. It is empty if a part has no
// checksum, or if S3 does not keep checksums of this algorithm.
func compositeChecksum(parts []Part) Checksum {
	of := algorithmOfParts(parts)
	if !of.Kept() {
		return ""
	}
	h := of.facts().new()
	var room [sha256.Size + 2]byte
	for _, p := range parts {
		sum, ok := p.Checksum.decode(room[:])
		if !ok {
			return ""
		}
		h.Write(sum)
	}
	return Checksum(fmt.Sprintf("%s-%d", encode(h.Sum(nil)), len(parts)))
}

// checkSum refuses a checksum that is not of the session's algorithm.
func checkSum(s *Session, at place, c Checksum) error {
	want := s.Algorithm.facts()
	if c == "" || s.Algorithm == NoChecksum || c.Algorithm() == s.Algorithm {
		return nil
	}
	e := invalid(at.field("checksum"), ReasonBadChecksum, "%s has %d characters; this session was opened with %s, and the base64 of %s has %d",
		at.field("checksum"), len(c), s.Algorithm, want.title, want.length())
	e.Limit = int64(want.length())
	return e
}

// candidates returns the algorithms to try if a client asks for this one, the best
// first.
//
// If the provider is not known, the answer to Create tells whether it takes SHA-256
// or CRC32C. No answer tells that of Content-MD5. So a client that asks for md5 gets
// it. A client that asks for auto does not: auto comes from browsers, and the
// bucket's CORS rules may not allow the header.
func (l Limits) candidates(asked ChecksumAlgorithm) []ChecksumAlgorithm {
	switch {
	case asked == "" || asked == NoChecksum:
		return nil
	case asked == AutoChecksum && l.Checksums == nil:
		return []ChecksumAlgorithm{SHA256, CRC32C}
	case asked == AutoChecksum:
		return l.Checksums
	case l.Checksums == nil || slices.Contains(l.Checksums, asked):
		return []ChecksumAlgorithm{asked}
	}
	return nil
}

// algorithmOf returns the algorithm of an upload that was found in S3: as S3 lists
// it, or as its parts show. S3 keeps nothing of MD5, so the answer is MD5 if asked
// may have become that.
func (b *Broker) algorithmOf(u ListedUpload, parts []Part, asked ChecksumAlgorithm) ChecksumAlgorithm {
	if u.Algorithm != NoChecksum {
		return u.Algorithm
	}
	of := algorithmOfParts(parts)
	if !of.Kept() && slices.Contains(b.Limits.candidates(asked), MD5) {
		return MD5
	}
	return of
}

// algorithmOfParts returns the algorithm of which every part has a checksum.
func algorithmOfParts(parts []Part) ChecksumAlgorithm {
	if len(parts) == 0 || slices.ContainsFunc(parts, func(p Part) bool { return len(p.Checksum) != len(parts[0].Checksum) }) {
		return NoChecksum
	}
	return parts[0].Checksum.Algorithm()
}
