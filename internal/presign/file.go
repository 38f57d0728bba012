package presign

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"slipway/internal/session"
)

// Keep is how S3 is to keep a file beside a recording: encrypted and tagged as the
// recording is, so that a rule that expires the one by its tags expires the other.
// It has no storage class: those for what is seldom read charge for more than it
// has. A part has nothing to say about all this, as its upload did.
type Keep struct {
	Encryption, KMSKey string
	Tagging            string // as a URL's query
}

// Keeping is s, where S3 is to keep such files as k says.
func (s *Signer) Keeping(k Keep) *Signer {
	kept := *s
	kept.keep = k
	return &kept
}

// SignFile signs a PutObject: its length, its type, its checksum where it has
// one, and how S3 is to keep it. ttl and errors are as with SignParts.
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
