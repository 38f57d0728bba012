package bucketrules

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// lifecycleRule ends the uploads that no broker ended. After so many days, no
// recorder can go on with one.
func lifecycleRule(w Wanted) types.LifecycleRule {
	return types.LifecycleRule{
		ID: aws.String(ourID + "unfinished-uploads"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String(w.KeyPrefix)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(int32(w.Life.Days()))}, //nolint:gosec // 91 at most
	}
}

// lifecycleBody tells our rule from any other. If a rule expires or moves
// objects, lifecycleBody says only that it does.
func lifecycleBody(r types.LifecycleRule) string {
	body := fmt.Sprintf("%s under %q", strings.ToLower(string(r.Status)), prefixOf(r))
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		body += fmt.Sprintf(", aborts unfinished uploads after %d days", aws.ToInt32(a.DaysAfterInitiation))
	}
	if r.Expiration != nil || r.NoncurrentVersionExpiration != nil || len(r.Transitions)+len(r.NoncurrentVersionTransitions) > 0 {
		body += ", expires or moves objects"
	}
	return body
}

// prefixOf is the prefix that a rule is for, from any of the three places
// where it can stand.
func prefixOf(r types.LifecycleRule) string {
	switch f := r.Filter; {
	case f != nil && f.And != nil:
		return aws.ToString(f.And.Prefix)
	case f != nil:
		return aws.ToString(f.Prefix)
	}
	//lint:ignore SA1019 rules from before 2016 still have it
	return aws.ToString(r.Prefix)
}

// Abort is a rule that ends unfinished uploads of ours.
type Abort struct {
	ID   string
	Days int
	All  bool // it is for all of our keys and not only for some
}

// Aborts returns the lifecycle rules of a bucket that end unfinished uploads
// whose keys begin with prefix. If it fails, Unsupported says whether the
// server has no lifecycle rules at all.
func Aborts(ctx context.Context, client *s3.Client, bucket, prefix string) ([]Abort, error) {
	out, err := readLifecycle(ctx, client, bucket)
	if err != nil {
		return nil, err
	}
	return abortsOf(out.Rules, prefix), nil
}

func abortsOf(rules []types.LifecycleRule, prefix string) (aborts []Abort) {
	for _, r := range rules {
		a, p := r.AbortIncompleteMultipartUpload, prefixOf(r)
		if a == nil || r.Status != types.ExpirationStatusEnabled || !strings.HasPrefix(prefix, p) && !strings.HasPrefix(p, prefix) {
			continue
		}
		aborts = append(aborts, Abort{ID: aws.ToString(r.ID), Days: int(aws.ToInt32(a.DaysAfterInitiation)), All: strings.HasPrefix(prefix, p)})
	}
	return aborts
}

// readLifecycle returns no rules, and no error, for a bucket that has none.
func readLifecycle(ctx context.Context, client *s3.Client, bucket string) (*s3.GetBucketLifecycleConfigurationOutput, error) {
	out, err := client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if codeOf(err) == "NoSuchLifecycleConfiguration" {
		return &s3.GetBucketLifecycleConfigurationOutput{}, nil
	}
	return out, err
}

func lookLifecycle(ctx context.Context, client *s3.Client, bucket string, w Wanted) (*Kind, error) {
	k := &Kind{Name: "lifecycle rules"}
	have, err := readLifecycle(ctx, client, bucket)
	switch {
	case Unsupported(err):
		k.Unsupported = true
		return k, nil
	case err != nil:
		return nil, fmt.Errorf("read the lifecycle rules, which takes s3:GetLifecycleConfiguration: %w", err)
	}
	var after []types.LifecycleRule
	k.Lines, after = differ(have.Rules, lifecycleRule(w), func(r types.LifecycleRule) string { return aws.ToString(r.ID) }, lifecycleBody)
	for _, a := range abortsOf(after[1:], w.KeyPrefix) {
		if a.Days < w.Life.Days() {
			k.Notes = append(k.Notes, fmt.Sprintf("rule %q already ends uploads after %d days; it is not ours, so it stays", a.ID, a.Days))
		}
	}
	k.put = func(ctx context.Context) error {
		_, err := client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
			Bucket: &bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: after},
			TransitionDefaultMinimumObjectSize: have.TransitionDefaultMinimumObjectSize, // left out, it would change
		})
		return err
	}
	k.again = func(ctx context.Context) (*Kind, error) { return lookLifecycle(ctx, client, bucket, w) }
	return k, nil
}
