package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// urlLife is how long a URL of ours is good.
const urlLife = time.Minute

// examination is the checks of one bucket.
type examination struct {
	Config
	r        *Report
	key      session.Key // of all that is uploaded; no session has such a key
	open     map[session.UploadID]session.Upload
	server   string // what S3 calls itself in its answers
	versions bool   // the bucket keeps what is deleted

	algorithm session.ChecksumAlgorithm // of the uploads that need none in particular
}

func examineS3(ctx context.Context, r *Report, cfg Config) {
	e := &examination{Config: cfg, r: r, algorithm: session.NoChecksum, open: map[session.UploadID]session.Upload{}, key: session.Key(cfg.KeyPrefix + "doctor-" + strings.ToLower(rand.Text()))}
	uploading := []string{"s3-public", "s3-clock", "s3-create", "s3-list-prefix", "s3-length", "s3-put", "cors", "cors-etag", "s3-poster", "s3-list-parts", "s3-size", "s3-complete", "s3-etag", "s3-complete-again",
		"s3-get", "cors-get", "s3-condition", "s3-delete"}
	uploading = slices.Concat(uploading, trialChecks, checksumChecks, []string{"s3-clean"})
	if !e.reach(ctx) {
		r.skip("s3-bucket", slices.Concat([]string{"s3-region", "s3-list-objects", "s3-list-uploads", "s3-head", "s3-object-lock"}, uploading, []string{"lifecycle", "part-sizes", "s3-profile"})...)
		return
	}
	e.measure()
	e.list(ctx)
	r.note("s3-object-lock", e.retention(ctx))
	if e.public(ctx) {
		e.record(ctx)
		e.trial(ctx)
		e.checksums(ctx)
		e.clean(ctx)
	} else {
		r.skip("s3-public", uploading[1:]...)
	}
	r.note("lifecycle", e.lifecycle(ctx))
	r.note("part-sizes", e.partSizes())
	r.note("s3-profile", e.profile())
}

// reach checks whether there is a bucket, and where.
func (e *examination) reach(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if err := e.Bucket.Ping(ctx); err != nil {
		err = e.inWords(ctx, err)
		e.r.note("s3-bucket", fail(e.mendBucket(ctx, err), "%s", why(err)))
		return false
	}
	e.r.note("s3-bucket", good("bucket %s answers and lets the broker in", e.BucketName))
	e.r.note("s3-region", e.region(ctx))
	return true
}

// inWords asks again in a way that S3 can answer with more than a status,
// because an answer to HEAD has no body.
func (e *examination) inWords(ctx context.Context, err error) error {
	if reasonOf(err) != "s3-denied" {
		return err
	}
	if _, again := e.Bucket.Keys(ctx, string(e.key), "", 1); again != nil && codeOf(again) != "" {
		return again
	}
	return err
}

func (e *examination) mendBucket(ctx context.Context, err error) string {
	switch codeOf(err) {
	case "SignatureDoesNotMatch":
		return e.mendSigned(ctx)
	case "InvalidAccessKeyId":
		return mendCredentials
	}
	switch reasonOf(err) {
	case "no-such-bucket":
		return e.aws("s3api create-bucket --bucket "+e.BucketName) + "  # or BROKER_BUCKET=the-right-name"
	case "wrong-region":
		return "BROKER_S3_REGION=the-bucket's-region"
	case "s3-denied":
		return e.allow("bucket", "s3:ListBucket")
	}
	return "BROKER_S3_ENDPOINT=https://…  # is the address right, and is S3 up?"
}

func (e *examination) region(ctx context.Context) verdict {
	configured := e.S3.Options().Region
	out, err := e.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &e.BucketName})
	if err != nil {
		return fail(e.mendBucket(ctx, err), "%s", why(err))
	}
	switch actual := aws.ToString(out.BucketRegion); actual {
	case "":
		return skipped("this S3 does not tell; %s is configured", configured)
	case configured:
		return good("%s", configured)
	default:
		return fail("BROKER_S3_REGION="+actual, "the bucket is in %s, but URLs are signed for %s", actual, configured)
	}
}

// list tries the requests that find forgotten sessions and settle lost ones.
func (e *examination) list(ctx context.Context) {
	_, err := e.Bucket.Keys(ctx, string(e.key), "", 1)
	e.r.note("s3-list-objects", e.may(err, "`broker rebuild` finds recordings", "bucket", "s3:ListBucket"))
	_, err = e.Bucket.Uploads(ctx, string(e.key), session.UploadCursor{}, 1)
	e.r.note("s3-list-uploads", e.may(err, "forgotten uploads are found", "bucket", "s3:ListBucketMultipartUploads"))
	_, err = e.Bucket.Head(ctx, e.key)
	if session.KindOf(err) == session.NotFound {
		err = nil
	}
	e.r.note("s3-head", e.may(err, "an object that is not there is told from one that is forbidden", "bucket", "s3:ListBucket"))
}

// may is the verdict on a request that needs a permission.
func (e *examination) may(err error, works, resource, action string) verdict {
	switch {
	case err == nil:
		return good("%s", works)
	case codeOf(err) == "SignatureDoesNotMatch": // no policy helps against that
		return fail(mendProxy, "%s", why(err))
	}
	return fail(e.allow(resource, action), "%s", why(err))
}

// allow is the missing statement of an IAM policy.
func (e *examination) allow(resource, action string) string {
	arn := "arn:aws:s3:::" + e.BucketName
	if resource == "objects" {
		arn += "/" + e.KeyPrefix + "*"
	}
	return fmt.Sprintf(`{"Effect": "Allow", "Action": %q, "Resource": %q}`, action, arn)
}

// aws is a command of Amazon's command line for this server.
func (e *examination) aws(command string) string {
	if e.Endpoint != "" {
		return "aws --endpoint-url " + e.Endpoint + " " + command
	}
	return "aws " + command
}

// public checks whether the address that browsers get leads to S3, and what
// time it is there.
func (e *examination) public(ctx context.Context) bool {
	signed, err := e.Signer.SignGet(ctx, e.key, session.Playback{}, urlLife)
	if err != nil {
		e.r.note("s3-public", fail(mendCredentials, "%s", why(err)))
		return false
	}
	before := e.Now()
	a, err := e.get(ctx, http.MethodGet, signed.URL, nil)
	after := e.Now()
	if err != nil {
		e.r.note("s3-public", fail("BROKER_S3_PUBLIC_ENDPOINT=https://…  # as browsers reach S3; if it is right, run the doctor where it can be reached", "%s: %s", e.PublicAt, why(err)))
		return false
	}
	e.server = a.header.Get("Server")
	e.r.note("s3-public", good("browsers are sent to %s, which answers", e.PublicAt))
	theirs, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		e.r.note("s3-clock", skipped("this S3 does not tell: no Date in its answers"))
	} else {
		e.r.note("s3-clock", judgeClock(theirs, before, after, time.Second))
	}
	return true
}
