package bucket

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

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
	b.keep.apply(in)
	out, err := b.client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return "", dress("bucket.Create", err)
	}
	return session.UploadID(aws.ToString(out.UploadId)), understood("bucket.Create", out.UploadId)
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
		if err := understood("bucket.ListParts", page.UploadId); err != nil {
			return nil, err
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

// Complete sends one CompleteMultipartUpload. The object that is in the way of
// "key-taken" may be this very one: an earlier request, perhaps an attempt of
// this call, whose answer was lost.
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
	}
	if u.Algorithm == session.SHA256 {
		in.ChecksumType = types.ChecksumTypeComposite
	}
	out, err := b.complete(ctx, in)
	if err != nil {
		return session.Object{}, err
	}
	return session.Object{Size: size, ETag: session.ETag(aws.ToString(out.ETag)), Checksum: session.Checksum(aws.ToString(out.ChecksumSHA256))}, nil
}

// complete never lets a second upload of a key replace a finished recording. S3
// servers that know no condition on complete are asked for the object before,
// which leaves the moment in between.
func (b *Bucket) complete(ctx context.Context, in *s3.CompleteMultipartUploadInput) (*s3.CompleteMultipartUploadOutput, error) {
	const op = "bucket.Complete"
	in.IfNoneMatch = aws.String("*")
	if b.unconditional.Load() {
		in.IfNoneMatch = nil
		if _, err := b.Head(ctx, session.Key(*in.Key)); err == nil {
			return nil, keyTaken(op, nil)
		} else if session.KindOf(err) != session.NotFound {
			return nil, err
		}
	}
	out, err := b.client.CompleteMultipartUpload(ctx, in)
	if codeOf(err) == "NotImplemented" && in.IfNoneMatch != nil {
		b.unconditional.Store(true)
		return b.complete(ctx, in)
	}
	if err != nil {
		return nil, dressRefusal(op, err)
	}
	return out, understood(op, out.ETag)
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
