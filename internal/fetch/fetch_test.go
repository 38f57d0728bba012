package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/fetch"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

const mib = 1 << 20

// threeParts are of three sizes, so nothing can be guessed from the first.
var threeParts = []int{6 * mib, 5 * mib, 12345}

// wire stands between the client and the real server, and may change what
// passes.
type wire struct {
	before func(*http.Request)
	after  func(*http.Response)
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if w.before != nil {
		w.before(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err == nil && w.after != nil {
		w.after(res)
	}
	return res, err
}

// fixture is a server and, in source, an object of content.
type fixture struct {
	*wire
	client  *s3.Client // past the wire
	source  fetch.Source
	content []byte
	out     string
}

func setup(t *testing.T) *fixture {
	server := devs3test.Start(t)
	client, w := devs3test.Client(server), &wire{}
	return &fixture{
		wire: w, client: client, out: filepath.Join(t.TempDir(), "recording.webm"),
		source: fetch.Source{Bucket: server.Bucket, Key: "recordings/a.webm", Client: s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = w })},
	}
}

// upload puts an object of parts of these sizes in the place of the last one.
func (f *fixture) upload(t *testing.T, algorithm types.ChecksumAlgorithm, sizes ...int) *fixture {
	t.Helper()
	ctx, bucket, key := t.Context(), &f.source.Bucket, &f.source.Key
	up, err := f.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ChecksumAlgorithm: algorithm})
	if err != nil {
		t.Fatal(err)
	}
	f.content = nil
	var parts []types.CompletedPart
	for i, size := range sizes {
		body := random(size)
		f.content = append(f.content, body...)
		part := types.CompletedPart{PartNumber: aws.Int32(int32(i + 1))}
		switch algorithm {
		case types.ChecksumAlgorithmSha256:
			sum := sha256.Sum256(body)
			part.ChecksumSHA256 = aws.String(base64.StdEncoding.EncodeToString(sum[:]))
		case types.ChecksumAlgorithmCrc32c:
			sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
			part.ChecksumCRC32C = aws.String(base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum)))
		}
		res, err := f.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: up.UploadId, PartNumber: part.PartNumber,
			Body: bytes.NewReader(body), ChecksumSHA256: part.ChecksumSHA256, ChecksumCRC32C: part.ChecksumCRC32C})
		if err != nil {
			t.Fatal(err)
		}
		part.ETag = res.ETag
		parts = append(parts, part)
	}
	_, err = f.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(rand.Int())}).Read(b)
	return b
}

func (f *fixture) fetch(ctx context.Context, o fetch.Options) (fetch.Report, error) {
	return fetch.To(ctx, f.source, f.out, o)
}

// files says which of out and out.part are there.
func (f *fixture) files(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.out))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

const none types.ChecksumAlgorithm = ""

