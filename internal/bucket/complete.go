package bucket

import (
	"context"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

const opComplete = "bucket.Complete"

// Complete makes the parts one object. If the key holds an object
// ("key-taken"), that may be this very recording: an earlier request may have
// made it, perhaps an attempt of this call whose answer was lost.
func (b *Bucket) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	completed := make([]types.CompletedPart, len(parts))
	for i, p := range parts {
		completed[i] = types.CompletedPart{PartNumber: aws.Int32(int32(p.Number)), ETag: aws.String(string(p.ETag))}
		name(&completed[i], p.Checksum) // some servers do not list the checksum they took, and there may be none
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &b.bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: completed}, MpuObjectSize: &size, IfNoneMatch: aws.String("*"),
	}
	if u.Algorithm.Kept() {
		in.ChecksumType = types.ChecksumTypeComposite
	}
	out, err := b.complete(ctx, in)
	if err != nil {
		return session.Object{}, err
	}
	return b.made(ctx, u, parts, size, out)
}

// complete leaves out what this server refuses. First it leaves out what the
// refusal names. A refusal may name nothing: then it leaves out one option
// after the other, and at last all of them.
func (b *Bucket) complete(ctx context.Context, in *s3.CompleteMultipartUploadInput) (*s3.CompleteMultipartUploadOutput, error) {
	left := b.learnt.leftOut()
	out, err := b.send(ctx, in, left)
	named, refuses := refusesOption(err, left)
	for len(named) > 0 {
		left = append(left, named...)
		out, err = b.send(ctx, in, left)
		named, refuses = refusesOption(err, left)
	}
	for _, names := range unnamed(left) {
		if !refuses {
			break
		}
		less := slices.Concat(left, names)
		out, err = b.send(ctx, in, less)
		if _, refuses = refusesOption(err, less); !refuses {
			left = less
		}
	}
	if !refuses {
		b.learnt.without(ctx, left)
	}
	return out, err
}

// unnamed are the sets of options to leave out, in order, if a refusal names
// none.
func unnamed(left []string) (lists [][]string) {
	var all []string
	for _, o := range options {
		if !slices.Contains(left, o.name) {
			lists, all = append(lists, []string{o.name}), append(all, o.name)
		}
	}
	return append(lists, all)
}

// send never lets a second upload of a key replace a finished recording. If an
// S3 server knows no condition on complete, send asks for the object first.
// The moment between these two requests remains.
func (b *Bucket) send(ctx context.Context, in *s3.CompleteMultipartUploadInput, left []string) (*s3.CompleteMultipartUploadOutput, error) {
	in = leaveOut(in, left)
	if in.IfNoneMatch == nil {
		if _, err := b.Head(ctx, session.Key(*in.Key)); err == nil {
			return nil, keyTaken(opComplete, nil)
		} else if session.KindOf(err) != session.NotFound {
			return nil, err
		}
	}
	out, err := b.client.CompleteMultipartUpload(ctx, in)
	return out, dressRefusal(opComplete, err)
}

// made is the object that out is about. The SDK takes any 200 for a success.
// So the answer must hold an ETag, or name our bucket and key while the object
// has the expected size: Ceph RGW 16.2 leaves the ETag empty.
func (b *Bucket) made(ctx context.Context, u session.Upload, parts []session.Part, size int64, out *s3.CompleteMultipartUploadOutput) (session.Object, error) {
	etag := session.ETag(aws.ToString(out.ETag))
	if etag != "" {
		b.learnt.compare(ctx, etag, session.MultipartETag(parts))
		return session.Object{Size: size, ETag: etag, Checksum: compositeOf(out.ChecksumSHA256, out.ChecksumCRC32C)}, nil
	}
	if aws.ToString(out.Bucket) != b.bucket || !sameKey(aws.ToString(out.Key), u.Key) {
		return session.Object{}, understood(opComplete, nil)
	}
	obj, err := b.Head(ctx, u.Key)
	if err == nil && obj.Size != size || session.KindOf(err) == session.NotFound {
		return session.Object{}, understood(opComplete, nil)
	}
	return obj, err
}

// sameKey says whether an answer names key, as it is or percent-encoded.
func sameKey(text string, key session.Key) bool {
	decoded, err := url.PathUnescape(text)
	return text == string(key) || err == nil && decoded == string(key)
}
