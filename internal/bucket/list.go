package bucket

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// Uploads reads one page of ListMultipartUploads, 1,000 uploads at most.
func (b *Bucket) Uploads(ctx context.Context, prefix string, after session.UploadCursor, limit int) (session.UploadPage, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &s3.ListMultipartUploadsInput{Bucket: &b.bucket, Prefix: &prefix, MaxUploads: aws.Int32(int32(min(limit, 1000))), EncodingType: types.EncodingTypeUrl} //nolint:gosec // small
	if after.Key != "" {
		in.KeyMarker, in.UploadIdMarker = aws.String(string(after.Key)), aws.String(string(after.ID))
	}
	out, err := b.client.ListMultipartUploads(ctx, in)
	if err != nil {
		return session.UploadPage{}, dress("bucket.Uploads", err)
	}
	if err := understood("bucket.Uploads", out.Bucket); err != nil {
		return session.UploadPage{}, err
	}
	var page session.UploadPage
	for _, u := range out.Uploads {
		listed := session.ListedUpload{InitiatedAt: aws.ToTime(u.Initiated)}
		if listed.Key, err = listedKey(u.Key, out.EncodingType); err != nil {
			return session.UploadPage{}, dress("bucket.Uploads", err)
		}
		listed.ID, listed.Algorithm = session.UploadID(aws.ToString(u.UploadId)), session.NoChecksum
		if u.ChecksumAlgorithm == types.ChecksumAlgorithmSha256 {
			listed.Algorithm = session.SHA256
		}
		page.Uploads = append(page.Uploads, listed)
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next.ID = session.UploadID(aws.ToString(out.NextUploadIdMarker))
		if page.Next.Key, err = listedKey(out.NextKeyMarker, out.EncodingType); err != nil {
			return session.UploadPage{}, dress("bucket.Uploads", err)
		}
	}
	return page, nil
}

// Keys reads one page of ListObjectsV2, 1,000 objects at most.
func (b *Bucket) Keys(ctx context.Context, prefix string, after session.Key, limit int) (session.KeyPage, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &prefix, MaxKeys: aws.Int32(int32(min(limit, 1000))), EncodingType: types.EncodingTypeUrl} //nolint:gosec // small
	if after != "" {
		in.StartAfter = aws.String(string(after))
	}
	out, err := b.client.ListObjectsV2(ctx, in)
	if err != nil {
		return session.KeyPage{}, dress("bucket.Keys", err)
	}
	if err := understood("bucket.Keys", out.Name); err != nil {
		return session.KeyPage{}, err
	}
	var page session.KeyPage
	for _, o := range out.Contents {
		key, err := listedKey(o.Key, out.EncodingType)
		if err != nil {
			return session.KeyPage{}, dress("bucket.Keys", err)
		}
		page.Objects = append(page.Objects, session.ListedObject{Key: key, Size: aws.ToInt64(o.Size), StoredAt: aws.ToTime(o.LastModified)})
	}
	if n := len(page.Objects); n > 0 && aws.ToBool(out.IsTruncated) {
		page.Next = page.Objects[n-1].Key
	}
	return page, nil
}

// listedKey is a key or marker of a listing, as it was created. Listings ask for
// keys in percent-encoding: XML cannot hold each character that a key can, and a
// key of somebody else's would make the page unreadable, with all that is on it
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, read
// 2026-11-22). A space comes as +. A server that does not know of it, as
// versitygw 1.8.0, leaves the encoding out of its answer and the keys as they are.
func listedKey(text *string, encoding types.EncodingType) (session.Key, error) {
	if encoding != types.EncodingTypeUrl {
		return session.Key(aws.ToString(text)), nil
	}
	key, err := url.QueryUnescape(aws.ToString(text))
	return session.Key(key), err
}
