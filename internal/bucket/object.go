package bucket

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// justNow is for how long a listing shows that the bucket is there.
const justNow = time.Second

// Head returns what S3 says about a finished object.
//
// S3 answers HEAD with the same 404 if the object is missing and if the whole
// bucket is missing. Then every recording would look lost, so Head also asks
// for the bucket, unless S3 has just listed uploads of it. Without the permission
// to list the bucket, S3 denies both.
func (b *Bucket) Head(ctx context.Context, key session.Key) (session.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := b.head(ctx, key)
	if codeOf(err) == notFound {
		if time.Since(time.Unix(0, b.listed.Load())) > justNow {
			if noBucket := b.Ping(ctx); noBucket != nil {
				return session.Object{}, noBucket
			}
		}
		return session.Object{}, unknown("bucket.Head", err)
	}
	if err != nil {
		return session.Object{}, dress("bucket.Head", err)
	}
	if err := understood("bucket.Head", out.ETag); err != nil {
		return session.Object{}, err
	}
	return session.Object{
		Size: aws.ToInt64(out.ContentLength), ETag: session.ETag(aws.ToString(out.ETag)), Checksum: compositeOf(out.ChecksumSHA256, out.ChecksumCRC32C),
		ContentType: aws.ToString(out.ContentType), Metadata: out.Metadata, StoredAt: aws.ToTime(out.LastModified),
		OpaqueETag: b.learnt.opaqueETags() || out.ServerSideEncryption != "" && out.ServerSideEncryption != types.ServerSideEncryptionAes256 || out.SSECustomerAlgorithm != nil,
	}, nil
}

// head leaves x-amz-checksum-mode out if S3 refuses it: Backblaze B2 refuses
// every header about checksums. S3 cannot say which header it refused, because
// its answer to HEAD has no body.
func (b *Bucket) head(ctx context.Context, key session.Key) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &b.bucket, Key: aws.String(string(key))}
	if !slices.Contains(b.learnt.leftOut(), checksumMode) {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	out, err := b.client.HeadObject(ctx, in)
	if in.ChecksumMode == "" || !slices.Contains([]int{http.StatusBadRequest, http.StatusNotImplemented}, statusOf(err)) {
		return out, err
	}
	in.ChecksumMode = ""
	out, err = b.client.HeadObject(ctx, in)
	if err == nil || codeOf(err) == notFound {
		b.learnt.without(ctx, []string{checksumMode})
	}
	return out, err
}

// Delete removes an object. It is not an error if the object is not there.
func (b *Bucket) Delete(ctx context.Context, key session.Key) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: aws.String(string(key))})
	return dress("bucket.Delete", err)
}
