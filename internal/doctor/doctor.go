// Package doctor checks whether the Redis and the bucket of a broker do what
// the broker relies on. For each check it says what it saw and how to mend it.
// It asks the real servers: it uploads a few bytes as a recorder would, tries
// what S3 must refuse, and removes everything again.
package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"

	"slipway/internal/bucketrules"
	"slipway/internal/provider"
	"slipway/internal/session"
)

// Config is what a broker would work with.
type Config struct {
	Redis       redis.UniversalClient
	RedisPrefix string

	S3          *s3.Client     // for what Bucket does not do
	Bucket      session.Bucket // the broker's own requests to S3
	Signer      session.Signer // the URLs that recorders get
	HTTP        Doer           // sends what recorders send
	BucketName  string
	KeyPrefix   string
	Endpoint    string   // where the broker reaches S3; empty: AWS
	PublicAt    string   // the origin of every URL
	Origins     []string // of the pages that record; "*" is every page
	NoChecksums bool
	// PartsReadNothing: the credentials that sign parts are not those that sign
	// playback.
	PartsReadNothing bool
	Profile          *provider.Profile // of the S3 provider, as the broker would use it; nil: unknown

	Uploads bucketrules.Life // how long an upload may have to last

	Now func() time.Time
}

// Doer is an HTTP client.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Run makes every check and reports them in a fixed order. If a check fails,
// it skips those that depend on it. It takes seconds, or a minute and more if
// servers do not answer. If ctx ends, it stops checking and still removes what
// it uploaded.
func Run(ctx context.Context, cfg Config) Report {
	var r Report
	examineRedis(ctx, &r, cfg)
	examineS3(ctx, &r, cfg)
	return r
}
