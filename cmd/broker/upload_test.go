package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/access"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

func TestUpload(t *testing.T) {
	key, secret := access.NewAPIKey("ci", session.ScopeSessions)
	b := serve(t, append(envOf(devs3test.Start(t)), "BROKER_REDIS_URL=redis://"+redistest.Start(t).Addr,
		"BROKER_TOKEN_KEYS="+tokenKey, "BROKER_API_KEYS="+key.String()))
	env := []string{"BROKER_URL=" + b.URL, "BROKER_API_KEY=" + secret}
	dir := t.TempDir()
	file, other := filepath.Join(dir, "talk.MP4"), filepath.Join(dir, "talk.dat")
	content := make([]byte, 6<<20)
	_, _ = rand.Read(content)
	for _, name := range []string{file, other} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stderr string
	}{
		{"an extension that says nothing", []string{other, "--owner", "ann"}, 2, other + ": the extension is not one of a known kind of recording; name the kind with --content-type"},
		{"one name for two files", []string{file, other, "--name", "Talk"}, 2, "--name takes one file, and these are 2"},
		{"standard input", []string{"-"}, 2, "- cannot work, because the length must be known beforehand"},
		{"many at once", []string{file, "--parallel", "65"}, 2, "--parallel is 1 to 64"},
		{"what the broker refuses", []string{other, "--content-type", "text/html", "--owner", "ann"}, 5, other + ": forbidden (content-type-not-allowed): "},
		{"no file", []string{file + "x.mp4", "--owner", "ann"}, 1, file + "x.mp4: open " + file + "x.mp4: no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, env, append([]string{"upload"}, c.args...)...)
			if code != c.code || stdout != "" || !strings.HasPrefix(stderr, "broker: "+c.stderr) {
				t.Errorf("exit %d\n%s%s\nwant %d\n%s", code, stdout, stderr, c.code, c.stderr)
			}
		})
	}

	code, stdout, stderr := run(t, env, "upload", file, "--owner", "ann", "--metadata", "ticket=47", "-o", "ndjson")
	var row uploaded
	if err := json.Unmarshal([]byte(stdout), &row); code != 0 || stderr != "" || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	if row.File != file || row.Size != int64(len(content)) || row.Sent != row.Size || row.Parts != 2 || row.Checksum != session.SHA256 {
		t.Errorf("%s %d bytes, %d sent, %d parts, %s", row.File, row.Size, row.Sent, row.Parts, row.Checksum)
	}
	if got := (opened{running: b, ID: string(row.ID), WatchURL: row.WatchURL}).watch(t); !bytes.Equal(got, content) {
		t.Errorf("behind the link are %d other bytes", len(got))
	}
}
