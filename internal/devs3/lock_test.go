package devs3_test

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func locked(c *devs3.Config) { c.RetentionDays = 1 }

func md5Of(body string) *string {
	sum := md5.Sum([]byte(body))
	return aws.String(base64.StdEncoding.EncodeToString(sum[:]))
}

// What is retained must be known to have arrived whole.
func TestABucketWithRetentionWantsAChecksum(t *testing.T) {
	server := devs3test.Start(t, locked)
	client := devs3test.Client(server)
	putObject := func(in s3.PutObjectInput) error {
		in.Bucket, in.Key, in.Body = &server.Bucket, aws.String("note"), strings.NewReader("body")
		_, err := client.PutObject(t.Context(), &in)
		return err
	}
	putPart := func(in s3.UploadPartInput, how ...func(*s3.CreateMultipartUploadInput)) error {
		u := create(t, server, how...)
		in.Bucket, in.Key, in.UploadId, in.PartNumber, in.Body = &server.Bucket, &u.key, &u.id, aws.Int32(1), strings.NewReader("body")
		_, err := client.UploadPart(t.Context(), &in)
		return err
	}
	for _, test := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"an object without", putObject(s3.PutObjectInput{}), false},
		{"an object with an MD5", putObject(s3.PutObjectInput{ContentMD5: md5Of("body")}), true},
		{"an object again, as a new version", putObject(s3.PutObjectInput{ContentMD5: md5Of("body")}), true},
		{"an object with a SHA-256", putObject(s3.PutObjectInput{ChecksumSHA256: sum([]byte("body"))}), true},
		{"a part without", putPart(s3.UploadPartInput{}), false},
		{"a part with an MD5", putPart(s3.UploadPartInput{ContentMD5: md5Of("body")}), true},
		{"a part with a SHA-256", putPart(s3.UploadPartInput{ChecksumSHA256: sum([]byte("body"))}, withSHA256), true},
	} {
		api, _ := errors.AsType[smithy.APIError](test.err)
		if (test.err == nil) != test.ok || !test.ok && (api == nil || api.ErrorCode() != "InvalidRequest" || !strings.Contains(api.ErrorMessage(), "Content-MD5")) {
			t.Errorf("%s: %v", test.name, test.err)
		}
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &server.Bucket, Key: aws.String("note")}); err != nil {
		t.Error("a delete that only hides:", err)
	}
}

func TestAPresignedURLWantsNoAuthorizationBeside(t *testing.T) {
	server, client := shared(t)
	u := create(t, server)
	put := u.presign(1, 4, nil, 60e9).URL
	get, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &server.Bucket, Key: &u.key})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, url string
		body              []byte
	}{{"a PUT", "PUT", put, []byte("body")}, {"a GET", "GET", get.URL, nil}} {
		for _, authorization := range []string{"Bearer mine", "AWS4-HMAC-SHA256 Credential=x"} {
			resp, answer := do(t, test.method, test.url, test.body, http.Header{"Authorization": {authorization}, "Origin": {page}})
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(answer, "<Code>InvalidArgument</Code>") || !strings.Contains(answer, "Only one auth mechanism allowed") {
				t.Errorf("%s with %q got %d %s", test.name, authorization, resp.StatusCode, answer)
			}
			wantCORS(t, resp, page)
		}
	}
	if got := u.numbers(); got != nil {
		t.Errorf("stored parts %v", got)
	}
}
