package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

const (
	anID      = "00aaaaaaaaaaaaaaaaaaaaaaaaaaw"
	anotherID = "01aaaaaaaaaaaaaaaaaaaaaaaaaaw"
	aKey      = "recordings/" + anID + ".webm"
)

func s3Env(endpoint, bucket, accessKey, secretKey string) []string {
	return []string{"BROKER_S3_ENDPOINT=" + endpoint, "BROKER_BUCKET=" + bucket, "BROKER_S3_PATH_STYLE=true", "BROKER_S3_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey}
}

func envOf(s *devs3.Server) []string { return s3Env(s.Endpoint, s.Bucket, s.AccessKey, s.SecretKey) }

func TestFetch(t *testing.T) {
	server := devs3test.Start(t)
	content := []byte("a recording")
	sum := sha256.Sum256(content)
	checksum, key := base64.StdEncoding.EncodeToString(sum[:]), aKey
	_, err := devs3test.Client(server).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &server.Bucket, Key: &key, Body: bytes.NewReader(content), ChecksumSHA256: &checksum})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.webm")

	for _, c := range []struct {
		name   string
		env    []string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"a recording", envOf(server), []string{anID, "-o", file}, 0, file + ": 11 bytes; verified the size and the SHA-256\n", ""},
		{"a file that is there", envOf(server), []string{anID, "-o", file}, 1, "", "broker: write " + file + ": file already exists; --force replaces it\n"},
		{"a file that is there, forced", envOf(server), []string{anID, "-o", file, "--force"}, 0, file + ": 11 bytes; verified the size and the SHA-256\n", ""},
		{"a recording that S3 does not have", envOf(server), []string{anotherID, "-o", file + "2"}, 1, "",
			"broker: no such object: recordings/" + anotherID + ".webm in bucket recordings: the session is still open, or was aborted or deleted; or it belongs to another BROKER_BUCKET or BROKER_KEY_PREFIX\n"},
		{"another prefix", append(envOf(server), "BROKER_KEY_PREFIX=elsewhere/"), []string{anID, "-o", file + "2"}, 1, "",
			"broker: no such object: elsewhere/" + anID + ".webm in bucket recordings: the session is still open, or was aborted or deleted; or it belongs to another BROKER_BUCKET or BROKER_KEY_PREFIX\n"},
		{"no ID", envOf(server), []string{"../../etc/passwd", "-o", file}, 1, "",
			"broker: \"../../etc/passwd\" is not the ID of a recording: those are 29 letters and digits, as after /watch/ in a link\n"},
		{"standard output", envOf(server), []string{anID, "-o", "-"}, 1, "", "broker: -o - cannot work, because the parts arrive in any order and are checked at the end; name a file\n"},
		{"a folder", envOf(server), []string{anID, "-o", dir, "--force"}, 1, "", "broker: " + dir + " is a folder\n"},
		{"no settings", []string{"BROKER_S3_PATH_STYLE=x", "BROKER_URL_TTL=not of interest"}, []string{anID, "-o", file}, 1, "",
			"broker: settings:\nBROKER_BUCKET: is required\nBROKER_S3_PATH_STYLE: \"x\" is not true or false\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, c.env, append([]string{"fetch"}, c.args...)...)
			if code != c.code || stdout != c.stdout || stderr != c.stderr {
				t.Errorf("exit %d\n%s%s\nwant %d\n%s%s", code, stdout, stderr, c.code, c.stdout, c.stderr)
			}
		})
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestFetchEndsAtAnInterrupt(t *testing.T) {
	asked := make(chan struct{}, 1)
	stalls := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
		w.Header().Set("Content-Length", "1000")
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte("the beginning"))
			w.(http.Flusher).Flush()
			asked <- struct{}{}
			<-r.Context().Done()
		}
	}))
	defer stalls.Close()
	dir := t.TempDir()
	cmd := program(t.Context(), s3Env(stalls.URL, "recordings", "a", "b"), "fetch", anID, "-o", filepath.Join(dir, "a.webm"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || entries[0].Name() != "a.webm.part" {
		t.Errorf("while it runs there is %v, want a.webm.part", entries)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(stderr.String(), "broker: interrupt signal received") {
		t.Errorf("%v: %s", cmd.ProcessState, stderr.String())
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
