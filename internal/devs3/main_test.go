package devs3_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

// helperEnv makes the test binary a program that starts a server and waits to
// be killed. Its value is the Config.
const helperEnv = "DEVS3_TEST_HELPER"

const (
	page  = "http://page.example:8080"
	page2 = "https://other.example"
)

const minPartSize = 5 << 20

func TestMain(m *testing.M) {
	devs3.RunChild()
	if cfg := os.Getenv(helperEnv); cfg != "" {
		helper(cfg)
	}
	code := m.Run()
	if sharedServer != nil {
		if err := sharedServer.Close(); err != nil {
			fmt.Println(err)
			code = 1
		}
		os.RemoveAll(sharedDir)
	}
	os.Exit(code)
}

func helper(settings string) {
	var cfg devs3.Config
	err := json.Unmarshal([]byte(settings), &cfg)
	if err == nil {
		var server *devs3.Server
		if server, err = devs3.Start(context.Background(), cfg); err == nil {
			json.NewEncoder(os.Stdout).Encode(map[string]any{"pid": server.Pid, "endpoint": server.Endpoint})
			select {}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

var (
	sharedServer *devs3.Server
	sharedDir    string
)

// shared returns one server for all tests that only need keys of their own.
func shared(t *testing.T) (*devs3.Server, *s3.Client) {
	t.Helper()
	if sharedServer == nil {
		dir, err := os.MkdirTemp("", "devs3-test-")
		if err != nil {
			t.Fatal(err)
		}
		sharedDir = dir
		sharedServer, err = devs3.Start(t.Context(), devs3.Config{
			Dir: dir, Bucket: "recordings", AccessKey: "AKSHARED", SecretKey: "shared-secret",
			AllowOrigins: []string{page, page2},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sharedServer, devs3test.Client(sharedServer)
}

// upload is one multipart upload under a key of the test's own.
type upload struct {
	t      *testing.T
	server *devs3.Server
	client *s3.Client
	key    string
	id     string
}

func create(t *testing.T, server *devs3.Server, change ...func(*s3.CreateMultipartUploadInput)) upload {
	t.Helper()
	u := upload{t: t, server: server, client: devs3test.Client(server), key: strings.ReplaceAll(t.Name(), "/", "-") + fmt.Sprint(rand.Uint32())}
	in := &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &u.key}
	for _, f := range change {
		f(in)
	}
	out, err := u.client.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	u.id = *out.UploadId
	return u
}

func withSHA256(in *s3.CreateMultipartUploadInput) {
	in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256
}

// put uploads one part. A nil checksum sends none.
func (u upload) put(n int32, body []byte, checksum *string) (types.CompletedPart, error) {
	out, err := u.client.UploadPart(u.t.Context(), &s3.UploadPartInput{
		Bucket: &u.server.Bucket, Key: &u.key, UploadId: &u.id, PartNumber: &n,
		Body: bytes.NewReader(body), ChecksumSHA256: checksum,
	})
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{PartNumber: &n, ETag: out.ETag, ChecksumSHA256: checksum}, nil
}

func (u upload) mustPut(n int32, body []byte, checksum *string) types.CompletedPart {
	u.t.Helper()
	part, err := u.put(n, body, checksum)
	if err != nil {
		u.t.Fatalf("part %d: %v", n, err)
	}
	return part
}

func (u upload) complete(parts ...types.CompletedPart) (*s3.CompleteMultipartUploadOutput, error) {
	return u.completeWith(func(*s3.CompleteMultipartUploadInput) {}, parts...)
}

func (u upload) completeWith(change func(*s3.CompleteMultipartUploadInput), parts ...types.CompletedPart) (*s3.CompleteMultipartUploadOutput, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.server.Bucket, Key: &u.key, UploadId: &u.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	change(in)
	return u.client.CompleteMultipartUpload(u.t.Context(), in)
}

// numbers returns the part numbers S3 lists.
func (u upload) numbers() []int32 {
	u.t.Helper()
	out, err := u.client.ListParts(u.t.Context(), &s3.ListPartsInput{Bucket: &u.server.Bucket, Key: &u.key, UploadId: &u.id})
	if err != nil {
		u.t.Fatal(err)
	}
	var numbers []int32
	for _, part := range out.Parts {
		numbers = append(numbers, *part.PartNumber)
	}
	return numbers
}

func (u upload) get() []byte {
	u.t.Helper()
	out, err := u.client.GetObject(u.t.Context(), &s3.GetObjectInput{Bucket: &u.server.Bucket, Key: &u.key})
	if err != nil {
		u.t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	return body
}

// bytesOf returns size bytes that differ from seed to seed.
func bytesOf(size int, seed byte) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func sum(b []byte) *string {
	digest := sha256.Sum256(b)
	s := base64.StdEncoding.EncodeToString(digest[:])
	return &s
}

// composite is S3's checksum of checksums.
func composite(parts ...[]byte) string {
	all := sha256.New()
	for _, part := range parts {
		digest := sha256.Sum256(part)
		all.Write(digest[:])
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(all.Sum(nil)), len(parts))
}

// wantRefusal fails the test unless S3 answered err with this status and code.
func wantRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	var response interface{ HTTPStatusCode() int }
	var api smithy.APIError
	if !errors.As(err, &response) || !errors.As(err, &api) {
		t.Fatalf("got %v, want %d %s", err, status, code)
	}
	if response.HTTPStatusCode() != status || api.ErrorCode() != code {
		t.Fatalf("got %d %s (%s), want %d %s", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), status, code)
	}
}

// do sends one request and returns the answer with its body read.
func do(t *testing.T, method, url string, body []byte, headers http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		if !slices.Contains([]string{"Host", "Content-Length"}, name) {
			req.Header[name] = values
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}
