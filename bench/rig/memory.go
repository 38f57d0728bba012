//go:build linux

package rig

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/floor"
	"slipway/internal/access"
	"slipway/internal/bucket"
	"slipway/internal/httpapi"
	"slipway/internal/metrics"
	"slipway/internal/presign"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/internal/session/redisstore"
)

// memoryEnv marks the process that is to be the API over a store in memory.
const memoryEnv = "SLIPWAY_BENCH_MEMORY"

// floorEnv marks the one of them that answers as package floor does.
const floorEnv = "SLIPWAY_BENCH_FLOOR"

// RunMemory is the second line of main. In the process that StartMemory made it
// serves for ever; in every other it returns at once.
//
// It is the broker's API, log and metrics, with a store in memory in the place
// of Redis: what signing costs that keeps no record outside of the process, as
// the peers do. It is no product.
func RunMemory() {
	if os.Getenv(memoryEnv) == "" {
		return
	}
	fmt.Fprintln(os.Stderr, serveMemory())
	os.Exit(1)
}

func serveMemory() error {
	endpoint, name := os.Getenv("BROKER_S3_ENDPOINT"), os.Getenv("BROKER_BUCKET")
	client := s3.New(s3.Options{BaseEndpoint: &endpoint, Region: os.Getenv("BROKER_S3_REGION"), UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired})
	keyring, err := memoryKeyring()
	if err != nil {
		return err
	}
	signer, err := presign.New(context.Background(), client, name, time.Now)
	if err != nil {
		return err
	}
	const rate, burst = 1_000_000, 10_000_000
	counted := metrics.New()
	broker := &session.Broker{
		Store: counted.Store(&memstore.Store{}), Bucket: counted.Bucket(bucket.New(client, bucket.Options{Endpoint: endpoint, Bucket: name})), Signer: counted.Signer(signer),
		Secret: keyring.Derive("session ids"), Now: time.Now,
		Limits: session.Limits{KeyPrefix: "recordings/", PartSize: PartSize, MaxBytes: 50_000 << 20, URLTTL: 15 * time.Minute, MaxURLTTL: 24 * time.Hour, WatchTTL: time.Hour,
			SessionTTL: 192 * time.Hour, KeepRecord: 168 * time.Hour, CompleteWithin: 20 * time.Second, Quota: session.Quota{MaxOpen: 100},
			Rates: session.Rates{Session: session.Rate{PerSecond: rate, Burst: burst}, Owner: session.Rate{PerSecond: rate, Burst: burst}}},
	}
	addr := os.Getenv("BROKER_LISTEN")
	handler := httpapi.New(httpapi.Config{Broker: broker, Access: keyring, PublicURL: "http://" + addr, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Metrics: counted})
	if os.Getenv(floorEnv) != "" {
		if handler, err = floorOf(handler); err != nil {
			return err
		}
	}
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

// floorOf is the floor of the API, over Redis where there is one.
func floorOf(api http.Handler) (http.Handler, error) {
	address := os.Getenv("BROKER_REDIS_URL")
	if address == "" {
		return floor.New(api, nil), nil
	}
	client, err := redisstore.Dial(address)
	if err != nil {
		return nil, err
	}
	return floor.New(api, client), nil
}

func memoryKeyring() (*access.Keyring, error) {
	key, err1 := access.ParseAPIKey(os.Getenv("BROKER_API_KEYS"))
	token, err2 := base64.StdEncoding.DecodeString(os.Getenv("BROKER_TOKEN_KEYS"))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return access.NewKeyring([]access.APIKey{key}, [][]byte{token}, time.Now)
}
