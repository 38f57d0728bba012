package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// UPLOAD_MIB=1024 is a file of 1 GiB.
func TestAProgramThatIsKilledGoesOnWithWhatS3Lacks(t *testing.T) {
	size := int64(200 << 20)
	if mib, err := strconv.Atoi(os.Getenv("UPLOAD_MIB")); err == nil {
		size = int64(mib) << 20
	}
	key, secret := access.NewAPIKey("ci", session.ScopeSessions, session.ScopeOps)
	b := serve(t, append(envOf(devs3test.Start(t)), "BROKER_REDIS_URL=redis://"+redistest.Start(t).Addr, "BROKER_TOKEN_KEYS="+tokenKey, "BROKER_API_KEYS="+key.String()))
	env := []string{"BROKER_URL=" + b.URL, "BROKER_API_KEY=" + secret}
	file := filepath.Join(t.TempDir(), "talk.mp4")
	writeNoise(t, file, size)
	args := []string{"upload", file, "--owner", "ann", "-o", "ndjson"}

	first := program(t.Context(), env, args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	id, deadline := "", time.Now().Add(time.Minute)
	for id == "" || b.stored(t, secret, id) < size/4 {
		if time.Now().After(deadline) {
			t.Fatal("not a quarter of it has come within a minute")
		}
		var left struct{ ID string }
		if text, err := os.ReadFile(file + ".upload"); err == nil && json.Unmarshal(text, &left) == nil {
			id = left.ID
		}
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatal("it ended by itself before it could be killed")
	}
	time.Sleep(500 * time.Millisecond) // what was cut is told from what was not
	had := b.stored(t, secret, id)

	code, stdout, stderr := run(t, env, args...)
	var row uploaded
	if err := json.Unmarshal([]byte(stdout), &row); code != 0 || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	t.Logf("S3 had %d of %d bytes when it was killed; the second run sent %d", had, size, row.Sent)
	if string(row.ID) != id || had < size/4 || had >= size || row.Sent != size-had {
		t.Errorf("the second run sent %d of %d bytes, and S3 had %d", row.Sent, size, had)
	}
	if got := (opened{running: b, ID: id, WatchURL: row.WatchURL}).watch(t); sha256.Sum256(got) != sumOf(t, file) {
		t.Errorf("behind the link are %d other bytes", len(got))
	}
}

// stored is how many bytes of a session S3 lists by now.
func (b running) stored(t *testing.T, apiKey, id string) (bytes int64) {
	t.Helper()
	var shown struct{ Parts []struct{ Size int64 } }
	b.call(t, "GET", "/v1/sessions/"+id, apiKey, nil, &shown)
	for _, p := range shown.Parts {
		bytes += p.Size
	}
	return bytes
}

func writeNoise(t *testing.T, file string, size int64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // Sync has told
	noise := make([]byte, 1<<20)
	for left := size; left > 0; left -= int64(len(noise)) {
		_, _ = rand.Read(noise)
		if _, err := f.Write(noise[:min(left, int64(len(noise)))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

func sumOf(t *testing.T, file string) [sha256.Size]byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}
