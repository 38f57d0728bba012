package bucketrules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// corsRule lets the pages PUT parts, read their ETags, and play recordings. A
// browser asks again after MaxAgeSeconds; Chromium asks again after 2 hours at
// the latest.
func corsRule(origins []string) types.CORSRule {
	origins = slices.Clone(origins)
	slices.Sort(origins)
	origins = slices.Compact(origins)
	if slices.Contains(origins, "*") {
		origins = []string{"*"}
	}
	return types.CORSRule{
		ID: aws.String(ourID + "recorders"), AllowedOrigins: origins, AllowedMethods: []string{"PUT", "GET", "HEAD"},
		AllowedHeaders: []string{"content-type", "content-md5", "x-amz-*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(3600),
	}
}

func corsBody(r types.CORSRule) string {
	return fmt.Sprintf("%s from %s, with headers %s, exposing %s, for %d s",
		set(r.AllowedMethods), set(r.AllowedOrigins), set(r.AllowedHeaders), set(r.ExposeHeaders), aws.ToInt32(r.MaxAgeSeconds))
}

// set writes a list whose order means nothing.
func set(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(list, " ")
}

func lookCORS(ctx context.Context, client *s3.Client, bucket string, w Wanted) (*Kind, error) {
	k := &Kind{Name: "CORS rules"}
	out, err := client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &bucket})
	var have []types.CORSRule
	switch {
	case Unsupported(err):
		k.Unsupported = true
		return k, nil
	case err != nil && codeOf(err) != "NoSuchCORSConfiguration":
		return nil, fmt.Errorf("read the CORS rules, which takes s3:GetBucketCORS: %w", err)
	case err == nil:
		have = out.CORSRules
	}
	var after []types.CORSRule
	k.Lines, after = differ(have, corsRule(w.Origins), func(r types.CORSRule) string { return aws.ToString(r.ID) }, corsBody)
	k.put = func(ctx context.Context) error {
		_, err := client.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: &bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: after}})
		return err
	}
	k.again = func(ctx context.Context) (*Kind, error) { return lookCORS(ctx, client, bucket, w) }
	return k, nil
}
