package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"slipway/internal/awssdk"
)

// S3Clients are views of one bucket: control, as the broker reaches it, and
// public, as browsers do. The second only signs URLs. It has credentials of
// its own, so that refreshing them delays no request to S3. Playback signs
// URLs that read; it is Public unless other credentials are set for that.
type S3Clients struct {
	Control, Public, Playback *s3.Client
}

// sdkLog makes the SDK write to the program's own log; by itself it writes
// lines of text to stderr.
var sdkLog = config.WithLogger(logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
	slog.Warn("AWS SDK", slog.String("said", fmt.Sprintf(format, v...)))
}))

// OpenS3 sets up the clients. If no region is set, it asks S3 for the bucket's
// region.
func OpenS3(ctx context.Context, s S3Settings) (S3Clients, error) {
	control, err := config.LoadDefaultConfig(ctx, sdkLog)
	if err != nil {
		return S3Clients{}, fmt.Errorf("AWS settings: %w", err)
	}
	control.Region = cmp.Or(s.Region, control.Region)
	if control.Region == "" {
		if control.Region, err = findRegion(ctx, control, s); err != nil {
			return S3Clients{}, err
		}
	}
	clients := S3Clients{Control: newClient(control, s, s.Endpoint)}
	public := cmp.Or(s.PublicEndpoint, s.Endpoint)
	if clients.Public, err = signedBy(ctx, s.signing(), control.Region, s, public); err != nil {
		return S3Clients{}, err
	}
	if clients.Playback = clients.Public; s.playback().set() {
		clients.Playback, err = signedBy(ctx, s.playback(), control.Region, s, public)
	}
	return clients, err
}

// signedBy is a client with credentials of its own.
func signedBy(ctx context.Context, who identity, region string, s S3Settings, endpoint string) (*s3.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, sdkLog, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("AWS settings: %w", err)
	}
	who.sign(&cfg)
	return newClient(cfg, s, endpoint), nil
}

// assumeRole asks STS for credentials of role, with those of cfg, for an hour at a
// time. An hour is the longest if cfg's credentials are a role's themselves;
// see deploy/iam.
func assumeRole(role string, cfg aws.Config) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.Duration = "slipway-signing", time.Hour
	}))
}

func newClient(cfg aws.Config, s S3Settings, endpoint string) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = s.PathStyle
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	}, awssdk.Plain)
}

// regionWithin bounds the question for the bucket's region, which delays the
// start.
const regionWithin = 15 * time.Second

// findRegion asks S3 where the bucket is.
func findRegion(ctx context.Context, cfg aws.Config, s S3Settings) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, regionWithin)
	defer cancel()
	cfg.Region = "us-east-1" // this region answers the question
	region, err := manager.GetBucketRegion(ctx, newClient(cfg, s, s.Endpoint), s.Bucket)
	if err != nil {
		return "", fmt.Errorf("BROKER_S3_REGION is not set and S3 does not say where bucket %s is: %w", s.Bucket, err)
	}
	return region, nil
}

// publicSetting is the setting that says where browsers reach S3.
func (s *S3Settings) publicSetting() string {
	if s.PublicEndpoint == "" {
		return "BROKER_S3_ENDPOINT"
	}
	return "BROKER_S3_PUBLIC_ENDPOINT"
}

// checkPageMayName refuses an address that a page cannot be allowed to reach.
// A Content-Security-Policy has no words for an IPv6 address, so parts would
// arrive and nothing would play
// (https://www.w3.org/TR/CSP3/#grammardef-host-source, read 2026-11-29).
func checkPageMayName(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || !strings.Contains(u.Hostname(), ":") {
		return nil
	}
	return errors.New("is an IPv6 address, which no page's Content-Security-Policy can name; browsers need a name for it, in DNS or in a hosts file")
}
