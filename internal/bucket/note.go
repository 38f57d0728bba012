package bucket

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's Content-MD5
	"encoding/base64"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// maxNote is the longest note that the broker reads, in bytes. Our notes have
// 26.
const maxNote = 256

// Note returns the note at key.
//
// It is a GET and not a HEAD. Only an answer with a body tells a missing
// object from a missing bucket, and from a 404 of something between.
func (b *Bucket) Note(ctx context.Context, key session.Key) (string, error) {
	const op = "bucket.Note"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: aws.String(string(key))})
	if codeOf(err) == "NoSuchKey" {
		return "", unknown(op, err)
	}
	if err != nil {
		return "", dress(op, err)
	}
	defer out.Body.Close()
	if err := understood(op, out.ETag); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(out.Body, maxNote+1))
	if err != nil || len(text) == 0 || len(text) > maxNote {
		return "", &session.Error{Kind: session.Unavailable, Reason: session.ReasonS3, Op: op, RetryAfter: session.RetryAfter, Detail: "the object under the key of a note is not a note, or did not come whole", Err: err}
	}
	return string(text), nil
}

// SetNote writes the note at key. It is encrypted as recordings are, but has
// neither their tags nor their storage class: a lifecycle rule for recordings
// must not remove the note first. A bucket with a default retention takes
// nothing without a checksum, and every S3 server knows MD5.
func (b *Bucket) SetNote(ctx context.Context, key session.Key, text string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sum := md5.Sum([]byte(text)) //nolint:gosec // S3 names it
	in := &s3.PutObjectInput{
		Bucket: &b.bucket, Key: aws.String(string(key)), Body: strings.NewReader(text), ContentType: aws.String("text/plain"),
		ContentMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:])), ServerSideEncryption: b.keep.Encryption,
	}
	if b.keep.KMSKey != "" {
		in.SSEKMSKeyId = &b.keep.KMSKey
	}
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return dress("bucket.SetNote", err)
	}
	return understood("bucket.SetNote", out.ETag)
}
