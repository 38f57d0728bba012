// Package apitest runs the HTTP API over a real S3 server for tests, and holds
// every request and every answer against api/openapi.yaml.
package apitest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/api"
	"slipway/internal/access"
	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/httpapi"
	"slipway/internal/presign"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/web"
)

// Main is the TestMain of a package that uses Start: all of its tests share
// one S3 server, which is this binary, started again.
func Main(m *testing.M) {
	devs3.RunChild()
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

var shared struct {
	once   sync.Once
	server *devs3.Server
	dir    string
}

func sharedS3(t testing.TB) *devs3.Server {
	t.Helper()
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "slipway-s3-")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		shared.dir = dir
		shared.server, err = devs3.Start(ctx, devs3.Config{Dir: dir, AccessKey: "AK" + rand.Text(), SecretKey: rand.Text(), Bucket: "recordings"})
		if err != nil {
			t.Fatal(err)
		}
	})
	if shared.server == nil {
		t.Fatal("the S3 server did not start")
	}
	return shared.server
}

// API is a broker that answers on URL.
type API struct {
	URL     string
	S3      *devs3.Server
	Client  *s3.Client // for looking at S3 behind the broker's back
	Broker  *session.Broker
	Store   *memstore.Store
	Keyring *access.Keyring
	APIKey  string // with all scopes
	Log     *Log
	// BodyBytes is how many bytes of bodies it has dealt with.
	BodyBytes atomic.Int64

	skew atomic.Int64 // nanoseconds that the clock is ahead
}

// Over moves the broker to another S3 server, before anything is asked of it.
func (a *API) Over(t testing.TB, server *devs3.Server) {
	t.Helper()
	a.S3, a.Client = server, devs3test.Client(server)
	a.Broker.Bucket = bucket.New(a.Client, bucket.Options{Endpoint: server.Endpoint, Bucket: server.Bucket})
	var err error
	if a.Broker.Signer, err = presign.New(t.Context(), a.Client, server.Bucket, time.Now); err != nil {
		t.Fatal(err)
	}
}

// Origin is a page that is allowed to call the API.
const Origin = "https://app.example"

// Start runs a broker over an S3 server shared by the package, and a store of
// its own. Options change what it is made of.
func Start(t testing.TB, options ...func(*httpapi.Config)) *API {
	t.Helper()
	a := &API{S3: sharedS3(t), Log: &Log{}}
	now := func() time.Time { return time.Now().Add(time.Duration(a.skew.Load())) }
	key, secret := access.NewAPIKey("test", session.AllScopes...)
	keyring, err := access.NewKeyring([]access.APIKey{key}, [][]byte{[]byte(rand.Text() + rand.Text())}, now)
	if err != nil {
		t.Fatal(err)
	}
	a.APIKey, a.Keyring, a.Client = secret, keyring, devs3test.Client(a.S3)
	a.Store = &memstore.Store{Now: now}
	signer, err := presign.New(t.Context(), a.Client, a.S3.Bucket, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a.Broker = &session.Broker{
		Store: a.Store, Bucket: bucket.New(a.Client, bucket.Options{Endpoint: a.S3.Endpoint, Bucket: a.S3.Bucket}), Signer: signer,
		Limits: session.Limits{KeyPrefix: "recordings/", PartSize: session.MinPartSize, MaxBytes: 100 << 20, URLTTL: 15 * time.Minute, MaxURLTTL: 24 * time.Hour,
			WatchTTL: time.Hour, SessionTTL: 24 * time.Hour, KeepRecord: 24 * time.Hour, CompleteWithin: 10 * time.Second,
			AbandonAfter: 24 * time.Hour, ResumeWindow: 7 * 24 * time.Hour, AdoptAfter: time.Hour},
		Secret: keyring.Derive("session ids"), Now: now,
	}
	cfg := httpapi.Config{Broker: a.Broker, Access: keyring, Events: a.Store, StoragePrice: 0.023, PublicURL: "https://broker.example", Origins: []string{Origin}, S3Origin: a.S3.Endpoint,
		OpenAPI: api.OpenAPI, Web: web.Bundled(), Log: slog.New(slog.NewJSONHandler(a.Log, nil))}
	for _, option := range options {
		option(&cfg)
	}
	server := httptest.NewServer(countBodies(&a.BodyBytes, httpapi.New(cfg)))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Later moves the broker's and the store's clock ahead.
func (a *API) Later(d time.Duration) { a.skew.Add(int64(d)) }

// Grant mints a grant for owner over HTTP.
func (a *API) Grant(t testing.TB, owner string) string {
	t.Helper()
	var minted struct{ Grant string }
	a.Call(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": owner}).Want(t, 201).Into(t, &minted)
	return minted.Grant
}

// Opened is the answer to open.
type Opened struct {
	ID       session.ID
	Token    string
	State    string
	Revision int64
	Checksum string
	PartSize int64  `json:"part_size"`
	MaxParts int    `json:"max_parts"`
	MaxBytes int64  `json:"max_bytes"`
	WatchURL string `json:"watch_url"`
	URLs     []URL
}

// URL is one signed part.
type URL struct {
	Number      int
	URL         string
	Headers     map[string]string
	ExpiresInMs int64 `json:"expires_in_ms"`
}

// Open opens a session of owner with fields besides its content type.
func (a *API) Open(t testing.TB, owner string, fields map[string]any) Opened {
	t.Helper()
	body := map[string]any{"content_type": "video/webm;codecs=vp9"}
	for name, value := range fields {
		body[name] = value
	}
	var o Opened
	a.Call(t, "POST", "/v1/sessions", a.Grant(t, owner), body).Want(t, 201).Into(t, &o)
	return o
}

// Upload signs and PUTs bodies as parts 1, 2, … and returns what to claim.
func (a *API) Upload(t testing.TB, o Opened, bodies ...[]byte) (parts []map[string]any, size int64) {
	t.Helper()
	for i, body := range bodies {
		parts = append(parts, a.UploadPart(t, o, i+1, body))
		size += int64(len(body))
	}
	return parts, size
}

// UploadPart signs and PUTs one part.
func (a *API) UploadPart(t testing.TB, o Opened, number int, body []byte) map[string]any {
	t.Helper()
	part := map[string]any{"number": number, "size": len(body)}
	if sum := session.ChecksumAlgorithm(o.Checksum).Sum(body); sum != "" {
		part["checksum"] = string(sum)
	}
	var signed struct{ URLs []URL }
	a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/parts", o.Token, map[string]any{"sign": []any{part}}).Want(t, 200).Into(t, &signed)
	res := Put(t, signed.URLs[0], body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("PUT of part %d: %s", number, res.Status)
	}
	part["etag"] = res.Header.Get("ETag")
	return part
}

// Sum is the SHA-256 of a body.
func Sum(body []byte) string { return string(session.SHA256.Sum(body)) }

// Put sends body to a signed URL with the headers it names.
func Put(t testing.TB, u URL, body []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range u.Headers {
		if name != "content-length" { // Go's client sends the true one
			req.Header.Set(name, value)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal("PUT to S3 failed")
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res
}

// Noise returns n random bytes.
func Noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// Log collects what the broker logs.
type Log struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
