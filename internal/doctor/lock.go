package doctor

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/bucketrules"
	"slipway/internal/session"
)

// retention looks for a default retention of Object Lock. If a bucket has one,
// S3 takes no part without a checksum, so the other checks use one.
func (e *examination) retention(ctx context.Context) verdict {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	retained, err := bucketrules.Retention(ctx, e.S3, e.BucketName)
	switch {
	case codeOf(err) == "AccessDenied":
		return skipped("the broker's credentials may not read this (s3:GetBucketObjectLockConfiguration), and need not")
	case codeOf(err) != "":
		return good("no default retention (%s)", codeOf(err))
	case err != nil:
		return skipped("whether there is one cannot be seen: %s", why(err))
	case retained == nil:
		return good("no default retention")
	}
	e.algorithm = session.SHA256
	long := lasting(retained)
	if e.NoChecksums {
		return fail("BROKER_S3_NO_CHECKSUMS=false", "what is stored is retained for %s, and S3 takes no part without a checksum then", long)
	}
	return warn("# nothing to set: have your own clients open sessions with checksum sha256, as recorder.js does",
		"what is stored is retained for %s: a recording that is deleted stays as a version, and sessions without checksums cannot upload", long)
}

func lasting(r *types.DefaultRetention) string {
	if years := aws.ToInt32(r.Years); years > 0 {
		return fmt.Sprintf("%d years", years)
	}
	return fmt.Sprintf("%d days", aws.ToInt32(r.Days))
}
