package presign

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"slipway/internal/session"
)

// Keep says how S3 keeps a file beside a recording. The file is encrypted and tagged as
// the recording is, so a rule that expires recordings by tags expires the file too. It
// has no storage class: classes for objects that are rarely read charge for a larger
// size than the file has. Parts need no Keep, because their upload was created with it.
type Keep struct {
	Encryption, KMSKey string
	Tagging            string // as a URL's query
}

// Keeping returns s with another Keep for such files.
func (s *Signer) Keeping(k Keep) *Signer {
	kept := *s
	kept.keep = k
	return &kept
}

// SignFile signs a PutObject: its length, its type, how S3 keeps it, and its checksum if
// it has one. ttl and errors are the same as for SignParts.
func (s *Signer) SignFile(ctx context.Context, key session.Key, f session.FileToSign, ttl time.Duration) (session.SignedFile, error) {
	now := s.now()
	signingKey, life, err := s.key(ctx, now, ttl)
	if err != nil {
		return session.SignedFile{}, err
	}
	now = now.Truncate(time.Second) // as X-Amz-Date has it, from which S3 counts
	headers := map[string]string{
		"content-length": strconv.FormatInt(f.Size, 10), "content-type": f.ContentType, f.Checksum.Algorithm().Header(): string(f.Checksum),
		"x-amz-server-side-encryption": s.keep.Encryption, "x-amz-server-side-encryption-aws-kms-key-id": s.keep.KMSKey, "x-amz-tagging": s.keep.Tagging,
	}
	maps.DeleteFunc(headers, func(_, value string) bool { return value == "" })
	url := single{method: http.MethodPut, key: key, headers: headers}.sign(signingKey, s.endpoint, now, life)
	return session.SignedFile{URL: session.SignedURL(url), Headers: headers, ExpiresAt: now.Add(life)}, nil
}
