package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/devtest"
)

// Who starts with docs/start.md pastes this server. Its grant has to open a
// session, and its page has to be served.
func TestTheServerOfTheFirstFiveMinutes(t *testing.T) {
	page, err := os.ReadFile("../../docs/start.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(page), "```js\n")
	code, _, found := strings.Cut(code, "```")
	if !found {
		t.Fatal("docs/start.md has no server")
	}
	file := filepath.Join(t.TempDir(), "server.mjs")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	dev := devtest.Start(t, "")
	port := free(t)
	server := exec.CommandContext(t.Context(), "node", file)
	server.Env = append(os.Environ(), "BROKER_URL="+dev.URL, "BROKER_API_KEY="+dev.APIKey, "PORT="+port)
	if err := server.Start(); err != nil {
		t.Fatalf("node does not start: %v", err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })

	if html := read(t, "http://127.0.0.1:"+port+"/"); !strings.Contains(html, dev.URL+"/web/recorder.js") {
		t.Errorf("the page does not import the broker's recorder:\n%s", html)
	}
	grant := read(t, "http://127.0.0.1:"+port+"/slipway-grant")
	var opened struct{ ID, Token string }
	call(t, http.DefaultClient, "POST", dev.URL+"/v1/sessions", grant, `{"content_type":"video/webm"}`, &opened)
	if opened.ID == "" || opened.Token == "" {
		t.Error("its grant opens no session")
	}
}

func TestTheDocumentationIsServed(t *testing.T) {
	dev := devtest.Start(t, "")
	if page := read(t, dev.URL+"/docs"); !strings.Contains(page, "Start in five minutes") {
		t.Errorf("/docs is not the first page:\n%.300s", page)
	}
	if picture := read(t, dev.URL+"/docs/files/pictures-session.svg"); !strings.HasPrefix(picture, "<svg") {
		t.Error("a picture is missing")
	}
}

func free(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// read waits until a server that has just been started answers.
func read(t *testing.T, url string) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		res, err := http.Get(url)
		if err != nil {
			if time.Now().After(deadline) {
				t.Fatalf("%s does not answer: %v", url, err)
			}
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s (%v)", url, res.Status, err)
		}
		return string(body)
	}
}
