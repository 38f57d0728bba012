package awssdk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/awssdk"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

func TestNothingIsSignedThatIsRewrittenOnTheWay(t *testing.T) {
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: &server.URL, Region: "auto", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	}, awssdk.Plain)
	bucket, key := aws.String("b"), aws.String("a b+c")
	for name, call := range map[string]func() error{
		"ListParts": func() error {
			_, err := client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: bucket, Key: key, UploadId: aws.String("u+/= ~")})
			return err
		},
		"GetObject": func() error {
			_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
			return err
		},
		"DeleteObject": func() error {
			_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
			return err
		},
	} {
		seen = nil
		if err := call(); seen == nil {
			t.Fatalf("%s was not sent: %v", name, err)
		}
		_, signed, _ := strings.Cut(seen.Header.Get("Authorization"), "SignedHeaders=")
		if !strings.Contains(signed, "host") || strings.Contains(signed, "accept-encoding") {
			t.Errorf("%s signs %s", name, strings.Split(signed, ",")[0])
		}
		if seen.URL.Query().Has("x-id") || seen.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s asks with %q for %q", name, seen.URL.RawQuery, seen.Header["Accept-Encoding"])
		}
	}
}

// The signature has to hold for what is left.
func TestWhatIsLeftIsSigned(t *testing.T) {
	for _, as := range []string{"", "gcs"} {
		server := devs3test.Start(t, func(c *devs3.Config) { c.As = as })
		client, key := devs3test.Client(server), aws.String("a b+c/ü")
		up, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: key})
		if err != nil {
			t.Fatalf("as %q: %v", as, err)
		}
		if _, err := client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &server.Bucket, Key: key, UploadId: up.UploadId}); err != nil {
			t.Errorf("as %q: %v", as, err)
		}
		if _, err := client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: key, UploadId: up.UploadId}); err != nil {
			t.Errorf("as %q: %v", as, err)
		}
	}
}
