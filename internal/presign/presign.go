// Package presign makes presigned URLs with AWS Signature Version 4. It only computes,
// and sends nothing. The tests compare its URLs byte for byte with those of the AWS SDK.
//
// The URLs of a session's parts have a long beginning in common. The package keeps the
// hash of this beginning. So a URL takes half a microsecond, and no memory except its
// own. See sigv4.go for the arithmetic and credentials.go for the keys.
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

// endpoint is the address to which requests for the bucket go.
type endpoint struct {
	region string
	base   string // scheme and host, such as "https://b.s3.eu-west-1.amazonaws.com"
	path   string // what stands before the key: "/", "/bucket/", "/base/bucket/"
	host   string // as the Host header has it
}

// maxLife is S3's longest life of a presigned URL. minLife is the shortest life that is
// of use: in less time, a browser cannot begin to send the part.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html (read 2026-11-22).
const (
	maxLife = 7 * 24 * time.Hour
	minLife = 5 * time.Second
)

// New returns a Signer for the bucket. The client's endpoint must be the address at
// which browsers reach S3. Nobody else should use the client's credentials, because
// Signer refreshes them ahead of time.
//
// now is the clock for the dates in the URLs.
func New(ctx context.Context, client *s3.Client, bucket string, now func() time.Time) (*Signer, error) {
	where, err := locate(ctx, client, bucket)
	if err != nil {
		return nil, fmt.Errorf("presign: where bucket %s is: %w", bucket, err)
	}
	return &Signer{endpoint: where, credentials: newCredentials(client.Options().Credentials), now: now}, nil
}

// locate asks the SDK's own endpoint rules for the address of the bucket: virtual host
// or path style, custom endpoint, port, base path.
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

// Origin returns scheme and host of every URL, as a Content-Security-Policy needs them.
func (s *Signer) Origin() string { return s.endpoint.base }

// SignParts signs one UploadPart for each part, all with the same date. It signs the
// length unless the upload is unsized, and the checksum if the part has one.
//
// ttl is cut to whole seconds, to S3's 7 days, and to the life that is left to the
// credentials. S3 refuses a URL after its credentials have expired, whatever the URL's
// own expiry says.
//
// Errors: Unavailable "no-credentials"; Unavailable "credentials-ending" if the
// credentials expire within 5 s and there are no others.
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

// SignGet signs a GetObject; as says how S3 presents the answer. ttl and errors are the
// same as for SignParts.
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

// key returns the key to sign with now, and how long a URL signed with it may live.
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
