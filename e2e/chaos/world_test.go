//go:build linux

package chaos

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/access"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/faultproxy"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// world is everything that a recording passes: three brokers behind one
// address, and S3 behind a proxy that spoils requests.
type world struct {
	t       *testing.T
	s3      *devs3.Server
	proxy   *faultproxy.Proxy
	redis   []*redistest.Server
	front   *front
	brokers []*broker
	env     []string
	apiKey  string
	secrets []string // that no log may hold
	told    *told

	mu       sync.Mutex // guards all below
	kills    map[string]int
	forgotAt time.Time // when Redis lost something last
}

func newWorld(t *testing.T, seed uint64, redisURL string, redis ...*redistest.Server) *world {
	t.Helper()
	binary, err := brokerBinary()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, s3: devs3test.Start(t), redis: redis, front: newFront(t, 3), told: newTold(t), kills: map[string]int{}}
	if w.proxy, err = faultproxy.Start(w.s3.Endpoint, seed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	key, secret := access.NewAPIKey("chaos", session.AllScopes...)
	var tokenKey [access.MinTokenKey]byte
	_, _ = rand.Read(tokenKey[:]) // never fails since Go 1.24
	w.apiKey = secret
	w.secrets = []string{secret, base64.StdEncoding.EncodeToString(tokenKey[:]), w.s3.SecretKey, w.told.secret}
	w.env = []string{
		"BROKER_PUBLIC_URL=" + w.front.URL, "BROKER_REDIS_URL=" + redisURL,
		"BROKER_BUCKET=" + w.s3.Bucket, "BROKER_S3_ENDPOINT=" + w.proxy.URL, "BROKER_S3_PATH_STYLE=true", "BROKER_S3_REGION=" + w.s3.Region,
		"AWS_ACCESS_KEY_ID=" + w.s3.AccessKey, "AWS_SECRET_ACCESS_KEY=" + w.s3.SecretKey,
		"BROKER_TOKEN_KEYS=" + w.secrets[1], "BROKER_API_KEYS=" + key.String(),
		"BROKER_WEBHOOK_URL=" + w.told.url, "BROKER_WEBHOOK_SECRETS=" + w.told.secret,
		// Short, so that they are passed while S3 stalls.
		"BROKER_URL_TTL=20s", "BROKER_MAX_URL_TTL=20s", "BROKER_COMPLETE_WITHIN=5s",
		// What Redis forgot is adopted while its recorder still uploads.
		"BROKER_REAP_EVERY=1s", "BROKER_SWEEP_EVERY=2s", "BROKER_ADOPT_AFTER=5s",
	}
	logs := t.TempDir()
	for i := range 3 {
		b := &broker{binary: binary, log: filepath.Join(logs, fmt.Sprintf("broker-%d", i))}
		w.brokers = append(w.brokers, b)
		w.startBroker(i)
		t.Cleanup(b.kill)
	}
	return w
}

// startBroker starts a broker's next life. More settings win over the usual.
func (w *world) startBroker(i int, settings ...string) {
	addr, err := w.brokers[i].start(append(w.env[:len(w.env):len(w.env)], settings...))
	if err != nil {
		w.t.Error(err)
		return
	}
	w.front.moved(i, addr)
}

func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kills[what]++
}

// forgets notes that Redis lost what it held, or may have.
func (w *world) forgets() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgotAt = time.Now()
}

// client is an application's: it has a grant for one owner.
func (w *world) client(ctx context.Context, owner string, slots chan struct{}, seen *Counts) (*Client, error) {
	c := &Client{Broker: w.front.URL, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, Slots: slots, Seen: seen}
	w.t.Cleanup(c.HTTP.CloseIdleConnections)
	var minted struct {
		Grant string `json:"grant"`
	}
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/grants", bearer: w.apiKey, body: map[string]any{"owner": owner}}, &minted)
	c.Grant = minted.Grant
	return c, err
}

// uploads are the multipart uploads that S3 holds, seen behind the broker's back.
func (w *world) uploads(ctx context.Context) ([]string, error) {
	var keys []string
	for pages := s3.NewListMultipartUploadsPaginator(devs3test.Client(w.s3), &s3.ListMultipartUploadsInput{Bucket: &w.s3.Bucket}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range page.Uploads {
			keys = append(keys, *u.Key)
		}
	}
	return keys, nil
}

// objects counts what is in the bucket.
func (w *world) objects(ctx context.Context) (n int, err error) {
	for pages := s3.NewListObjectsV2Paginator(devs3test.Client(w.s3), &s3.ListObjectsV2Input{Bucket: &w.s3.Bucket}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += len(page.Contents)
	}
	return n, nil
}

// looksSecret finds our tokens and what presigning puts in a query.
var looksSecret = regexp.MustCompile(`\b(sk|gr|st|wt)_[A-Za-z0-9_-]{16,}|X-Amz-(Signature|Credential|Security-Token)=`)

// checkLogs reads what the brokers wrote: no secret, and no mistake of ours.
func (w *world) checkLogs() {
	w.t.Helper()
	for _, b := range w.brokers {
		log, err := os.ReadFile(b.log)
		if err != nil {
			w.t.Error(err)
		}
		if looksSecret.Match(log) {
			w.t.Errorf("%s holds a token or a signature", filepath.Base(b.log))
		}
		for _, secret := range w.secrets {
			if bytes.Contains(log, []byte(secret)) {
				w.t.Errorf("%s holds a secret of the settings", filepath.Base(b.log))
			}
		}
		for line := range bytes.Lines(log) {
			if bytes.Contains(line, []byte(`"kind":"internal"`)) || bytes.HasPrefix(line, []byte("panic:")) || bytes.HasPrefix(line, []byte("fatal error:")) {
				w.t.Errorf("%s: %s", filepath.Base(b.log), line)
			}
		}
	}
}
