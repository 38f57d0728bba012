package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session/redisstore/redistest"
)

func TestDoctor(t *testing.T) {
	server, redis := devs3test.Start(t, func(c *devs3.Config) { c.AllowOrigins = []string{"http://127.0.0.1:8080"} }), redistest.Start(t, "--appendonly", "yes")
	env := slices.Clip(append(envOf(server), "BROKER_REDIS_URL=redis://"+redis.Addr))

	code, stdout, stderr := run(t, env, "doctor")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "ok       s3-put              a presigned PUT is taken\n") || !strings.HasSuffix(stdout, "\n47 ok, 0 warnings, 0 failed, 1 skipped\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, row := range []string{"the S3 provider    found              an S3 server of which nothing is known\n", "checksums          sha256 crc32c md5  unknown\n", "opaque_part_etags  no                 unknown\n"} {
		if !strings.Contains(stdout, row) {
			t.Errorf("%q is not in\n%s", row, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("there are colours, and no terminal")
	}

	if answer, err := redis.Do("CONFIG SET maxmemory-policy allkeys-lru"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	code, stdout, stderr = run(t, env, "doctor")
	want := "fail     redis-eviction      allkeys-lru: when memory is short, sessions vanish silently\n" +
		"         mend: redis-cli CONFIG SET maxmemory-policy noeviction  # and in redis.conf, to last\n"
	if code != 1 || stderr != "broker: 1 of 48 checks failed\n" || !strings.Contains(stdout, want) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}

	code, stdout, stderr = run(t, append(env, "BROKER_CORS_ORIGINS=https://app.example"), "doctor", "-o", "json")
	var report struct {
		Checks []struct{ Name, Of, Status, Saw, Mend string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 1 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	of := map[string]string{}
	for _, c := range report.Checks {
		if c.Name == "cors" {
			of[c.Of] = c.Status
		}
	}
	if len(of) != 2 || of["https://app.example"] != "fail" || of["http://127.0.0.1:8080"] != "ok" {
		t.Errorf("the origins are %v", of)
	}
}

// What a provider can do is measured once, and brokers go by that.
func TestDoctorWritesAProfileDown(t *testing.T) {
	server, redis := devs3test.Start(t, func(c *devs3.Config) { c.AllowOrigins = []string{"http://127.0.0.1:8080"} }), redistest.Start(t, "--appendonly", "yes")
	env := slices.Clip(append(envOf(server), "BROKER_REDIS_URL=redis://"+redis.Addr))
	file := filepath.Join(t.TempDir(), "mine.json")
	if code, stdout, stderr := run(t, env, "doctor", "--write-profile", file); code != 0 || stderr != "" {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `"source": "broker doctor"`) {
		t.Fatalf("written is %s (%v)", text, err)
	}
	named := bytes.Replace(text, []byte(`"name": "unknown"`), []byte(`"name": "mine"`), 1)
	if err := os.WriteFile(file, bytes.Replace(named, []byte(`"value": 10000`), []byte(`"value": 1000`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, append(env, "BROKER_S3_PROFILE="+file), "doctor")
	if code != 0 || !strings.Contains(stdout, "max_parts is 10000 and not 1000") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestDoctorCannotRun(t *testing.T) {
	server := devs3test.Start(t)
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"wrong settings", append(envOf(server), "BROKER_BUCKET=", "BROKER_RESUME_WINDOW=1h", "BROKER_URL_TTL=not of interest"),
			"broker: settings:\nBROKER_BUCKET: is required\nBROKER_RESUME_WINDOW: 1h0m0s is shorter than BROKER_ABANDON_AFTER, 24h0m0s\n"},
		{"no region", append(envOf(server), "BROKER_S3_REGION=", "BROKER_S3_ENDPOINT=http://127.0.0.1:1"), "broker: BROKER_S3_REGION is not set and S3 does not say where bucket recordings is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, c.env, "doctor")
			if code != 2 || stdout != "" || !strings.HasPrefix(stderr, c.want) {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}
