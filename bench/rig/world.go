//go:build linux

// Package rig starts what is measured and what it needs, each a process of its
// own on loopback: the strict S3 server of internal/devs3, Debian's Redis, our
// broker, and the peers as bench/peers pins them.
package rig

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/access"
	"slipway/internal/devs3"
	"slipway/internal/session"
)

// startWithin bounds the start of any one server, on a busy machine too.
const startWithin = 60 * time.Second

// Programs are what was built or installed beforehand.
type Programs struct {
	Broker string // our program
	Tusd   string // tusd's
	Peers  string // the folder with node_modules
}

// World is the S3 server and the Redis that all servers share, and the keys to
// them.
type World struct {
	Programs
	S3    *devs3.Server
	Redis *Redis

	dir                       string
	apiKey, apiHash, tokenKey string
	s3Env                     []string
}

// Open starts S3 and Redis. What they keep goes into dir.
func Open(ctx context.Context, dir string, programs Programs) (*World, error) {
	w := &World{Programs: programs, dir: dir}
	key, secret := access.NewAPIKey("bench", session.AllScopes...)
	token := make([]byte, access.MinTokenKey)
	_, _ = rand.Read(token) // never fails since Go 1.24
	w.apiKey, w.apiHash, w.tokenKey = secret, key.String(), base64.StdEncoding.EncodeToString(token)
	var err error
	if w.S3, err = devs3.Start(ctx, devs3.Config{Dir: filepath.Join(dir, "s3"), AccessKey: "AK" + rand.Text(), SecretKey: rand.Text(), Bucket: "recordings"}); err != nil {
		return nil, err
	}
	w.s3Env = []string{"AWS_ACCESS_KEY_ID=" + w.S3.AccessKey, "AWS_SECRET_ACCESS_KEY=" + w.S3.SecretKey, "AWS_REGION=" + w.S3.Region,
		"S3_ENDPOINT=" + w.S3.Endpoint, "S3_BUCKET=" + w.S3.Bucket}
	if w.Redis, err = w.StartRedis("redis"); err != nil {
		_ = w.S3.Close()
		return nil, err
	}
	return w, nil
}

// Close ends S3 and Redis.
func (w *World) Close() error {
	w.Redis.Stop()
	return w.S3.Close()
}

// Client is the SDK's, for the bucket.
func (w *World) Client() *s3.Client {
	return s3.New(s3.Options{BaseEndpoint: &w.S3.Endpoint, Region: w.S3.Region, UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(w.S3.AccessKey, w.S3.SecretKey, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired})
}

func answers(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// FreeAddr is a loopback address that nobody listens on.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
