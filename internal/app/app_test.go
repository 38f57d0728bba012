package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/access"
	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

// settle are settings for a broker over an S3 and a Redis of the test's own.
func settle(t *testing.T) Settings {
	t.Helper()
	s3 := devs3test.Start(t)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": s3.AccessKey, "AWS_SECRET_ACCESS_KEY": s3.SecretKey, "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return Settings{
		SiteSettings: SiteSettings{Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1"}, ShutdownWithin: 10 * time.Second,
		RedisSettings: RedisSettings{RedisURL: "redis://" + miniredis.RunT(t).Addr(), RedisPrefix: "t"},
		S3:            S3Settings{Bucket: s3.Bucket, Endpoint: s3.Endpoint, PathStyle: true, Region: s3.Region},
		TokenKeys:     []string{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, MaxURLTTL: time.Hour, CompleteWithin: time.Second,
		CareSettings: CareSettings{AbandonAfter: time.Hour, ResumeWindow: time.Hour, AdoptAfter: time.Hour, ReapEvery: time.Hour, SweepEvery: time.Hour},
	}
}

func TestTheRegionIsAskedForWhereNoneIsSet(t *testing.T) {
	s := settle(t)
	want := s.S3.Region
	s.S3.Region = ""
	clients, err := OpenS3(t.Context(), s.S3)
	if err != nil {
		t.Fatal(err)
	}
	if got := clients.Public.Options().Region; got != want {
		t.Errorf("the region found is %q, want %q", got, want)
	}
}

// A request that came before the signal is answered; then nothing listens.
func TestShutdownAnswersWhatItTook(t *testing.T) {
	key, secret := access.NewAPIKey("test", session.ScopeGrants)
	settings := settle(t)
	settings.APIKeys, settings.MaxBytes = []string{key.String()}, 1<<30
	broker, err := New(t.Context(), settings, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- broker.Serve(ctx) }()
	url := "http://" + broker.Addr().String()

	body, late := io.Pipe()
	status := make(chan int, 1)
	go func() {
		req, err := http.NewRequest(http.MethodPost, url+"/v1/grants", body)
		if err != nil {
			t.Error(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error("the request that was under way got no answer")
			status <- 0
			return
		}
		_ = res.Body.Close()
		status <- res.StatusCode
	}()
	if _, err := late.Write([]byte(`{"owner":`)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // the handler waits for the rest now
	stop()
	refuses(t, url+"/healthz")
	_, _ = late.Write([]byte(`"ann"}`))
	_ = late.Close()
	if got := <-status; got != http.StatusCreated {
		t.Errorf("the request that was under way is answered with %d", got)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
}

// refuses waits until nothing listens at url any more.
func refuses(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		res, err := http.Get(url)
		if err != nil {
			return
		}
		_ = res.Body.Close()
	}
	t.Fatal("it still listens")
}

func TestTheBucketIsToldWhatWasSet(t *testing.T) {
	for _, c := range []struct {
		set  KeepSettings
		want bucket.Keep
	}{
		{KeepSettings{SSE: "none"}, bucket.Keep{Tags: map[string]string{}}},
		{
			KeepSettings{SSE: "aws:kms", KMSKey: "alias/a", StorageClass: "STANDARD_IA", Tags: []string{"team=media", "rate=a=b"}},
			bucket.Keep{Encryption: "aws:kms", KMSKey: "alias/a", StorageClass: "STANDARD_IA", Tags: map[string]string{"team": "media", "rate": "a=b"}},
		},
	} {
		if got := c.set.keep(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v becomes %+v, want %+v", c.set, got, c.want)
		}
	}
}
