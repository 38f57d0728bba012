// Package bucket sends the broker's requests to S3; no other package does. It
// opens, lists, completes and aborts multipart uploads, and looks at finished
// objects. The parts themselves go from the recorder straight to S3.
package bucket

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// Bucket is a session.Bucket. It is safe for concurrent use.
type Bucket struct {
	client *s3.Client
	bucket string
	name   string
	keep   Keep
	learnt learnt
	listed atomic.Int64 // when S3 last listed uploads of the bucket, in ns; 0: never
}

var _ session.Bucket = (*Bucket)(nil)

// callTimeout bounds each small call, with the SDK's retries. Complete and
// abort take their bound from the caller, who holds a lease.
const callTimeout = 15 * time.Second

// Options say which bucket it is, and how S3 keeps what goes there.
type Options struct {
	Endpoint string // where the bucket is, as in the settings; only tells one deployment from another
	Bucket   string
	Keep     Keep
	Log      *slog.Logger // what the broker learns about the S3 server, each thing once; nil: no log

	// What is known of the server before it is asked:
	OpaqueETags bool     // the ETag of an object is not an MD5 of MD5s
	PartMD5s    bool     // the ETag of a part is its MD5, except with SSE-KMS
	Lacks       []string // headers of a complete that the server refuses or ignores
}

// New serves a bucket through client.
//
// The client must calculate checksums only when required: by default the SDK
// would announce CRC32 for every upload, and S3 then refuses parts without.
func New(client *s3.Client, o Options) *Bucket {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Bucket{client: client, bucket: o.Bucket, name: o.Endpoint + "/" + o.Bucket, keep: o.Keep, learnt: learnt{log: o.Log, opaque: o.OpaqueETags, refused: o.Lacks, etags: partETags{md5s: o.PartMD5s}}}
}

// Name is endpoint and bucket.
func (b *Bucket) Name() string { return b.name }

// notFound is the code of a HEAD whose bucket or object is not there.
const notFound = "NotFound"

// Ping says whether the bucket answers and lets the broker in.
func (b *Bucket) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.bucket})
	if codeOf(err) == notFound {
		return noSuchBucket("bucket.Ping", err)
	}
	return dress("bucket.Ping", err)
}
