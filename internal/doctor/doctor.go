// Package doctor looks whether the Redis and the bucket that a broker is
// configured for do what it relies on, and says of each thing what it saw and
// how to mend it. It asks the real servers: it uploads a few bytes as a
// recorder would, tries what must be refused, and takes everything away again.
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
	// PartsReadNothing: what signs parts is not what signs playback.
	PartsReadNothing bool
	Profile          *provider.Profile // of who runs the S3, as the broker would go by it; nil: unknown

	Uploads bucketrules.Life // how long an upload may have to last

	Now func() time.Time
}

// Doer is an HTTP client.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Run makes every check and reports them in a fixed order; those that another
// one's failure makes impossible are skipped. It takes seconds, or a minute
// and more where servers do not answer. When ctx ends it stops checking, and
// still takes away what it uploaded.
func Run(ctx context.Context, cfg Config) Report {
	var r Report
	examineRedis(ctx, &r, cfg)
	examineS3(ctx, &r, cfg)
	return r
}
