package devs3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"math"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// strict refuses what AWS refuses and versitygw 1.8.0 lets pass:
//
//   - a part with a checksum in an upload that was created without one
//     (checksum.go);
//   - a body that ends before its Content-Length: versitygw stores a full part
//     whose rest is zeros (exactBody, versitygw#2414);
//   - a claim whose parts are out of order and small: it is out of order first;
//   - complete of an upload that is gone: versitygw answers 200 to any upload
//     ID, even an aborted one, as long as there is an object with that key;
//   - a PUT that finishes after its upload was completed or aborted: versitygw
//     makes the upload's folder again, which then is listed as a new upload;
//   - page two of ListMultipartUploads (list_uploads.go, versitygw#2149).
//
// While versitygw completes an upload its folder has another name, and every
// other call is told NoSuchUpload, even if complete then fails. The locks make
// those calls wait instead.
type strict struct {
	*storage
	uploads locks
}

var _ backend.Backend = (*strict)(nil)

func newStrict(s *storage) *strict { return &strict{storage: s} }

func (s *strict) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	ctx = context.WithoutCancel(ctx)
	up := upload{*in.Bucket, *in.Key, *in.UploadId}
	want, err := s.lookUp(ctx, up)
	if err != nil {
		return nil, err
	}
	if err := want.check(partChecksum(in)); err != nil {
		return nil, err
	}
	in.Body = exactBody(in.Body, in.ContentLength)

	// The body can take minutes. What the upload has become meanwhile is looked
	// up again right before the part is put in its place, and stays so until it
	// is there.
	var gone error
	unlock := func() {}
	out, err := s.storage.UploadPartWithPostFunc(ctx, in, func(*os.File) error {
		unlock = s.uploads.share(up)
		_, gone = s.find(ctx, up)
		return gone
	})
	unlock()
	if gone != nil {
		return nil, gone // err wraps it, and only a bare one reaches the client
	}
	return out, err
}

func (s *strict) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	in.Body = exactBody(in.Body, in.ContentLength)
	return s.storage.PutObject(context.WithoutCancel(ctx), in)
}

// CompleteMultipartUpload answers NoSuchUpload when it is repeated, as S3's
// reference says ("or the multipart upload might have been aborted or
// completed"). A client that lost the first answer asks for the object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html (read 2026-11-22)
func (s *strict) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	ctx = context.WithoutCancel(ctx)
	up := upload{*in.Bucket, *in.Key, *in.UploadId}
	defer s.uploads.own(up)()
	if _, err := s.find(ctx, up); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	if err := checkClaim(up, in.MultipartUpload); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	return s.storage.CompleteMultipartUpload(ctx, in)
}

func (s *strict) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	defer s.uploads.own(upload{*in.Bucket, *in.Key, *in.UploadId})()
	return s.storage.AbortMultipartUpload(ctx, in)
}

func (s *strict) ListParts(ctx context.Context, in *s3.ListPartsInput) (s3response.ListPartsResult, error) {
	defer s.uploads.share(upload{*in.Bucket, *in.Key, *in.UploadId})()
	return s.storage.ListParts(ctx, in)
}

// lookUp is find for a caller that holds no lock on the upload.
func (s *strict) lookUp(ctx context.Context, up upload) (algorithm, error) {
	defer s.uploads.share(up)()
	return s.find(ctx, up)
}

// find returns what the upload was created with, or NoSuchUpload. It asks for
// the parts after the last possible one: the answer carries the algorithm, and
// costs one look at the folder.
func (s *strict) find(ctx context.Context, up upload) (algorithm, error) {
	afterLast, one := "10000", int32(1)
	res, err := s.storage.ListParts(ctx, &s3.ListPartsInput{
		Bucket: &up.bucket, Key: &up.key, UploadId: &up.id,
		PartNumberMarker: &afterLast, MaxParts: &one,
	})
	return algorithm{name: strings.ToLower(string(res.ChecksumAlgorithm)), kind: res.ChecksumType}, err
}

// checkClaim refuses what can be seen without looking at the parts. versitygw
// takes any hex string for an ETag, and checks sizes before the order.
func checkClaim(up upload, claim *types.CompletedMultipartUpload) error {
	if claim == nil {
		return nil
	}
	before := int32(math.MinInt32)
	for _, part := range claim.Parts {
		if part.ETag == nil || part.PartNumber == nil {
			return s3err.GetAPIError(s3err.ErrMalformedXML)
		}
		if *part.PartNumber <= before {
			return s3err.GetAPIError(s3err.ErrInvalidPartOrder)
		}
		before = *part.PartNumber
		sum, err := hex.DecodeString(strings.Trim(*part.ETag, `"`))
		if err != nil || len(sum) != md5.Size {
			return s3err.GetInvalidPartErr(up.id, *part.PartNumber, *part.ETag)
		}
	}
	return nil
}

// isChunked tells whether the body is framed by aws-chunked, which polices its
// own length and carries its checksum at the end.
func isChunked(body any) (middlewares.ChecksumReader, bool) {
	r, ok := body.(middlewares.ChecksumReader)
	return r, ok
}
