package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

func TestCtrlCEndsEverything(t *testing.T) {
	dev := devtest.Start(t, "")
	info, err := os.Stat(dev.ReadyFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the ready file, which holds secrets, has mode %v (%v)", info.Mode(), err)
	}
	if err := dev.Interrupt(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, dev.Output)
	}
	gone(t, dev)
	if _, err := os.Stat(dev.ReadyFile); !os.IsNotExist(err) {
		t.Error("the ready file stayed")
	}
	if !strings.Contains(dev.Output.String(), dev.URL+"/ops") {
		t.Error("it does not say where operators go")
	}
	for _, secret := range []string{dev.APIKey, dev.SecretKey} {
		if strings.Contains(dev.Output.String(), secret) {
			t.Error("a secret was printed")
		}
	}
}

func TestKillLeavesNoChildBehind(t *testing.T) {
	dev := devtest.Start(t, "")
	if devtest.Gone(dev.S3Endpoint) {
		t.Fatal("S3 does not answer to begin with")
	}
	_ = dev.Kill()
	gone(t, dev)
}

func gone(t *testing.T, dev *devtest.Dev) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if devtest.Gone(dev.URL) && devtest.Gone(dev.S3Endpoint) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("something still answers")
		}
	}
}

func TestATakenPortIsAClearError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = devtest.TryStart(t, "", "--listen", taken.Addr().String())
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("it says: %v", err)
	}
}

func TestTwoOnOneFolderIsAClearError(t *testing.T) {
	data := t.TempDir()
	devtest.Start(t, data)
	if _, err := devtest.TryStart(t, data); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("it says: %v", err)
	}
}

// The embedded Redis forgets everything; recordings, links and tokens stay.
func TestARestartKeepsLinksAndTokens(t *testing.T) {
	data := t.TempDir()
	dev := devtest.Start(t, data)
	client := http.DefaultClient
	done, open := record(t, client, dev, true), record(t, client, dev, false)
	_ = dev.Kill()
	dev = devtest.Start(t, data)
	done.plays(t, client, dev)
	open.complete(t, client, dev)
	open.plays(t, client, dev)
}

func TestOverTLSPageAndS3ShareOneCertificate(t *testing.T) {
	data := t.TempDir()
	dev := devtest.Start(t, data, "--tls", "--public-host", "localhost", "--listen", "127.0.0.1:0")
	if !strings.HasPrefix(dev.URL, "https://localhost:") {
		t.Fatalf("it is at %s", dev.URL)
	}
	pem, err := os.ReadFile(filepath.Join(data, "tls-cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	record(t, client, dev, true).plays(t, client, dev)
}

// recording is one that a plain HTTP client makes.
type recording struct {
	ID, Token string
	WatchURL  string `json:"watch_url"`
	body      []byte
}

func record(t *testing.T, client *http.Client, dev *devtest.Dev, complete bool) *recording {
	t.Helper()
	r := &recording{body: bytes.Repeat([]byte("slipway "), 1000)}
	var opened struct {
		recording
		URLs []struct{ URL string }
	}
	call(t, client, "POST", dev.URL+"/v1/sessions", dev.APIKey, `{"content_type":"video/webm","owner":"ann","sign":[{"number":1,"size":8000}]}`, &opened)
	r.ID, r.Token, r.WatchURL = opened.ID, opened.Token, opened.WatchURL
	call(t, client, "PUT", opened.URLs[0].URL, "", string(r.body), nil)
	if complete {
		r.complete(t, client, dev)
	}
	return r
}

func (r *recording) complete(t *testing.T, client *http.Client, dev *devtest.Dev) {
	t.Helper()
	call(t, client, "POST", dev.URL+"/v1/sessions/"+r.ID+"/complete", r.Token, `{"parts":[{"number":1,"size":8000}],"size":8000}`, nil)
}

func (r *recording) plays(t *testing.T, client *http.Client, dev *devtest.Dev) {
	t.Helper()
	_, share, _ := strings.Cut(r.WatchURL, "#")
	var found struct{ URL string }
	call(t, client, "GET", dev.URL+"/v1/recordings/"+r.ID, share, "", &found)
	res, err := client.Get(found.URL)
	if err != nil {
		t.Fatal("S3 did not answer")
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, r.body) {
		t.Fatalf("read back %d bytes that are not those sent (%v)", len(got), err)
	}
}

func call(t *testing.T, client *http.Client, method, url, bearer, body string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: no answer", method, req.URL.Path)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, req.URL.Path, res.Status, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}
