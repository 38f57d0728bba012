package bucket

import (
	"errors"
	"slices"
	"time"

	"github.com/aws/smithy-go"

	"slipway/internal/session"
)

// refusals are the codes with which S3 says that this very request can never
// be carried out, so nothing was made of it:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html (read 2026-11-22).
var refusals = []string{"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "InvalidRequest", "InvalidArgument", "BadDigest", "MalformedXML"}

// dress gives an SDK error its kind. What is not known to be otherwise is
// Unavailable: nobody can say whether S3 acted.
func dress(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &session.Error{Kind: session.Unavailable, Reason: "s3", Op: op, RetryAfter: 2 * time.Second, Detail: "S3 did not answer", Err: err}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return e
	}
	switch api.ErrorCode() {
	case "NoSuchUpload", "NoSuchKey", "NotFound":
		e.Kind, e.Reason, e.RetryAfter, e.Detail = session.NotFound, "not-in-s3", 0, "S3 does not know it"
	case "NoSuchBucket":
		e.Reason, e.Detail = "no-such-bucket", "the bucket does not exist"
	case "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
		e.Reason, e.Detail = "s3-denied", "S3 refused the broker's credentials ("+api.ErrorCode()+")"
	default:
		e.Detail = "S3 answered " + api.ErrorCode()
	}
	return e
}

// dressRefusal is dress for a request that S3 may definitely refuse.
func dressRefusal(op string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if ok && api.ErrorCode() == "PreconditionFailed" {
		return &session.Error{Kind: session.Conflict, Reason: "key-taken", Op: op, Detail: "the key holds an object already", Err: err}
	}
	if ok && slices.Contains(refusals, api.ErrorCode()) {
		return &session.Error{Kind: session.Conflict, Reason: "s3-refused", Op: op, Detail: "S3 refused to complete the upload: " + api.ErrorCode(), Err: err}
	}
	return dress(op, err)
}
