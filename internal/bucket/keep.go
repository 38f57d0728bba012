package bucket

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Keep is how S3 keeps a recording. It is set once, when the upload is
// created, and holds for all parts. A presigned PUT cannot change it. An empty
// field follows the bucket's own configuration.
type Keep struct {
	Encryption   types.ServerSideEncryption
	KMSKey       string // ID, ARN or alias; only with a KMS mode; empty: the account's key for S3
	StorageClass types.StorageClass
	Tags         map[string]string
}

func (k Keep) apply(in *s3.CreateMultipartUploadInput) {
	in.ServerSideEncryption, in.StorageClass = k.Encryption, k.StorageClass
	if k.KMSKey != "" {
		in.SSEKMSKeyId = &k.KMSKey
	}
	if len(k.Tags) > 0 {
		in.Tagging = aws.String(encodeTags(k.Tags))
	}
}

// Tagging is the tags as one header has them; empty where there are none.
func (k Keep) Tagging() string { return encodeTags(k.Tags) }

// encodeTags writes tags as a URL's query. A space is %20: "+" is a character
// that tags may hold, and not every server reads it as a space.
func encodeTags(tags map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(tags[name]))
	}
	return strings.ReplaceAll(strings.Join(pairs, "&"), "+", "%20")
}
