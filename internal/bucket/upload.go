package bucket

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// Create opens a multipart upload.
func (b *Bucket) Create(ctx context.Context, n session.NewUpload) (session.Upload, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &s3.CreateMultipartUploadInput{
		Bucket: &b.bucket, Key: aws.String(string(n.Key)), ContentType: &n.ContentType, Metadata: n.Metadata,
	}
	b.keep.apply(in)
	out, algorithm, err := b.create(ctx, in, n.Algorithms)
	if err != nil {
		return session.Upload{}, dress("bucket.Create", err)
	}
	if err := understood("bucket.Create", out.UploadId); err != nil {
		return session.Upload{}, err
	}
	b.learnt.encryption(out.ServerSideEncryption)
	return session.Upload{Key: n.Key, ID: session.UploadID(*out.UploadId), Algorithm: algorithm}, nil
}

// ListParts reads every page, 1,000 parts each. A number can come more than
// once, because some servers list every PUT of it.
//
// ListParts sorts the parts, because some servers sort numbers as text.
func (b *Bucket) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &s3.ListPartsInput{Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID))}
	md5s := u.Algorithm == session.MD5 && b.learnt.partMD5s()
	var parts []session.Part
	for {
		page, err := b.client.ListParts(ctx, in)
		if err != nil {
			return nil, dressUpload("bucket.ListParts", err)
		}
		if err := understood("bucket.ListParts", page.UploadId); err != nil {
			return nil, err
		}
		for _, p := range page.Parts {
			part := session.Part{
				Number: session.PartNumber(aws.ToInt32(p.PartNumber)), Size: aws.ToInt64(p.Size), ETag: session.ETag(aws.ToString(p.ETag)),
				Checksum: keptOf(p.ChecksumSHA256, p.ChecksumCRC32C), StoredAt: aws.ToTime(p.LastModified),
			}
			if md5s {
				part.Checksum = session.MD5Of(part.ETag)
			}
			parts = append(parts, part)
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		if next := aws.ToString(page.NextPartNumberMarker); next == "" || next == aws.ToString(in.PartNumberMarker) {
			return nil, goesInCircles("bucket.ListParts")
		}
		in.PartNumberMarker = page.NextPartNumberMarker
	}
	if u.Algorithm.Kept() {
		b.learnt.hold(ctx, u.Algorithm, parts)
	}
	slices.SortStableFunc(parts, func(a, b session.Part) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), a.StoredAt.Compare(b.StoredAt))
	})
	return parts, nil
}

// Abort repeats AbortMultipartUpload until ListParts says NoSuchUpload. A part
// in flight can survive the first one, says
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
// (read 2026-11-22).
func (b *Bucket) Abort(ctx context.Context, u session.Upload) error {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID))})
		if err = dressUpload("bucket.Abort", err); err != nil && session.KindOf(err) != session.NotFound {
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
