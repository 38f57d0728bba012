package doctor

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"slipway/internal/session"
)

// cleanWithin bounds the removal.
const cleanWithin = 30 * time.Second

// clean removes what the checks uploaded, even if ctx has ended, and checks
// whether anything is left behind.
func (e *examination) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	listed, _ := e.Bucket.Uploads(ctx, string(e.key), session.UploadCursor{}, 100) // if this is forbidden, there are still those that we know
	for _, u := range listed.Uploads {
		e.open[u.ID] = u.Upload
	}
	var left []string
	for _, u := range e.open {
		if err := e.Bucket.Abort(ctx, u); err != nil {
			left = append(left, e.aws("s3api abort-multipart-upload --bucket "+e.BucketName+" --key "+string(u.Key)+" --upload-id "+string(u.ID)))
		}
	}
	for _, key := range []session.Key{e.key, e.posterKey(), e.source()} {
		if _, err := e.Bucket.Head(ctx, key); session.KindOf(err) == session.NotFound {
			continue
		}
		if err := e.Bucket.Delete(ctx, key); err != nil {
			left = append(left, e.aws("s3api delete-object --bucket "+e.BucketName+" --key "+string(key)))
		}
	}
	switch {
	case len(left) > 0:
		e.r.note("s3-clean", warn(strings.Join(left, " && "), "doctor could not remove all that it uploaded, or not see that it is gone: %s", e.key))
	case e.versions:
		e.r.note("s3-clean", good("nothing is left behind except versions of %s and of its poster, because this bucket keeps what is deleted", e.key))
	default:
		e.r.note("s3-clean", good("nothing is left behind"))
	}
}

// codeOf is S3's own word for an error.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// statusOf is the HTTP status of S3's error, 0 if it did not answer.
func statusOf(err error) int {
	if res, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return res.HTTPStatusCode()
	}
	return 0
}
