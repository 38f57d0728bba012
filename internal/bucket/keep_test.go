package bucket_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

// The local server keeps tags and neither encrypts nor knows classes, so of
// those we see that they are asked for, in a request whose signature it checked.
func TestS3IsToldHowToKeepARecording(t *testing.T) {
	for _, c := range []struct {
		name string
		keep bucket.Keep
		want map[string]string
	}{
		{"as the bucket says", bucket.Keep{}, map[string]string{}},
		{"AES256", bucket.Keep{Encryption: types.ServerSideEncryptionAes256}, map[string]string{"X-Amz-Server-Side-Encryption": "AES256"}},
		{"KMS with the account's key", bucket.Keep{Encryption: types.ServerSideEncryptionAwsKms}, map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms"}},
		{"KMS twice, with a key", bucket.Keep{Encryption: types.ServerSideEncryptionAwsKmsDsse, KMSKey: "alias/recordings"},
			map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms:dsse", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "alias/recordings"}},
		{"a class", bucket.Keep{StorageClass: types.StorageClassIntelligentTiering}, map[string]string{"X-Amz-Storage-Class": "INTELLIGENT_TIERING"}},
		{"tags", bucket.Keep{Tags: map[string]string{"team": "a + b", "ü=": ""}}, map[string]string{"X-Amz-Tagging": "team=a%20%2B%20b&%C3%BC%3D="}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := map[string]string{}
			st := between(t, open(t), bucket.Options{Keep: c.keep}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				if r.Method == http.MethodPost && r.URL.Query().Has("uploads") {
					for _, name := range []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Storage-Class", "X-Amz-Tagging"} {
						if r.Header.Get(name) != "" {
							asked[name] = r.Header.Get(name)
						}
					}
				}
				server.ServeHTTP(w, r)
			})
			u := st.upload(t, "kept.webm", session.SHA256)
			if !maps.Equal(asked, c.want) {
				t.Errorf("asked for %v, want %v", asked, c.want)
			}
			st.put(t, u, 1, []byte("x"))
			parts, err := st.ListParts(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := st.Complete(t.Context(), u, parts, 1); err != nil {
				t.Fatal(err)
			}
			if got := st.tags(t, u.Key); !maps.Equal(got, c.keep.Tags) {
				t.Errorf("the object's tags are %q, want %q", got, c.keep.Tags)
			}
		})
	}
}

func (st stage) tags(t *testing.T, key session.Key) map[string]string {
	t.Helper()
	out, err := st.client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &st.server.Bucket, Key: aws.String(string(key))})
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for _, tag := range out.TagSet {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}