func TestFetch(t *testing.T) {
	f := setup(t)
	for _, c := range []struct {
		name      string
		algorithm types.ChecksumAlgorithm
		parts     []int
		after     func(*http.Response)
		want      string
	}{
		{"three unequal parts with sha256", types.ChecksumAlgorithmSha256, threeParts, nil, "11546681 bytes; verified the size and the SHA-256 of 3 parts"},
		{"three unequal parts without checksums", none, threeParts, nil, "11546681 bytes; verified the size and the MD5 of 3 parts"},
		{"one part with sha256", types.ChecksumAlgorithmSha256, []int{1}, nil, "1 bytes; verified the size and the SHA-256 of its one part"},
		{"one part without checksums", none, []int{77}, nil, "77 bytes; verified the size and the MD5 of its one part"},
		{"three unequal parts with crc32c: the MD5 is stronger", types.ChecksumAlgorithmCrc32c, threeParts, nil, "11546681 bytes; verified the size and the MD5 of 3 parts"},
		{"encrypted with KMS, with crc32c", types.ChecksumAlgorithmCrc32c, threeParts, answering("x-amz-server-side-encryption", "aws:kms"),
			"11546681 bytes; verified the size and the CRC32C of 3 parts"},
		{"encrypted with KMS, one part with crc32c", types.ChecksumAlgorithmCrc32c, []int{1}, answering("x-amz-server-side-encryption", "aws:kms"),
			"1 bytes; verified the size and the CRC32C of its one part"},
		{"encrypted with KMS, without checksums: the ETag is no MD5", none, threeParts, answering("x-amz-server-side-encryption", "aws:kms"),
			"11546681 bytes; verified the size only: the recording has no checksum, and with its kind of encryption the ETag is not one"},
		{"encrypted with the customer's key, without checksums", none, threeParts, answering("x-amz-server-side-encryption-customer-algorithm", "AES256"),
			"11546681 bytes; verified the size only: the recording has no checksum, and with its kind of encryption the ETag is not one"},
		{"encrypted with KMS, with sha256", types.ChecksumAlgorithmSha256, threeParts, answering("x-amz-server-side-encryption", "aws:kms"),
			"11546681 bytes; verified the size and the SHA-256 of 3 parts"},
		{"encrypted with S3's own keys", none, threeParts, answering("x-amz-server-side-encryption", "AES256"),
			"11546681 bytes; verified the size and the MD5 of 3 parts"},
		{"S3 does not tell its parts", types.ChecksumAlgorithmSha256, threeParts, answering("x-amz-mp-parts-count", ""),
			"11546681 bytes; verified the size only: the checksum is made of the parts' checksums, and S3 does not say where the parts end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := f.upload(t, c.algorithm, c.parts...)
			f.wire.after = c.after
			f.out = filepath.Join(t.TempDir(), "recording.webm")
			report, err := f.fetch(t.Context(), fetch.Options{})
			if err != nil || report.String() != c.want {
				t.Errorf("%v, %v\nwant %s", report, err, c.want)
			}
			if got, err := os.ReadFile(f.out); err != nil || !bytes.Equal(got, f.content) {
				t.Errorf("the file is not the object: %d bytes for %d, %v", len(got), len(f.content), err)
			}
			if got := f.files(t); got != "recording.webm" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

// Swift's s3api refuses a HEAD with a part number (405). Recorders make parts of
// one size, so that where they end can be found out.
func TestWhereS3DoesNotTellThePartsTheyAreGuessed(t *testing.T) {
	f := setup(t)
	f.wire.before = nil
	for _, c := range []struct {
		name  string
		parts []int
		want  string
	}{
		{"parts of one size", []int{5 * mib, 5 * mib, 12345}, "10498105 bytes; verified the size and the SHA-256 of 3 parts"},
		{"larger ones than would do", []int{7 * mib, 7 * mib, mib}, "15728640 bytes; verified the size and the SHA-256 of 3 parts"},
		{"one part", []int{12345}, "12345 bytes; verified the size and the SHA-256 of its one part"},
		{"all of one size", []int{5 * mib, 5 * mib}, "10485760 bytes; verified the size and the SHA-256 of 2 parts"},
		{"parts of several sizes", threeParts, "11546681 bytes; verified the size only: the checksum is made of the parts' checksums, and S3 does not say where the parts end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := f.upload(t, types.ChecksumAlgorithmSha256, c.parts...)
			f.wire.after = refusingParts
			f.out = filepath.Join(t.TempDir(), "recording.webm")
			if report, err := f.fetch(t.Context(), fetch.Options{}); err != nil || report.String() != c.want {
				t.Errorf("%v, %v\nwant %s", report, err, c.want)
			}
		})
	}
}

// Backblaze B2 takes no header of checksums.
func TestWhereS3TakesNoHeadersOfChecksumsTheETagIsVerified(t *testing.T) {
	f := setup(t).upload(t, "", threeParts...)
	f.wire.after = func(r *http.Response) {
		if r.Request.Header.Get("x-amz-checksum-mode") != "" {
			r.StatusCode, r.Status = http.StatusBadRequest, "400 Bad Request"
		}
	}
	const want = "11546681 bytes; verified the size and the MD5 of 3 parts"
	if report, err := f.fetch(t.Context(), fetch.Options{}); err != nil || report.String() != want {
		t.Errorf("%v, %v\nwant %s", report, err, want)
	}
}

// refusingParts answers a HEAD of a part as Swift does.
func refusingParts(r *http.Response) {
	if r.Request.Method == http.MethodHead && r.Request.URL.Query().Has("partNumber") {
		r.StatusCode, r.Status = http.StatusMethodNotAllowed, "405 Method Not Allowed"
	}
}

// At some providers an ETag has the form of an MD5 of MD5s, and is made of
// something else: here, of other parts.
func TestAnETagThatIsNoMD5IsNoPromise(t *testing.T) {
	f := setup(t).upload(t, none, threeParts...)
	f.wire.after = func(r *http.Response) {
		if n := r.Request.URL.Query().Get("partNumber"); n == "1" || n == "3" {
			r.ContentLength = int64(threeParts[0]+threeParts[2]) - r.ContentLength
			r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
		}
	}
	var differs *fetch.Mismatch
	if report, err := f.fetch(t.Context(), fetch.Options{}); !errors.As(err, &differs) {
		t.Errorf("where ETags are MD5s it is %v, %v", report, err)
	}
	f.source.OpaqueETags = true
	const want = "11546681 bytes; verified the size only: the recording has no checksum, and at its provider the ETag is not one"
	if report, err := f.fetch(t.Context(), fetch.Options{Force: true}); err != nil || report.String() != want {
		t.Errorf("%v, %v\nwant %s", report, err, want)
	}
}

func answering(header, value string) func(*http.Response) {
	return func(r *http.Response) {
		r.Header.Del(header)
		if value != "" {
			r.Header.Set(header, value)
		}
	}
}

func TestAnObjectPutInOnePieceIsVerified(t *testing.T) {
	f := setup(t)
	sum := sha256.Sum256([]byte("a recording"))
	for checksum, want := range map[string]string{
		"": "11 bytes; verified the size and the MD5",
		base64.StdEncoding.EncodeToString(sum[:]): "11 bytes; verified the size and the SHA-256",
	} {
		in := &s3.PutObjectInput{Bucket: &f.source.Bucket, Key: &f.source.Key, Body: strings.NewReader("a recording")}
		if checksum != "" {
			in.ChecksumSHA256 = &checksum
		}
		if _, err := f.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		report, err := f.fetch(t.Context(), fetch.Options{Force: true})
		if err != nil || report.String() != want {
			t.Errorf("%v, %v; want %s", report, err, want)
		}
	}
}

func TestAnEmptyObjectIsFetched(t *testing.T) {
	f := setup(t)
	if _, err := f.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &f.source.Bucket, Key: &f.source.Key, Body: strings.NewReader("")}); err != nil {
		t.Fatal(err)
	}
	f.before = func(r *http.Request) {
		if r.Method == http.MethodGet {
			t.Error("AWS answers 416 to a range of an empty object")
		}
	}
	report, err := f.fetch(t.Context(), fetch.Options{})
	if want := "0 bytes; verified the size and the MD5"; err != nil || report.String() != want {
		t.Errorf("%v, %v; want %s", report, err, want)
	}
}

