package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/floor"
	"slipway/internal/access"
	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/presign"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

// BenchmarkSignBatch is POST /v1/sessions/{id}/parts as a handler, from the
// request's bytes to the answer's, over a store in memory: with our signer, with
// the SDK's presigner in its place, and its floor, which copies the same answer.
// B/json is memory allocated per byte of the answer.
func BenchmarkSignBatch(b *testing.B) {
	ours := newSigner(b)
	for _, name := range []string{"ours", "floor", "sdk"} {
		for _, n := range []int{1, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				signer := session.Signer(ours)
				if name == "sdk" {
					signer = sdkSigner{Signer: ours, client: s3.NewPresignClient(s3Client())}
				}
				call := newPartsCall(b, signer, partsBody(b, n))
				if name == "floor" {
					call.handler = floor.New(call.handler, nil)
				}
				call.bench(b, n)
			})
		}
	}
}

func s3Client() *s3.Client {
	return s3.New(s3.Options{Region: "eu-central-1", RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, nil
		}))})
}

func newSigner(t testing.TB) *presign.Signer {
	t.Helper()
	signer, err := presign.New(t.Context(), s3Client(), "recordings", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// partsCall is one request to a handler, that is made again and again and costs
// nothing itself.
type partsCall struct {
	handler http.Handler
	req     *http.Request
	body    rewound
	text    []byte
	sink    sink
}

// rewound is a body that begins anew.
type rewound struct{ bytes.Reader }

func (*rewound) Close() error { return nil }

func newPartsCall(t testing.TB, signer session.Signer, body []byte) *partsCall {
	t.Helper()
	keyring, err := access.NewKeyring(nil, [][]byte{bytes.Repeat([]byte("k"), 32)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	store := &memstore.Store{}
	record := &session.Session{ID: "00aaaaaaaaaaaaaaaaaaaaaaaaaaw", State: session.Open, Algorithm: session.SHA256, PartSize: 5 << 20, MaxBytes: 50_000 << 20,
		UploadID: "xadcOB_7YPBOJuoFiQ9cz4P3Pe6FIZwO4f7wN93uHsNBEw97pl5eNwzExg0LAT2dUN91cOmrEQHDsP3WA60CEg--", ExpiresAt: time.Now().Add(time.Hour)}
	if _, err := store.Swap(t.Context(), session.Change{Session: record}); err != nil {
		t.Fatal(err)
	}
	c := &partsCall{text: body, sink: sink{header: http.Header{}}, req: httptest.NewRequest(http.MethodPost, "/v1/sessions/"+string(record.ID)+"/parts", nil)}
	c.handler = httpapi.New(httpapi.Config{Access: keyring, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), PublicURL: "https://broker.example",
		Broker: &session.Broker{Store: store, Bucket: nowhere{}, Signer: signer, Now: time.Now, Limits: session.Limits{KeyPrefix: "recordings/", URLTTL: 15 * time.Minute, MaxURLTTL: time.Hour}}})
	c.req.Header.Set("Authorization", "Bearer "+keyring.SignSessionToken(record.SessionToken("nowhere")))
	c.req.Header.Set("Content-Type", "application/json")
	c.req.ContentLength = int64(len(body))
	return c
}

func (c *partsCall) run() {
	c.body.Reset(c.text)
	c.req.Body = &c.body
	clear(c.sink.header)
	c.sink.bytes = 0
	c.handler.ServeHTTP(&c.sink, c.req)
}

func (c *partsCall) bench(b *testing.B, n int) {
	if c.run(); c.sink.status != http.StatusOK || c.sink.bytes < 500*n {
		b.Fatalf("status %d, %d bytes", c.sink.status, c.sink.bytes)
	}
	b.ReportAllocs()
	var before, after runtime.MemStats
	var answered int
	runtime.ReadMemStats(&before)
	for b.Loop() {
		c.run()
		answered += c.sink.bytes
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/URL")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(answered), "B/json")
}

func partsBody(b testing.TB, n int) []byte {
	b.Helper()
	type part struct {
		Number   int    `json:"number"`
		Size     int    `json:"size"`
		Checksum string `json:"checksum"`
	}
	var req struct {
		Sign []part `json:"sign"`
	}
	for i := range n {
		req.Sign = append(req.Sign, part{i + 1, 5 << 20, apitest.Sum([]byte{byte(i), byte(i >> 8)})})
	}
	body, err := json.Marshal(req)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// sink counts what is written.
type sink struct {
	header        http.Header
	status, bytes int
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }
func (s *sink) Write(p []byte) (int, error) {
	s.bytes += len(p)
	return len(p), nil
}

var _ io.Writer = (*sink)(nil)

// nowhere is the bucket of a handler that never asks S3 anything.
type nowhere struct{ session.Bucket }

func (nowhere) Name() string { return "nowhere" }

// sdkSigner signs parts with the SDK's presigner, as its users do.
type sdkSigner struct {
	session.Signer
	client *s3.PresignClient
}

func (s sdkSigner) SignParts(ctx context.Context, u session.Upload, parts []session.PartToSign, ttl time.Duration) ([]session.SignedPart, error) {
	signed := make([]session.SignedPart, len(parts))
	for i, p := range parts {
		req, err := s.client.PresignUploadPart(ctx, &s3.UploadPartInput{Bucket: aws.String("recordings"), Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)),
			PartNumber: aws.Int32(int32(p.Number)), ContentLength: aws.Int64(p.Size), ChecksumSHA256: aws.String(string(p.Checksum))}, s3.WithPresignExpires(ttl))
		if err != nil {
			return nil, err
		}
		signed[i] = session.SignedPart{Number: p.Number, URL: session.SignedURL(req.URL), Size: p.Size, Checksum: p.Checksum, ExpiresAt: time.Now().Add(ttl)}
	}
	return signed, nil
}
