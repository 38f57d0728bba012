package session

import (
	"crypto/md5" //nolint:gosec // S3 defines a multipart ETag as an MD5 of MD5s
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// S3's limits, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11-22).
const (
	MaxPartNumber = 10_000
	MinPartSize   = 5 << 20 // bytes; the last part may be smaller
	MaxPartSize   = 5 << 30 // bytes
)

// PartNumber is S3's number of a part: 1 to MaxPartNumber.
type PartNumber int

// UploadID is S3's name for a multipart upload.
type UploadID string

// ETag is the ETag that S3 answered, unchanged and with its quotes.
type ETag string

// MaxETagBytes is the length of the longest ETag that is kept, with its quotes. S3's
// own have 34 to 40 bytes. Those of other servers that we know have at most 66.
const MaxETagBytes = 128

// ParseETag reads an ETag with or without quotes (some clients drop them), and with
// or without W/ (a proxy that compresses adds it). It returns the ETag with quotes and
// without W/. For an ETag that is empty between its quotes it returns "".
func ParseETag(s string) (ETag, error) {
	quoted := strings.TrimPrefix(s, "W/")
	if quoted == `""` {
		return "", nil
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(quoted, `"`), `"`)
	if bare == "" || len(bare) > MaxETagBytes-2 || strings.ContainsFunc(bare, func(r rune) bool { return r == '"' || r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("not an ETag: %d bytes", len(s))
	}
	return ETag(`"` + bare + `"`), nil
}

// bare returns the ETag without quotes, W/ and the suffix of a proxy that
// compresses.
func (e ETag) bare() string {
	return gzipMark.ReplaceAllString(strings.Trim(strings.TrimPrefix(string(e), "W/"), `"`), "")
}

var gzipMark = regexp.MustCompile(`[-;]+gzip$`)

// is reports whether two ETags mean the same. Servers and proxies spell an ETag
// differently, so quotes, W/, the suffix of a proxy that compresses, and the case of
// hex do not count.
func (e ETag) is(other ETag) bool {
	a, b := e.bare(), other.bare()
	return a == b || hexETag.MatchString(a) && strings.EqualFold(a, b)
}

// hexETag matches the bare ETag of a part, and the bare ETag of a multipart object.
var hexETag = regexp.MustCompile(`^[0-9a-fA-F]+(-[0-9]+)?$`)

// md5 returns the MD5 that the ETag of a single part is, if it is one.
func (e ETag) md5() ([]byte, bool) {
	sum, err := hex.DecodeString(e.bare())
	return sum, err == nil && len(sum) == md5.Size
}

// Part is one part: as S3 lists it, as a recorder reported it, or as a claim says it
// should be. In a claim, ETag and Checksum may be empty.
type Part struct {
	Number   PartNumber
	Size     int64 // bytes
	ETag     ETag
	Checksum Checksum
	StoredAt time.Time // LastModified; from ListParts only
}

// partsDigest names a list of parts.
func partsDigest(parts []Part) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %d %s %s\n", p.Number, p.Size, p.ETag, p.Checksum)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// md5 returns the part's MD5, if its checksum or its ETag is one.
func (p Part) md5() ([]byte, bool) {
	if p.Checksum.Algorithm() == MD5 {
		return p.Checksum.decode(make([]byte, md5.Size+2))
	}
	return p.ETag.md5()
}

// MultipartETag returns the ETag that S3 gives an object made of parts: the MD5 of
// the parts' MD5s, a dash and the number of parts. It is empty if the MD5 of a part is
// not known. With SSE-KMS S3 answers another ETag. So an equal ETag proves that the
// object is the same, but another ETag does not prove that it differs.
func MultipartETag(parts []Part) ETag {
	h := md5.New() //nolint:gosec // see the import
	for _, p := range parts {
		sum, ok := p.md5()
		if !ok {
			return ""
		}
		h.Write(sum)
	}
	return ETag(fmt.Sprintf(`"%x-%d"`, h.Sum(nil), len(parts)))
}

func totalSize(parts []Part) (sum int64) {
	for _, p := range parts {
		sum += p.Size
	}
	return sum
}
