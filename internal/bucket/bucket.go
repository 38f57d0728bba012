// Package bucket is the only one through which the broker sends requests to S3.
// It opens, lists, completes and aborts multipart uploads and looks at finished
// objects; the parts themselves go from the recorder straight to S3.
package bucket

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"slipway/internal/session"
)

// Bucket is a session.Bucket. It is safe for concurrent use.
type Bucket struct {
	client *s3.Client
	bucket string
	name   string

	// unconditional: this S3 server knows no If-None-Match on complete.
	unconditional atomic.Bool
}

var _ session.Bucket = (*Bucket)(nil)

// callTimeout bounds each small call, the SDK's retries included. Completing
// and aborting take their bound from the caller, who holds a lease.
const callTimeout = 15 * time.Second

// New serves the named bucket through client. endpoint is where the bucket is,
// in the words of the settings; it only tells one deployment from another.
//
// The client must calculate checksums only when required: by default the SDK
// would announce CRC32 for every upload, and S3 then refuses parts without.
func New(client *s3.Client, endpoint, bucket string) *Bucket {
	return &Bucket{client: client, bucket: bucket, name: endpoint + "/" + bucket}
}

// Name is endpoint and bucket.
func (b *Bucket) Name() string { return b.name }

// Ping says whether the bucket answers and lets us in.
func (b *Bucket) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.bucket})
	if err = dress("bucket.Ping", err); session.KindOf(err) == session.NotFound {
		return &session.Error{Kind: session.Unavailable, Reason: "no-such-bucket", Op: "bucket.Ping", Detail: "the bucket does not exist", Err: err}
	}
	return err
}

// Create opens a multipart upload.
func (b *Bucket) Create(ctx context.Context, n session.NewUpload) (session.UploadID, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &s3.CreateMultipartUploadInput{
		Bucket: &b.bucket, Key: aws.String(string(n.Key)), ContentType: &n.ContentType, Metadata: n.Metadata,
	}
	if n.Algorithm == session.SHA256 {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite
	}
	out, err := b.client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return "", dress("bucket.Create", err)
	}
	return session.UploadID(aws.ToString(out.UploadId)), nil
}

// ListParts reads every page, 1,000 parts each.
func (b *Bucket) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	pages := s3.NewListPartsPaginator(b.client, &s3.ListPartsInput{Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID))})
	var parts []session.Part
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, dress("bucket.ListParts", err)
		}
		for _, p := range page.Parts {
			parts = append(parts, session.Part{
				Number: session.PartNumber(aws.ToInt32(p.PartNumber)), Size: aws.ToInt64(p.Size), ETag: session.ETag(aws.ToString(p.ETag)),
				Checksum: session.Checksum(aws.ToString(p.ChecksumSHA256)), StoredAt: aws.ToTime(p.LastModified),
			})
		}
	}
	return parts, nil
}

// Complete sends one CompleteMultipartUpload.
func (b *Bucket) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	completed := make([]types.CompletedPart, len(parts))
	for i, p := range parts {
		completed[i] = types.CompletedPart{PartNumber: aws.Int32(int32(p.Number)), ETag: aws.String(string(p.ETag))}
		if u.Algorithm == session.SHA256 {
			completed[i].ChecksumSHA256 = aws.String(string(p.Checksum))
		}
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: completed}, MpuObjectSize: &size,
		IfNoneMatch: aws.String("*"), // a second upload of the same key must never replace a finished recording
	}
	if u.Algorithm == session.SHA256 {
		in.ChecksumType = types.ChecksumTypeComposite
	}
	if b.unconditional.Load() {
		in.IfNoneMatch = nil
	}
	out, err := b.client.CompleteMultipartUpload(ctx, in)
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NotImplemented" && in.IfNoneMatch != nil {
		b.unconditional.Store(true)
		return b.Complete(ctx, u, parts, size)
	}
	if err != nil {
		return session.Object{}, dressRefusal("bucket.Complete", err)
	}
	return session.Object{Size: size, ETag: session.ETag(aws.ToString(out.ETag)), Checksum: session.Checksum(aws.ToString(out.ChecksumSHA256))}, nil
}

// Abort repeats AbortMultipartUpload until ListParts says NoSuchUpload: a part
// in flight can survive the first one, says
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html (read 2026-11-22).
func (b *Bucket) Abort(ctx context.Context, u session.Upload) error {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID))})
		if err = dress("bucket.Abort", err); err != nil && session.KindOf(err) != session.NotFound {
			return err
		}
		_, err = b.ListParts(ctx, u)
		if session.KindOf(err) == session.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return dress("bucket.Abort", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// Head returns what S3 says of a finished object.
func (b *Bucket) Head(ctx context.Context, key session.Key) (session.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: aws.String(string(key)), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return session.Object{}, dress("bucket.Head", err)
	}
	return session.Object{
		Size: aws.ToInt64(out.ContentLength), ETag: session.ETag(aws.ToString(out.ETag)), Checksum: session.Checksum(aws.ToString(out.ChecksumSHA256)),
		ContentType: aws.ToString(out.ContentType), Metadata: out.Metadata, StoredAt: aws.ToTime(out.LastModified),
		OpaqueETag: out.ServerSideEncryption != "" && out.ServerSideEncryption != types.ServerSideEncryptionAes256 || out.SSECustomerAlgorithm != nil,
	}, nil
}

// Delete removes an object. One that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key session.Key) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: aws.String(string(key))})
	return dress("bucket.Delete", err)
}
