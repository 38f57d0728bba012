package devs3

import (
	"context"
	"math"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// strict refuses what AWS refuses and versitygw 1.8.0 lets pass:
//
//   - a part with a checksum in an upload that was created without one
//     (checksum.go);
//   - what comes without a checksum into a bucket with a default retention
//     (retention.go);
//   - a body that ends before its Content-Length: versitygw stores a full part
//     whose rest is zeros (exactBody, versitygw#2414);
//   - a claim whose parts are out of order and small: it is out of order first;
//   - complete of an upload that is gone: versitygw answers 200 to any upload
//     ID, even an aborted one, as long as there is an object with that key;
//   - a PUT that finishes after its upload was completed or aborted: versitygw
//     makes the upload's folder again, which then is listed as a new upload;
//   - an upload that begins while another of its key ends: versitygw answers 500;
//   - a listing of uploads while one of them ends: versitygw answers 500;
//   - page two of ListMultipartUploads (list_uploads.go, versitygw#2149).
//
// While versitygw completes an upload its folder has another name, and every
// other call is told NoSuchUpload, even if complete then fails. The locks make
// those calls wait instead.
//
// A request's context ends as soon as the gateway is asked to end, while the
// request itself may go on: what stores data does not look at it.
type strict struct {
	*storage
	uploads   locks
	byKeyOnly bool // see Config.ListsByKeyOnly
}

var _ backend.Backend = (*strict)(nil)

func newStrict(s *storage, byKeyOnly bool) *strict { return &strict{storage: s, byKeyOnly: byKeyOnly} }

func (s *strict) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	up := upload{*in.Bucket, *in.Key, *in.UploadId}
	want, err := s.lookUp(up)
	if err != nil {
		return nil, err
	}
	if err := s.checkRetention(ctx, up.bucket, "Put Part"); err != nil {
		return nil, err
	}
	if err := want.check(partChecksum(in)); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	in.Body = exactBody(in.Body, in.ContentLength)

	// The body can take minutes. Right before the part is put in its place,
	// UploadPart looks up again what became of the upload. The upload stays so
	// until the part is there.
	var gone error
	unlock := func() {}
	defer func() { unlock() }()
	out, err := s.storage.UploadPartWithPostFunc(ctx, in, func(*os.File) error {
		unlock = s.uploads.share(up)
		_, gone = s.find(up)
		return gone
	})
	if gone != nil {
		return nil, gone // err wraps it, and only a bare one reaches the client
	}
	return out, err
}

func (s *strict) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	if err := s.checkRetention(ctx, *in.Bucket, "Put Object"); err != nil {
		return s3response.PutObjectOutput{}, err
	}
	in.Body = exactBody(in.Body, in.ContentLength)
	return s.storage.PutObject(context.WithoutCancel(ctx), in)
}

// CreateMultipartUpload waits for requests that end an upload of the same key,
// and they wait for it. versitygw removes the key's folder together with its
// last upload.
func (s *strict) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	defer s.uploads.share(folderOf(*in.Bucket, *in.Key))()
	return s.storage.CreateMultipartUpload(ctx, in)
}

// folderOf names the folder of all uploads of a key, for the locks.
func folderOf(bucket, key string) upload { return upload{bucket: bucket, key: key} }

// CompleteMultipartUpload answers NoSuchUpload if it is repeated, as S3's
// reference says ("or the multipart upload might have been aborted or
// completed"). A client that lost the first answer asks for the object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
// (read 2026-11-22)
func (s *strict) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	ctx = context.WithoutCancel(ctx)
	up := upload{*in.Bucket, *in.Key, *in.UploadId}
	defer s.uploads.own(folderOf(up.bucket, up.key))()
	defer s.uploads.own(up)()
	if _, err := s.find(up); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	if err := checkOrder(in.MultipartUpload); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	return s.storage.CompleteMultipartUpload(ctx, in)
}

func (s *strict) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	defer s.uploads.own(folderOf(*in.Bucket, *in.Key))()
	defer s.uploads.own(upload{*in.Bucket, *in.Key, *in.UploadId})()
	return s.storage.AbortMultipartUpload(ctx, in)
}

func (s *strict) ListParts(ctx context.Context, in *s3.ListPartsInput) (s3response.ListPartsResult, error) {
	defer s.uploads.share(upload{*in.Bucket, *in.Key, *in.UploadId})()
	return s.storage.ListParts(ctx, in)
}

// lookUp is find for a caller that holds no lock on the upload.
func (s *strict) lookUp(up upload) (algorithm, error) {
	defer s.uploads.share(up)()
	return s.find(up)
}

// checkOrder refuses a claim whose part numbers do not rise. versitygw does so
// too, but checks the sizes of the parts first.
func checkOrder(claim *types.CompletedMultipartUpload) error {
	if claim == nil {
		return nil
	}
	before := int32(math.MinInt32)
	for _, part := range claim.Parts {
		if part.PartNumber == nil {
			return s3err.GetAPIError(s3err.ErrMalformedXML)
		}
		if *part.PartNumber <= before {
			return s3err.GetAPIError(s3err.ErrInvalidPartOrder)
		}
		before = *part.PartNumber
	}
	return nil
}