func TestAByteThatChangedOnTheWayIsFound(t *testing.T) {
	for name, algorithm := range map[string]types.ChecksumAlgorithm{"sha256": types.ChecksumAlgorithmSha256, "MD5": none, "crc32c": types.ChecksumAlgorithmCrc32c} {
		t.Run(name, func(t *testing.T) {
			f := setup(t).upload(t, algorithm, threeParts...)
			f.after = func(r *http.Response) {
				if algorithm == types.ChecksumAlgorithmCrc32c {
					answering("x-amz-server-side-encryption", "aws:kms")(r) // else the ETag would find it
				}
				if r.Request.Method == http.MethodGet && strings.HasPrefix(r.Request.Header.Get("Range"), "bytes=8388608-") {
					r.Body = &flipped{r.Body, false}
				}
			}
			_, err := f.fetch(t.Context(), fetch.Options{})
			mismatch, ok := errors.AsType[*fetch.Mismatch](err)
			if !ok || mismatch.File != f.out+".part" || !strings.Contains(err.Error(), "the bytes are kept in "+f.out+".part") {
				t.Errorf("got %v", err)
			}
			if got := f.files(t); got != "recording.webm.part" {
				t.Errorf("there is %q, want the .part alone", got)
			}
		})
	}
}

func TestAnotherSizeThanPromisedIsFound(t *testing.T) {
	f := setup(t).upload(t, none, threeParts...)
	f.after = func(r *http.Response) {
		if r.Request.Method == http.MethodHead {
			r.Header.Set("Content-Length", "11546682")
		}
	}
	_, err := f.fetch(t.Context(), fetch.Options{})
	if want := "the size differs: 11546681 was downloaded and S3 promised 11546682"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if got := f.files(t); got != "recording.webm.part" {
		t.Errorf("there is %q, want the .part alone", got)
	}
}

