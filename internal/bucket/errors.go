package bucket

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"slipway/internal/session"
)

// S3's codes are from
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and, for
// refusals, from .../API_CompleteMultipartUpload.html (read 2026-11-22). An
// answer without a body, as every one to a HEAD is, has its status in the place
// of a code: the SDK calls a bare 403 Forbidden, and a bare 404 NotFound.

// refusals are the codes with which S3 says that this very request can never
// be carried out, so nothing was made of it.
var refusals = []string{"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "InvalidRequest", "InvalidArgument", "BadDigest", "MalformedXML"}

// denied, elsewhere and overloaded are trouble that says more than that there
// is trouble.
var (
	denied = []string{"AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
		"TokenRefreshRequired", "AccountProblem", "AllAccessDisabled", "NotSignedUp", "UnauthorizedAccess"}
	elsewhere  = []string{"PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint"}
	overloaded = []string{"SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestLimitExceeded", "Throttling"}
)

// dress gives an SDK error its kind. What is not known to be otherwise is
// Unavailable: nobody can say whether S3 acted.
//
// Only S3 itself says NoSuchUpload. A bare 404 may come from anything on the
// way, and must not make an upload look gone.
func dress(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &session.Error{Kind: session.Unavailable, Op: op, RetryAfter: session.RetryAfter, Err: err}
	code := codeOf(err)
	switch {
	case code == "NoSuchUpload":
		return unknown(op, err)
	case code == "NoSuchBucket":
		return noSuchBucket(op, err)
	case slices.Contains(denied, code):
		e.Reason, e.Detail = "s3-denied", "S3 refused the broker's credentials ("+code+")"
	case code == "RequestTimeTooSkewed":
		e.Reason, e.Detail = "s3-denied", "the broker's clock differs too much from S3's"
	case strings.HasPrefix(code, "KMS."):
		e.Reason, e.Detail = "s3-denied", "S3 could not use the KMS key ("+code+")"
	case slices.Contains(elsewhere, code):
		e.Reason, e.Detail = "wrong-region", "the bucket is in another region than the broker was told"
	case slices.Contains(overloaded, code):
		e.Reason, e.Detail, e.RetryAfter = "s3", "S3 asks for fewer requests ("+code+")", slowDown
	case code != "":
		e.Reason, e.Detail = "s3", "S3 answered "+code
	default:
		e.Reason, e.Detail = "s3", "S3 did not answer"
	}
	return e
}

// slowDown is how long a client waits where S3 has too much to do. The SDK has
// waited and tried again before that.
const slowDown = 10 * time.Second

// dressRefusal is dress for a request that S3 may definitely refuse.
func dressRefusal(op string, err error) error {
	switch code := codeOf(err); {
	case code == "PreconditionFailed":
		return keyTaken(op, err)
	case slices.Contains(refusals, code):
		return &session.Error{Kind: session.Conflict, Reason: "s3-refused", Op: op, Detail: "S3 refused to complete the upload: " + code, Err: err}
	}
	return dress(op, err)
}

// codeOf is S3's code for what went wrong, or "" if it did not answer.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

func unknown(op string, err error) error {
	return &session.Error{Kind: session.NotFound, Reason: "not-in-s3", Op: op, Detail: "S3 does not know it", Err: err}
}

func noSuchBucket(op string, err error) error {
	return &session.Error{Kind: session.Unavailable, Reason: "no-such-bucket", Op: op, RetryAfter: session.RetryAfter, Detail: "the bucket does not exist", Err: err}
}

func keyTaken(op string, err error) error {
	return &session.Error{Kind: session.Conflict, Reason: "key-taken", Op: op, Detail: "the key holds an object already", Err: err}
}

// understood makes sure that it was S3 that answered. The SDK takes any 200 for
// a success: without a body, or with a login page in it, Complete would be done,
// and ListParts would list nothing, though nobody asked S3. mark is what S3
// never leaves out of this answer.
func understood(op string, mark *string) error {
	if mark != nil && *mark != "" {
		return nil
	}
	return &session.Error{Kind: session.Unavailable, Reason: "s3", Op: op, RetryAfter: session.RetryAfter, Detail: "what answered 200 was not S3, or its answer is not whole"}
}
