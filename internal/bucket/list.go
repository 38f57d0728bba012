package bucket

import (
	"context"
	"net/url"
	"strings"
	"time"

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
		in.KeyMarker = aws.String(string(after.Key))
	}
	if after.ID != "" {
		in.UploadIdMarker = aws.String(string(after.ID))
	}
	out, err := b.client.ListMultipartUploads(ctx, in)
	if err != nil {
		return session.UploadPage{}, dress("bucket.Uploads", err)
	}
	if err := understood("bucket.Uploads", out.Bucket); err != nil {
		return session.UploadPage{}, err
	}
	b.listed.Store(time.Now().UnixNano())
	var page session.UploadPage
	encoding := encodingOf(out, prefix)
	for _, u := range out.Uploads {
		listed := session.ListedUpload{InitiatedAt: aws.ToTime(u.Initiated)}
		if listed.Key, err = listedKey(u.Key, encoding); err != nil {
			return session.UploadPage{}, dress("bucket.Uploads", err)
		}
		listed.ID, listed.Algorithm = session.UploadID(aws.ToString(u.UploadId)), algorithmOf(u.ChecksumAlgorithm)
		page.Uploads = append(page.Uploads, listed)
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next.ID = session.UploadID(aws.ToString(out.NextUploadIdMarker))
		if page.Next.Key, err = listedKey(out.NextKeyMarker, encoding); err != nil {
			return session.UploadPage{}, dress("bucket.Uploads", err)
		}
		if page.Next.Key < after.Key || page.Next == after {
			return session.UploadPage{}, goesInCircles("bucket.Uploads")
		}
	}
	return page, nil
}

// encodingOf is how the keys of a page are written. Ceph RGW 16.2 encodes them
// and does not say so. Then they begin with the prefix only after they are
// decoded.
func encodingOf(out *s3.ListMultipartUploadsOutput, prefix string) types.EncodingType {
	for _, u := range out.Uploads {
		decoded, err := listedKey(u.Key, types.EncodingTypeUrl)
		if err == nil && !strings.HasPrefix(aws.ToString(u.Key), prefix) && strings.HasPrefix(string(decoded), prefix) {
			return types.EncodingTypeUrl
		}
	}
	return out.EncodingType
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
	if aws.ToBool(out.IsTruncated) {
		if n := len(page.Objects); n > 0 {
			page.Next = page.Objects[n-1].Key
		}
		if page.Next <= after {
			return session.KeyPage{}, goesInCircles("bucket.Keys")
		}
	}
	return page, nil
}

// listedKey is a key or marker of a listing, as it was created. Listings ask
// for keys in percent-encoding, because XML cannot hold each character that a
// key can. One such key of somebody else's would make the whole page
// unreadable
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html,
// read 2026-11-22). A space comes as +. A server that does not know this
// encoding, such as versitygw 1.8.0, does not name it in its answer and leaves
// the keys as they are.
func listedKey(text *string, encoding types.EncodingType) (session.Key, error) {
	if encoding != types.EncodingTypeUrl {
		return session.Key(aws.ToString(text)), nil
	}
	key, err := url.QueryUnescape(aws.ToString(text))
	return session.Key(key), err
}
