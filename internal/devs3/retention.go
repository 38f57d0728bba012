package devs3

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"
)

// checkRetention refuses a request without a Content-MD5 or a checksum into a
// bucket with a default retention. What nobody can delete must be known to
// have arrived whole. versitygw 1.8.0 takes such requests (versitygw#1740).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
// (read 2026-11-29)
func (s *strict) checkRetention(ctx context.Context, bucket, what string) error {
	request, ok := ctx.(*fasthttp.RequestCtx)
	if !ok || proven(&request.Request.Header) {
		return nil
	}
	if retention, err := s.retention(ctx, bucket); err != nil || retention == nil {
		return err
	}
	return s3err.APIError{
		Code: "InvalidRequest", HTTPStatusCode: http.StatusBadRequest,
		Description: "Content-MD5 OR x-amz-checksum- HTTP header is required for " + what + " requests with Object Lock parameters",
	}
}

// retention returns the default retention of a bucket, nil if there is none.
func (s *strict) retention(ctx context.Context, bucket string) (*types.DefaultRetention, error) {
	note, err := s.GetObjectLockConfiguration(ctx, bucket)
	if err != nil {
		return nil, nil //nolint:nilerr // none is an error too, and what ails the bucket shows without us
	}
	var lock auth.BucketLockConfig
	err = json.Unmarshal(note, &lock)
	return lock.DefaultRetention, err
}

// setRetention gives a new bucket a default retention. In governance mode the
// owner of the folder can still delete it.
func (s *storage) setRetention(ctx context.Context, bucket string, days int) error {
	lock, err := json.Marshal(auth.BucketLockConfig{
		Enabled:          true,
		DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(int32(days))}, //nolint:gosec // checked
	})
	if err != nil {
		return err
	}
	return s.PutObjectLockConfiguration(ctx, bucket, lock)
}

// proven says whether a request has something to compare its body with, before
// the body or at its end.
func proven(header *fasthttp.RequestHeader) bool {
	for name := range header.All() {
		name := strings.ToLower(string(name))
		if name == "content-md5" || name == "x-amz-trailer" || strings.HasPrefix(name, "x-amz-checksum-") {
			return true
		}
	}
	return false
}
