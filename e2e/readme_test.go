// Package e2e tries the whole product from outside. Node runs the browser tests
// beside this file; this one runs the lines that the documentation shows.
package e2e

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// The curl lines of docs/protocol.md: all parts signed at once, PUT backwards.
// BusyBox stands for systems whose tools are not GNU's, such as macOS.
func TestTheCurlLinesUploadAFile(t *testing.T) {
	for _, tool := range []string{"curl", "jq", "uuidgen", "busybox"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("SLIPWAY_REQUIRE_NEIGHBOURS") == "" {
			t.Skipf("%s is not installed", tool)
		}
	}
	dev := devtest.Start(t, "")
	lines := shellLines(t, "docs/protocol.md", "## Upload a file with curl")
	t.Run("bash", func(t *testing.T) { runLines(t, dev, lines, os.Getenv("PATH"), "bash", "-euo", "pipefail", "-c") })
	t.Run("BusyBox", func(t *testing.T) {
		runLines(t, dev, lines, busyBoxFirst(t), "busybox", "sh", "-euo", "pipefail", "-c")
	})
}

// busyBoxFirst is a PATH that finds BusyBox' tools before all others, under
// their names.
func busyBoxFirst(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("busybox", "--install", "-s", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir + ":" + os.Getenv("PATH")
}

func runLines(t *testing.T, dev *devtest.Dev, lines, path string, shell ...string) {
	t.Helper()
	dir := t.TempDir()
	sent := make([]byte, 20<<20+123)
	_, _ = rand.Read(sent)
	file := filepath.Join(dir, "holiday.mp4")
	if err := os.WriteFile(file, sent, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], append(shell[1:], lines)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+path, "BROKER="+dev.URL, "API_KEY="+dev.APIKey, "FILE="+file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the lines fail: %v\n%s", err, out)
	}
	if !strings.HasPrefix(string(out), dev.URL+"/watch/") {
		t.Errorf("they do not print a watch link but %q", out)
	}
	if played, err := os.ReadFile(filepath.Join(dir, "played.mp4")); err != nil || !bytes.Equal(played, sent) {
		t.Errorf("what is played (%d bytes, %v) is not what was sent (%d bytes)", len(played), err, len(sent))
	}
}

// shellLines returns the sh block under a heading of a page.
func shellLines(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading)
	_, block, fenced := strings.Cut(section, "```sh\n")
	lines, _, closed := strings.Cut(block, "```")
	if !found || !fenced || !closed {
		t.Fatalf("%s has no sh block under %q", page, heading)
	}
	return lines
}
