package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// S3Clients are two views of one bucket: control, as the broker reaches it,
// and public, as browsers do. Only URLs are signed with the second, and it has
// credentials of its own, so that refreshing them holds up no request to S3.
type S3Clients struct {
	Control, Public *s3.Client
}

// OpenS3 sets up the clients. Without a region S3 is asked for the bucket's.
func OpenS3(ctx context.Context, s S3Settings) (S3Clients, error) {
	control, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return S3Clients{}, fmt.Errorf("AWS settings: %w", err)
	}
	control.Region = cmp.Or(s.Region, control.Region)
	if control.Region == "" {
		if control.Region, err = findRegion(ctx, control, s); err != nil {
			return S3Clients{}, err
		}
	}
	public, err := config.LoadDefaultConfig(ctx, config.WithRegion(control.Region))
	if err != nil {
		return S3Clients{}, fmt.Errorf("AWS settings: %w", err)
	}
	if s.SigningRole != "" {
		public.Credentials = become(s.SigningRole, public)
	}
	return S3Clients{
		Control: newClient(control, s, s.Endpoint),
		Public:  newClient(public, s, cmp.Or(s.PublicEndpoint, s.Endpoint)),
	}, nil
}

// become has STS hand out credentials of role to those of cfg, for an hour at a
// time: the longest where they are a role's themselves, see deploy/iam.
func become(role string, cfg aws.Config) aws.CredentialsProvider {
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
		// By default the SDK announces CRC32 for every upload it creates, and
		// S3 then refuses the parts that browsers PUT without one.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

// regionWithin bounds the question where the bucket is, which delays the start.
const regionWithin = 15 * time.Second

// findRegion asks S3 where the bucket is.
func findRegion(ctx context.Context, cfg aws.Config, s S3Settings) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, regionWithin)
	defer cancel()
	cfg.Region = "us-east-1" // where S3 takes the question
	region, err := manager.GetBucketRegion(ctx, newClient(cfg, s, s.Endpoint), s.Bucket)
	if err != nil {
		return "", fmt.Errorf("BROKER_S3_REGION is not set and S3 does not say where bucket %s is: %w", s.Bucket, err)
	}
	return region, nil
}
