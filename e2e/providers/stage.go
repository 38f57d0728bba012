//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/rig"
	"slipway/e2e/providers/result"
	"slipway/internal/access"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
)

const (
	bucketName = "recordings"
	keyPrefix  = "recordings/"
	region     = "us-east-1"
)

// stage is an S3 server with a Redis and the production program before it.
type stage struct {
	server  *server
	dir     string
	program string
	redis   *rig.Redis
	broker  *rig.Running
	client  *s3.Client // for looking at S3 behind the broker's back

	apiKey   string
	settings []string // of the production program
	profile  string   // the file that doctor wrote

	// Of the address at which S3 is reached for now; see at.
	http *http.Client
}

// open starts a Redis and makes the bucket.
func open(ctx context.Context, program string, srv *server, dir string) (*stage, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &stage{server: srv, dir: dir, program: program, profile: filepath.Join(dir, "profile.json"), http: &http.Client{}}
	s.client = devs3test.Client(&devs3.Server{Endpoint: srv.Endpoint, Region: region, AccessKey: srv.AccessKey, SecretKey: srv.SecretKey})
	key, secret := access.NewAPIKey("providers", session.AllScopes...)
	token := make([]byte, access.MinTokenKey)
	_, _ = rand.Read(token) // never fails since Go 1.24
	s.apiKey = secret
	bucket := bucketName
	if _, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		if _, err := s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			return nil, err
		}
	}
	var err error
	if s.redis, err = rig.StartRedis(dir, "redis", "--appendonly", "yes"); err != nil {
		return nil, err
	}
	s.settings = []string{
		"BROKER_BUCKET=" + bucketName, "BROKER_KEY_PREFIX=" + keyPrefix, "BROKER_S3_REGION=" + region, "BROKER_S3_ENDPOINT=" + srv.Endpoint, "BROKER_S3_PATH_STYLE=true",
		"AWS_ACCESS_KEY_ID=" + srv.AccessKey, "AWS_SECRET_ACCESS_KEY=" + srv.SecretKey, "AWS_EC2_METADATA_DISABLED=true",
		"BROKER_REDIS_URL=" + s.redis.URL(), "BROKER_TOKEN_KEYS=" + base64.StdEncoding.EncodeToString(token), "BROKER_API_KEYS=" + key.String(),
		"BROKER_PUBLIC_URL=http://127.0.0.1:1", "BROKER_CORS_ORIGINS=*", // the pages of the tests come from any port
		"BROKER_SIGN_RATE=0", "BROKER_OWNER_SIGN_RATE=0",
	}
	return s, nil
}

func (s *stage) close() {
	if s.broker != nil {
		s.broker.Stop()
	}
	s.redis.Stop()
}

// serve starts the production program, in the place of the one before. What is
// given last of a setting counts.
func (s *stage) serve(_ context.Context, settings ...string) error {
	if s.broker != nil {
		s.broker.Stop()
	}
	var err error
	s.broker, err = rig.Launch(s.dir, "broker", "/readyz", func(addr string) []string {
		return append(s.env(settings...), "BROKER_LISTEN="+addr, "BROKER_PUBLIC_URL=http://"+addr)
	}, s.program, "serve")
	return err
}

// env is the environment of the production program, who goes by what doctor
// measured.
func (s *stage) env(settings ...string) []string {
	env := append([]string(nil), s.settings...)
	if _, err := os.Stat(s.profile); err == nil {
		env = append(env, "BROKER_S3_PROFILE="+s.profile)
	}
	return append(env, settings...)
}

// cliWithin bounds one command.
const cliWithin = 3 * time.Minute

// cli runs a command of the production program and returns what it printed.
func (s *stage) cli(ctx context.Context, args ...string) (string, error) {
	return s.cliWith(ctx, nil, args...)
}

func (s *stage) cliWith(ctx context.Context, settings []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cliWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = append(s.env(settings...), "BROKER_API_KEY="+s.apiKey)
	if s.broker != nil {
		cmd.Env = append(cmd.Env, "BROKER_URL=http://"+s.broker.Addr)
	}
	cmd.Dir = s.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("broker %s: %w: %s", strings.Join(args[:min(2, len(args))], " "), err, last(errs.String()))
	}
	return out.String(), nil
}

// call calls the API with a bearer.
func (s *stage) call(ctx context.Context, method, path, bearer string, body, answer any) error {
	return rig.API{Addr: s.broker.Addr, Bearer: bearer}.Call(ctx, method, path, body, answer)
}

// check runs one check and says what came of it.
func (s *stage) check(ctx context.Context, c check) result.Check {
	within := shortWithin
	if c.long {
		within = longWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	began := time.Now()
	err := c.run(ctx, s)
	done := result.Check{Name: c.name, Outcome: result.OK, TookMs: time.Since(began).Milliseconds()}
	var none unfit
	switch {
	case errors.As(err, &none):
		done.Outcome, done.Saw = result.Unfit, none.Error()
	case err != nil:
		done.Outcome, done.Saw = result.Failed, brief(err)
	}
	return done
}

// brief is the first line of an error, not too long for a table.
func brief(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return text
}
