package presign

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"slipway/internal/session"
)

// Keep is how S3 is to keep a poster: encrypted and tagged as its recording is,
// so that a rule that expires the one by its tags expires the other. It has no
// storage class: those for what is seldom read charge for more than it has. A
// part has nothing to say about all this, as its upload did.
type Keep struct {
	Encryption, KMSKey string
	Tagging            string // as a URL's query
}

// Keeping is s, where S3 is to keep posters as k says.
func (s *Signer) Keeping(k Keep) *Signer {
	kept := *s
	kept.keep = k
	return &kept
}

// SignPoster signs a PutObject of a JPEG: its length, its type, its checksum
// where it has one, and how S3 is to keep it. ttl and errors are as with
// SignParts.
func (s *Signer) SignPoster(ctx context.Context, key session.Key, p session.PosterToSign, ttl time.Duration) (session.SignedPoster, error) {
	now := s.now()
	signingKey, life, err := s.key(ctx, now, ttl)
	if err != nil {
		return session.SignedPoster{}, err
	}
	now = now.Truncate(time.Second) // as X-Amz-Date has it, from which S3 counts
	headers := map[string]string{
		"content-length": strconv.FormatInt(p.Size, 10), "content-type": session.PosterType, p.Checksum.Algorithm().Header(): string(p.Checksum),
		"x-amz-server-side-encryption": s.keep.Encryption, "x-amz-server-side-encryption-aws-kms-key-id": s.keep.KMSKey, "x-amz-tagging": s.keep.Tagging,
	}
	maps.DeleteFunc(headers, func(_, value string) bool { return value == "" })
	url := single{method: http.MethodPut, key: key, headers: headers}.sign(signingKey, s.endpoint, now, life)
	return session.SignedPoster{URL: session.SignedURL(url), Headers: headers, ExpiresAt: now.Add(life)}, nil
}
