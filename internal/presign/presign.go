// Package presign signs URLs with AWS Signature Version 4, in the query. It is
// arithmetic only and sends nothing; the AWS SDK, byte for byte, is what it is
// tested against.
//
// Almost all of a session's URLs is the same from part to part: the hash of
// that beginning is kept, and a URL costs half a microsecond and no memory but
// its own. See sigv4.go for the arithmetic and credentials.go for the keys.
package presign

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// Signer is a session.Signer. It is safe for concurrent use.
type Signer struct {
	endpoint    endpoint
	credentials *credentials
	now         func() time.Time
	keep        Keep // of files beside recordings
}

var _ session.Signer = (*Signer)(nil)

// endpoint is where requests for the bucket go.
type endpoint struct {
	region string
	base   string // scheme and host, such as "https://b.s3.eu-west-1.amazonaws.com"
	path   string // what stands before the key: "/", "/bucket/", "/base/bucket/"
	host   string // as the Host header has it
}

// S3's longest life of a presigned URL, and the shortest that is of any use:
// within it a browser could not begin to send the part.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html (read 2026-11-22).
const (
	maxLife = 7 * 24 * time.Hour
	minLife = 5 * time.Second
)

// New signs for the bucket as client is set up to reach it: its endpoint is
// the address under which browsers see S3. The client's credentials should be
// nobody else's, because Signer has them refreshed ahead of time.
//
// now is the clock that URLs are dated by.
func New(ctx context.Context, client *s3.Client, bucket string, now func() time.Time) (*Signer, error) {
	where, err := locate(ctx, client, bucket)
	if err != nil {
		return nil, fmt.Errorf("presign: where bucket %s is: %w", bucket, err)
	}
	return &Signer{endpoint: where, credentials: newCredentials(client.Options().Credentials), now: now}, nil
}

// locate has the SDK's own endpoint rules say where the bucket is: virtual
// host or path style, custom endpoint, port, base path.
func locate(ctx context.Context, client *s3.Client, bucket string) (endpoint, error) {
	const key = "k"
	signed, err := s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String(key)}, func(o *s3.PresignOptions) {
		o.ClientOptions = append(o.ClientOptions, func(o *s3.Options) { // any will do, and those of the client may not be there yet
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
			})
		})
	})
	if err != nil {
		return endpoint{}, err
	}
	address, _, _ := strings.Cut(signed.URL, "?")
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	return endpoint{
		region: client.Options().Region, base: scheme + "://" + host, path: "/" + strings.TrimSuffix(path, key), host: signed.SignedHeader.Get("Host"),
	}, nil
}

// Origin is scheme and host of every URL, as a browser's policy names them.
func (s *Signer) Origin() string { return s.endpoint.base }

// SignParts signs one UploadPart per part, all of the same moment. The length
// is signed unless the upload is unsized, and the checksum where it has one.
//
// ttl is cut to whole seconds, to S3's 7 days and to what is left of the
// credentials: S3 refuses a URL once they end, whatever its own expiry says.
//
// Errors: Unavailable "no-credentials", or "credentials-ending" if they end
// within 5 s and no others are to be had.
func (s *Signer) SignParts(ctx context.Context, u session.Upload, parts []session.PartToSign, ttl time.Duration) ([]session.SignedPart, error) {
	now := s.now()
	key, life, err := s.key(ctx, now, ttl)
	if err != nil {
		return nil, err
	}
	now = now.Truncate(time.Second) // as X-Amz-Date has it, from which S3 counts
	batch := newBatch(key, s.endpoint, u, headersOf(u), now, life)
	defer batch.done()
	expires := now.Add(life)
	signed := make([]session.SignedPart, len(parts))
	var all strings.Builder // one piece of memory for all URLs
	all.Grow(len(parts) * batch.maxLen())
	for i, p := range parts {
		start := all.Len()
		all.Write(batch.url(p))
		signed[i] = session.SignedPart{Number: p.Number, URL: session.SignedURL(all.String()[start:]), Size: p.Size, Checksum: p.Checksum, ExpiresAt: expires}
	}
	return signed, nil
}

// SignGet signs a GetObject whose answer S3 presents as given. ttl and errors
// are as with SignParts.
func (s *Signer) SignGet(ctx context.Context, key session.Key, as session.Playback, ttl time.Duration) (session.SignedGet, error) {
	now := s.now()
	signingKey, life, err := s.key(ctx, now, ttl)
	if err != nil {
		return session.SignedGet{}, err
	}
	now = now.Truncate(time.Second) // as X-Amz-Date has it, from which S3 counts
	var query []string              // in the order of the names, as Signature Version 4 has it
	if as.Disposition != "" {
		query = append(query, "response-content-disposition="+escape(as.Disposition))
	}
	if as.ContentType != "" {
		query = append(query, "response-content-type="+escape(as.ContentType))
	}
	url := single{method: http.MethodGet, key: key, query: strings.Join(query, "&")}.sign(signingKey, s.endpoint, now, life)
	return session.SignedGet{URL: session.SignedURL(url), ExpiresAt: now.Add(life)}, nil
}

// key returns the key to sign with at this moment, and how long a URL of it
// may live.
func (s *Signer) key(ctx context.Context, now time.Time, ttl time.Duration) (*signingKey, time.Duration, error) {
	c, err := s.credentials.get(ctx, now)
	if err != nil {
		return nil, 0, err
	}
	life := min(ttl, maxLife)
	if c.CanExpire {
		life = min(life, c.Expires.Sub(now))
	}
	return s.credentials.signingKey(c, now, s.endpoint.region), max(life.Truncate(time.Second), time.Second), nil
}
