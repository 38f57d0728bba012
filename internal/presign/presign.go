// Package presign signs URLs. It is arithmetic only and sends nothing.
package presign

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// Signer is a session.Signer over the SDK's own presigner. It is safe for
// concurrent use.
type Signer struct {
	client      *s3.PresignClient
	credentials aws.CredentialsProvider
	bucket      string
	now         func() time.Time
}

var _ session.Signer = (*Signer)(nil)

// New signs for the bucket as client is set up to reach it: the client's
// endpoint is the address under which browsers see S3.
func New(client *s3.Client, bucket string, now func() time.Time) *Signer {
	return &Signer{client: s3.NewPresignClient(client), credentials: client.Options().Credentials, bucket: bucket, now: now}
}

// minLife is the least life a URL is worth signing for. A part of 5 MiB takes
// 5 s at 8 Mbit/s.
const minLife = 5 * time.Second

// life cuts ttl to what is left of the credentials: S3 refuses a URL once they
// end, whatever its own expiry says.
func (s *Signer) life(ctx context.Context, ttl time.Duration) (time.Duration, error) {
	c, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return 0, &session.Error{Kind: session.Unavailable, Reason: "no-credentials", Op: "presign", RetryAfter: 5 * time.Second, Detail: "there are no credentials to sign with", Err: err}
	}
	if c.CanExpire {
		ttl = min(ttl, c.Expires.Sub(s.now()))
	}
	if ttl < minLife && c.CanExpire {
		return 0, &session.Error{Kind: session.Unavailable, Reason: "credentials-ending", Op: "presign", RetryAfter: 5 * time.Second, Detail: "the signing credentials are about to end"}
	}
	return ttl.Truncate(time.Second), nil
}

// SignParts signs one UploadPart PUT per part.
func (s *Signer) SignParts(ctx context.Context, u session.Upload, parts []session.PartToSign, ttl time.Duration) ([]session.SignedPart, error) {
	ttl, err := s.life(ctx, ttl)
	if err != nil {
		return nil, err
	}
	expires := s.now().Add(ttl)
	signed := make([]session.SignedPart, 0, len(parts))
	for _, p := range parts {
		in := &s3.UploadPartInput{
			Bucket: &s.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)),
			PartNumber: aws.Int32(int32(p.Number)), ContentLength: aws.Int64(p.Size),
		}
		if u.Algorithm == session.SHA256 {
			in.ChecksumSHA256 = aws.String(string(p.Checksum))
		}
		req, err := s.client.PresignUploadPart(ctx, in, s3.WithPresignExpires(ttl))
		if err != nil {
			return nil, &session.Error{Kind: session.Unavailable, Reason: "signing", Op: "presign.SignParts", RetryAfter: time.Second, Detail: "the part could not be signed", Err: err}
		}
		signed = append(signed, session.SignedPart{Number: p.Number, URL: session.SignedURL(req.URL), Headers: headers(req), ExpiresAt: expires})
	}
	return signed, nil
}

// headers returns what was signed besides the host, which every client sends.
func headers(req *v4.PresignedHTTPRequest) map[string]string {
	h := make(map[string]string, len(req.SignedHeader))
	for name, values := range req.SignedHeader {
		if http.CanonicalHeaderKey(name) != "Host" {
			h[strings.ToLower(name)] = values[0]
		}
	}
	return h
}

// SignGet signs a GetObject whose answer S3 presents as given.
func (s *Signer) SignGet(ctx context.Context, key session.Key, as session.Playback, ttl time.Duration) (session.SignedGet, error) {
	ttl, err := s.life(ctx, ttl)
	if err != nil {
		return session.SignedGet{}, err
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(string(key)), ResponseContentType: &as.ContentType, ResponseContentDisposition: &as.Disposition}
	expires := s.now().Add(ttl)
	req, err := s.client.PresignGetObject(ctx, in, s3.WithPresignExpires(ttl))
	if err != nil {
		return session.SignedGet{}, &session.Error{Kind: session.Unavailable, Reason: "signing", Op: "presign.SignGet", RetryAfter: time.Second, Detail: "the URL could not be signed", Err: err}
	}
	return session.SignedGet{URL: session.SignedURL(req.URL), ExpiresAt: expires}, nil
}
