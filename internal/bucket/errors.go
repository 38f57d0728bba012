package bucket

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"slipway/internal/session"
)

// S3's codes are from
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and, for
// refusals, from .../API_CompleteMultipartUpload.html (read 2026-11-22). An
// answer without a body, as to every HEAD, has no code. The SDK then derives
// one from the status: a bare 403 is Forbidden, and a bare 404 is NotFound.

// refusals are the codes with which S3 says that it can never carry out this
// very request. So nothing was made of it.
var refusals = []string{"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "InvalidRequest", "InvalidArgument", "BadDigest", "MalformedXML"}

// denied, elsewhere and overloaded are failures whose code says what is wrong.
var (
	denied = []string{"AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
		"TokenRefreshRequired", "AccountProblem", "AllAccessDisabled", "NotSignedUp", "UnauthorizedAccess"}
	elsewhere  = []string{"PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint"}
	overloaded = []string{"SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestLimitExceeded", "Throttling"}
)

// dress gives an SDK error its kind. An unknown error is Unavailable: nobody
// can say whether S3 acted.
//
// Only S3 itself says NoSuchUpload. A bare 404 may come from anything between
// the broker and S3, and must not make an upload look gone.
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
		e.Reason, e.Detail = session.ReasonS3Denied, "S3 refused the broker's credentials ("+code+")"
	case code == "RequestTimeTooSkewed":
		e.Reason, e.Detail = session.ReasonS3Denied, "the broker's clock differs too much from S3's"
	case strings.HasPrefix(code, "KMS."):
		e.Reason, e.Detail = session.ReasonS3Denied, "S3 could not use the KMS key ("+code+")"
	case slices.Contains(elsewhere, code):
		e.Reason, e.Detail = session.ReasonWrongRegion, "the bucket is in another region than the broker was told"
	case slices.Contains(overloaded, code):
		e.Reason, e.Detail, e.RetryAfter = session.ReasonS3, "S3 asks for fewer requests ("+code+")", slowDown
	case code != "":
		e.Reason, e.Detail = session.ReasonS3, "S3 answered "+code
	default:
		e.Reason, e.Detail = session.ReasonS3, "S3 did not answer"
	}
	return e
}

// slowDown is how long a client waits if S3 has too much to do. The SDK has
// already waited and tried again.
const slowDown = 10 * time.Second

// dressUpload is dress for a request that names an upload. If the upload is
// gone, Ceph RGW says NoSuchKey. A bare 404 has no code and proves nothing.
func dressUpload(op string, err error) error {
	if codeOf(err) == "NoSuchKey" {
		return unknown(op, err)
	}
	return dress(op, err)
}

// dressRefusal is dressUpload for a request that S3 may definitely refuse.
func dressRefusal(op string, err error) error {
	switch code := codeOf(err); {
	case statusOf(err) == http.StatusPreconditionFailed: // some servers send another code
		return keyTaken(op, err)
	case slices.Contains(refusals, code):
		return &session.Error{Kind: session.Conflict, Reason: session.ReasonS3Refused, Op: op, Detail: "S3 refused to complete the upload: " + code, Err: err}
	}
	return dressUpload(op, err)
}

// codeOf is S3's code for what went wrong, or "" if it did not answer.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// statusOf is the status of S3's error, or 0 if it did not answer.
func statusOf(err error) int {
	if res, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return res.HTTPStatusCode()
	}
	return 0
}

// goesInCircles is the error of a listing whose next page begins where this
// one began. Such a listing would never end, or would leave things out.
func goesInCircles(op string) error {
	return &session.Error{Kind: session.Unavailable, Reason: session.ReasonS3, Op: op, RetryAfter: session.RetryAfter, Detail: "S3 lists the same page again and again"}
}

func unknown(op string, err error) error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonNotInS3, Op: op, Detail: "S3 does not know it", Err: err}
}

func noSuchBucket(op string, err error) error {
	return &session.Error{Kind: session.Unavailable, Reason: session.ReasonNoSuchBucket, Op: op, RetryAfter: session.RetryAfter, Detail: "the bucket does not exist", Err: err}
}

func keyTaken(op string, err error) error {
	return &session.Error{Kind: session.Conflict, Reason: session.ReasonKeyTaken, Op: op, Detail: "the key holds an object already", Err: err}
}

// understood makes sure that S3 itself answered. The SDK takes any 200 for a
// success. If a proxy answered with no body or with a login page, Complete
// would look done and ListParts would list nothing. mark is what S3 always has
// in this answer.
func understood(op string, mark *string) error {
	if mark != nil && *mark != "" {
		return nil
	}
	return &session.Error{Kind: session.Unavailable, Reason: session.ReasonS3, Op: op, RetryAfter: session.RetryAfter, Detail: "something other than S3 answered 200, or the answer is not whole"}
}
