package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"

	"slipway/internal/bucket"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
)

// asked is what a broker asks its neighbours, in order: each request to S3 by its
// operation, and how many round trips to Redis there are.
type asked struct {
	mu    sync.Mutex // guards what follows
	s3    []string
	trips int
}

func (a *asked) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.s3, a.trips = nil, 0
}

func (a *asked) trip() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trips++
}

func (*asked) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *asked) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		a.trip()
		return next(ctx, cmd)
	}
}

func (a *asked) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if !strings.HasPrefix(cmds[0].Name(), "hello") { // as it connects
			a.trip()
		}
		return next(ctx, cmds)
	}
}

// Do is the SDK's way to S3.
func (a *asked) Do(r *http.Request) (*http.Response, error) {
	name, q := r.Method, r.URL.Query()
	for _, what := range []string{"uploads", "uploadId"} {
		if q.Has(what) {
			name += " " + what
		}
	}
	a.mu.Lock()
	a.s3 = append(a.s3, name)
	a.mu.Unlock()
	return http.DefaultClient.Do(r)
}

// overRedis is an API over a real Redis, and what it asks.
func overRedis(t *testing.T) (*apitest.API, *asked) {
	t.Helper()
	a, all := apitest.Start(t), &asked{}
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
	client.AddHook(all)
	store, err := redisstore.New(client, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	a.Broker.Store = store
	through := s3.New(devs3test.Client(a.S3).Options(), func(o *s3.Options) { o.HTTPClient = all })
	a.Broker.Bucket = bucket.New(through, bucket.Options{Endpoint: a.S3.Endpoint, Bucket: a.S3.Bucket})
	return a, all
}

// What a call costs S3 and Redis, once the scripts are loaded. A request more is
// money and time of everybody; docs/benchmarks.md says what each is for.
func TestACallAsksS3AndRedisNoMoreThanItMust(t *testing.T) {
	a, all := overRedis(t)
	open := map[string]any{"content_type": "video/webm", "owner": "ann"}
	finish := func() (apitest.Opened, map[string]any) {
		o := a.Open(t, "ann", nil)
		parts, size := a.Upload(t, o, bytes.Repeat([]byte("x"), 1000))
		return o, map[string]any{"parts": parts, "size": size}
	}
	o, claim := finish() // loads the scripts
	a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
	a.Call(t, "GET", "/v1/sessions", a.APIKey, nil).Want(t, 200)
	now, claim := finish()
	key := rand.Text()
	for _, call := range []struct {
		name  string
		s3    []string
		trips int
		make  func()
	}{
		{"open", []string{"POST uploads"}, 2, func() { a.Call(t, "POST", "/v1/sessions", a.APIKey, open).Want(t, 201) }},
		{"open, and sign", []string{"POST uploads"}, 3, func() {
			open["sign"] = []any{map[string]any{"number": 1, "size": 9}}
			a.Call(t, "POST", "/v1/sessions", a.APIKey, open).Want(t, 201)
		}},
		{"open with a key", []string{"GET uploads", "HEAD", "POST uploads"}, 2, func() {
			delete(open, "sign")
			a.Call(t, "POST", "/v1/sessions", a.APIKey, open, "Idempotency-Key", key).Want(t, 201)
		}},
		{"open again with the key", nil, 1, func() {
			a.Call(t, "POST", "/v1/sessions", a.APIKey, open, "Idempotency-Key", key).Want(t, 201)
		}},
		{"report and sign", nil, 1, func() {
			a.Call(t, "POST", path(now, "/parts"), now.Token, map[string]any{"sign": []any{map[string]any{"number": 2, "size": 9}}}).Want(t, 200)
		}},
		{"look", []string{"GET uploadId", "GET"}, 2, func() { a.Call(t, "GET", path(now, ""), now.Token, nil).Want(t, 200) }},
		{"complete", []string{"GET uploadId", "POST uploadId", "GET"}, 4, func() { a.Call(t, "POST", path(now, "/complete"), now.Token, claim).Want(t, 200) }},
		{"complete again", []string{"GET"}, 1, func() { a.Call(t, "POST", path(now, "/complete"), now.Token, claim).Want(t, 200) }},
		{"look at what is completed", []string{"GET"}, 1, func() { a.Call(t, "GET", path(now, ""), now.Token, nil).Want(t, 200) }},
		{"list", nil, 1, func() { a.Call(t, "GET", "/v1/sessions", a.APIKey, nil).Want(t, 200) }},
	} {
		all.begin()
		call.make()
		if !slices.Equal(all.s3, call.s3) || all.trips != call.trips {
			t.Errorf("%s asks S3 for %q and Redis %d times; want %q and %d", call.name, all.s3, all.trips, call.s3, call.trips)
		}
	}
}
