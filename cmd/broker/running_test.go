package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// running is a broker that serves at URL.
type running struct{ URL string }

// startServing starts the program and returns its log. It ends with the test.
func startServing(t testing.TB, env []string) io.Reader {
	t.Helper()
	cmd := program(t.Context(), append(env, "BROKER_LISTEN=127.0.0.1:0"), "serve")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended by then, and with it the process
	return stderr
}

// serve starts the program and waits until it says where it listens. It ends
// with the test.
func serve(t testing.TB, env []string) running {
	t.Helper()
	log := startServing(t, env)
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var entry struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			go func() { // ends with the process
				_, _ = io.Copy(io.Discard, log)
			}()
			return running{"http://" + entry.Address}
		}
		t.Log(lines.Text())
	}
	t.Fatal("the broker does not serve")
	return running{}
}

// call sends body as JSON and reads the answer into to; anything but a success
// fails the test.
func (b running) call(t testing.TB, method, path, bearer string, body, to any) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	if err := json.Unmarshal(fetched(t, req), to); err != nil {
		t.Fatal(err)
	}
}

// fetched is the body of a successful answer.
func fetched(t testing.TB, req *http.Request) []byte {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s (%v)", req.Method, req.URL.Path, res.Status, body, err)
	}
	return body
}

// opened is a session as its recorder knows it.
type opened struct {
	running
	ID, Token string
	WatchURL  string `json:"watch_url"`
}

func (b running) open(t testing.TB, apiKey string) opened {
	t.Helper()
	return b.openAs(t, apiKey, "ann", "")
}

func (b running) openAs(t testing.TB, apiKey, owner, name string) opened {
	t.Helper()
	o := opened{running: b}
	b.call(t, http.MethodPost, "/v1/sessions", apiKey, map[string]any{"content_type": "video/webm", "owner": owner, "name": name}, &o)
	return o
}

func (o opened) put(t testing.TB, number int, body []byte) {
	t.Helper()
	var signed struct{ URLs []struct{ URL string } }
	o.call(t, http.MethodPost, "/v1/sessions/"+o.ID+"/parts", o.Token, map[string]any{"sign": []any{map[string]any{"number": number, "size": len(body)}}}, &signed)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URLs[0].URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	fetched(t, req)
}

// report tells the broker of a part.
func (o opened) report(t testing.TB, number, size int) {
	t.Helper()
	var now struct{}
	o.call(t, http.MethodPost, "/v1/sessions/"+o.ID+"/parts", o.Token, map[string]any{"uploaded": []any{map[string]any{"number": number, "size": size}}}, &now)
}

// complete claims parts of these sizes.
func (o opened) complete(t testing.TB, sizes ...int) {
	t.Helper()
	var parts []any
	sum := 0
	for i, size := range sizes {
		parts = append(parts, map[string]any{"number": i + 1, "size": size})
		sum += size
	}
	var done struct{ State string }
	o.call(t, http.MethodPost, "/v1/sessions/"+o.ID+"/complete", o.Token, map[string]any{"parts": parts, "size": sum}, &done)
	if done.State != "completed" {
		t.Fatalf("the session is %s", done.State)
	}
}

// watch is what plays behind the watch link, whose fragment is the token.
func (o opened) watch(t testing.TB) []byte {
	t.Helper()
	_, token, _ := strings.Cut(o.WatchURL, "#")
	var recording struct{ URL string }
	o.call(t, http.MethodGet, "/v1/recordings/"+o.ID, token, nil, &recording)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, recording.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fetched(t, req)
}