// flipped changes one bit of a body.
type flipped struct {
	io.ReadCloser
	done bool
}

func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if n > 0 && !f.done {
		p[n-1] ^= 1
		f.done = true
	}
	return n, err
}

func TestAnObjectOverwrittenMeanwhileIsRefused(t *testing.T) {
	for name, from := range map[string]string{"before the first range": "bytes=0-", "between two ranges": "bytes=8388608-"} {
		t.Run(name, func(t *testing.T) {
			f := setup(t).upload(t, none, threeParts...)
			f.after = answering("x-amz-server-side-encryption", "aws:kms") // no checksum would find it
			var once atomic.Bool
			f.before = func(r *http.Request) {
				if strings.HasPrefix(r.Header.Get("Range"), from) && once.CompareAndSwap(false, true) {
					f.upload(t, none, threeParts...)
				}
			}
			_, err := f.fetch(t.Context(), fetch.Options{})
			if err == nil || !strings.Contains(err.Error(), "was overwritten while it was downloaded") {
				t.Errorf("got %v", err)
			}
			if got := f.files(t); got != "" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

func TestAMissingObjectIsNotFound(t *testing.T) {
	f := setup(t)
	if _, err := f.fetch(t.Context(), fetch.Options{}); !errors.Is(err, fetch.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if got := f.files(t); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

func TestAFileThatIsThereIsKept(t *testing.T) {
	f := setup(t).upload(t, none, 100)
	for _, name := range []string{f.out, f.out + ".part"} {
		if err := os.WriteFile(name, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.fetch(t.Context(), fetch.Options{}); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
		if got, _ := os.ReadFile(name); string(got) != "precious" {
			t.Errorf("%s now holds %q", name, got)
		}
		if _, err := f.fetch(t.Context(), fetch.Options{Force: true}); err != nil {
			t.Errorf("%s, forced: %v", name, err)
		}
		if err := os.Remove(f.out); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileThatComesMeanwhileIsKept(t *testing.T) {
	f := setup(t).upload(t, none, 100)
	f.before = func(r *http.Request) {
		if r.Method == http.MethodGet {
			_ = os.WriteFile(f.out, []byte("precious"), 0o600)
		}
	}
	if _, err := f.fetch(t.Context(), fetch.Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(f.out); string(got) != "precious" {
		t.Errorf("it now holds %q", got)
	}
}

func TestAnInterruptLeavesNothing(t *testing.T) {
	stop := errors.New("stopped by the test")
	for name, stage := range map[string]string{"while downloading": "downloading", "while verifying": "verifying"} {
		t.Run(name, func(t *testing.T) {
			f := setup(t).upload(t, none, threeParts...)
			ctx, cancel := context.WithCancelCause(t.Context())
			_, err := f.fetch(ctx, fetch.Options{Progress: func(s string, _ int64) io.Writer {
				if s == stage {
					cancel(stop)
				}
				return io.Discard
			}})
			if !errors.Is(err, stop) {
				t.Errorf("got %v", err)
			}
			if got := f.files(t); got != "" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

func TestProgressCountsEveryByteOfEachStage(t *testing.T) {
	f := setup(t).upload(t, none, threeParts...)
	done := map[string]*counter{}
	_, err := f.fetch(t.Context(), fetch.Options{Progress: func(stage string, total int64) io.Writer {
		done[stage] = &counter{want: total}
		return done[stage]
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"downloading", "verifying"} {
		if c := done[stage]; c == nil || c.want != int64(len(f.content)) || c.n.Load() != c.want {
			t.Errorf("%s: %+v, want %d", stage, c, len(f.content))
		}
	}
}

type counter struct {
	want int64
	n    atomic.Int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}
