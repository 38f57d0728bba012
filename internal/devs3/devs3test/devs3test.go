// Package devs3test starts S3 servers for tests.
package devs3test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/awssdk"
	"slipway/internal/devs3"
)

// startTimeout is generous: a loaded machine with the race detector.
const startTimeout = 30 * time.Second

// Start returns an S3 server of the test's own: a temporary folder, random
// keys, a free port and an empty bucket. It ends with the test. Options change
// the settings before the start.
//
// The server is this test binary, started again, so the package needs
//
//	func TestMain(m *testing.M) {
//		devs3.RunChild()
//		os.Exit(m.Run())
//	}
//
// and Start fails the test when that is missing.
func Start(t testing.TB, options ...func(*devs3.Config)) *devs3.Server {
	t.Helper()
	cfg := devs3.Config{
		AccessKey: "AK" + rand.Text(),
		SecretKey: rand.Text(),
		Bucket:    "recordings",
	}
	for _, option := range options {
		option(&cfg)
	}
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	server, err := devs3.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Client returns an SDK client for server. It sends checksums only where a call
// asks for one, and does not try again, so that a test sees the first answer.
func Client(server *devs3.Server) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &server.Endpoint,
		Region:       server.Region,
		UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey}, nil
		}),
		Retryer: aws.NopRetryer{},
	}, awssdk.Plain)
}
