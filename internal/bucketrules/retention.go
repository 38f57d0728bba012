package bucketrules

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Retention returns the default retention that Object Lock gives a bucket. It
// returns nil if the bucket has Object Lock without one.
func Retention(ctx context.Context, client *s3.Client, bucket string) (*types.DefaultRetention, error) {
	out, err := client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &bucket})
	if err != nil || out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.Rule == nil {
		return nil, err
	}
	return out.ObjectLockConfiguration.Rule.DefaultRetention, nil
}
