package session

import (
	"crypto/md5" //nolint:gosec // S3 defines a multipart ETag as an MD5 of MD5s
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// S3's limits, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11-22).
const (
	MaxPartNumber = 10_000
	MinPartSize   = 5 << 20 // bytes; the last part may be smaller
	MaxPartSize   = 5 << 30 // bytes
)

// PartNumber is S3's: 1 to MaxPartNumber.
type PartNumber int

// UploadID is S3's name for a multipart upload.
type UploadID string

// ETag is what S3 answered, with its quotes, exactly as sent.
type ETag string

// ParseETag takes an ETag with or without its quotes (some clients drop them)
// and returns it with them.
func ParseETag(s string) (ETag, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`)
	if bare == "" || len(bare) > 1022 || strings.ContainsFunc(bare, func(r rune) bool { return r == '"' || r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("not an ETag: %d bytes", len(s))
	}
	return ETag(`"` + bare + `"`), nil
}

// md5 returns the digest an ETag of a single part is, where it is one.
func (e ETag) md5() ([]byte, bool) {
	sum, err := hex.DecodeString(strings.Trim(string(e), `"`))
	return sum, err == nil && len(sum) == md5.Size
}

// ChecksumAlgorithm belongs to an upload as a whole: S3 answers 400 to a part
// that brings a checksum nobody announced, and to one that lacks it.
type ChecksumAlgorithm string

// The algorithms a session can be opened with. Browsers and phones have
// SHA-256 natively.
const (
	NoChecksum ChecksumAlgorithm = "none"
	SHA256     ChecksumAlgorithm = "sha256"
)

// Checksum is a SHA-256 in base64, as in x-amz-checksum-sha256; that of a
// whole multipart object ends in "-" and the number of parts.
type Checksum string

// base64Size is how long the base64 of a SHA-256 is.
const base64Size = (sha256.Size + 2) / 3 * 4

// ParseChecksum accepts the base64 of exactly 32 bytes.
func ParseChecksum(s string) (Checksum, error) {
	var sum [base64Size]byte
	if len(s) != base64Size {
		return "", fmt.Errorf("not the base64 of a SHA-256: %d bytes", len(s))
	}
	if n, err := base64.StdEncoding.Strict().Decode(sum[:], []byte(s)); err != nil || n != sha256.Size {
		return "", fmt.Errorf("not the base64 of a SHA-256: %d bytes", len(s))
	}
	return Checksum(s), nil
}

// Part is one part, as S3 lists it, as a recorder reported it, or as a claim
// says it should be. In a claim ETag and Checksum may be empty.
type Part struct {
	Number   PartNumber
	Size     int64 // bytes
	ETag     ETag
	Checksum Checksum
	StoredAt time.Time // LastModified; from ListParts only
}

// partsDigest names a list of parts: two lists with the same digest make the
// same CompleteMultipartUpload request.
func partsDigest(parts []Part) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %d %s %s\n", p.Number, p.Size, p.ETag, p.Checksum)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// multipartETag is the ETag S3 gives an object completed from parts: the MD5
// of the parts' MD5s, a dash and their number. It is empty when a part's ETag
// is no MD5. With SSE-KMS it is not what S3 answers, so it can only confirm.
func multipartETag(parts []Part) ETag {
	h := md5.New() //nolint:gosec // see the import
	for _, p := range parts {
		sum, ok := p.ETag.md5()
		if !ok {
			return ""
		}
		h.Write(sum)
	}
	return ETag(fmt.Sprintf(`"%x-%d"`, h.Sum(nil), len(parts)))
}

// compositeChecksum is S3's checksum of a multipart object: the SHA-256 of the
// parts' SHA-256s, a dash and their number. It is empty when one is missing.
func compositeChecksum(parts []Part) Checksum {
	h := sha256.New()
	for _, p := range parts {
		sum, err := base64.StdEncoding.DecodeString(string(p.Checksum))
		if err != nil || len(sum) != sha256.Size {
			return ""
		}
		h.Write(sum)
	}
	return Checksum(fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(parts)))
}

func totalSize(parts []Part) (sum int64) {
	for _, p := range parts {
		sum += p.Size
	}
	return sum
}
