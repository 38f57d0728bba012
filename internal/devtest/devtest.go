// Package devtest runs the real broker-dev program for tests. The program is
// built once. Each test has a process and a data folder of its own, and ends
// the process by its pid.
package devtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWithin is the longest time from start to the first answer.
const startWithin = 5 * time.Second

// Dev is a running broker-dev.
type Dev struct {
	URL        string `json:"url"`
	APIKey     string `json:"api_key"`
	S3Endpoint string `json:"s3_endpoint"`
	Bucket     string `json:"bucket"`
	Region     string `json:"region"`
	AccessKey  string `json:"access_key"`
	SecretKey  string `json:"secret_key"`
	RedisAddr  string `json:"redis_addr"`
	Pid        int    `json:"pid"`

	ReadyFile string
	Output    *bytes.Buffer // read it after Wait
	cmd       *exec.Cmd
	exited    chan error
}

var built struct {
	once sync.Once
	dir  string
	err  error
}

// Main is the TestMain of a package that uses Start: the program is built once
// for all of its tests.
func Main(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(built.dir)
	os.Exit(code)
}

// Binary returns the path of the program.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "slipway-dev-"); built.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", built.dir, "slipway/cmd/broker-dev").CombinedOutput(); err != nil {
			built.err = errors.New(string(out))
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "broker-dev")
}

// Start runs broker-dev on a free port and waits until it answers. data is its
// folder, "" for one of its own.
func Start(t testing.TB, data string, args ...string) *Dev {
	t.Helper()
	d, err := TryStart(t, data, args...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TryStart is Start for a start that may fail. The error is what the program
// printed.
func TryStart(t testing.TB, data string, args ...string) (*Dev, error) {
	t.Helper()
	if data == "" {
		data = t.TempDir()
	}
	d := &Dev{ReadyFile: filepath.Join(t.TempDir(), "ready.json"), Output: &bytes.Buffer{}, exited: make(chan error, 1)}
	d.cmd = exec.Command(Binary(t), append([]string{"--listen", "127.0.0.1:0", "--data", data, "--ready-file", d.ReadyFile}, args...)...)
	d.cmd.Stdout, d.cmd.Stderr = d.Output, d.Output
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { d.exited <- d.cmd.Wait() }() // Stop and Kill wait for it
	t.Cleanup(func() { d.Kill() })
	deadline := time.After(startWithin)
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case err := <-d.exited:
			d.exited <- err
			return nil, errors.New(d.Output.String())
		case <-deadline:
			d.Kill()
			return nil, errors.New("not ready within " + startWithin.String() + ": " + d.Output.String())
		case <-tick:
		}
		body, err := os.ReadFile(d.ReadyFile)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(body, d) // it is there whole or not at all
		}
		return d, err
	}
}

// Interrupt does what Ctrl-C does, and waits for the end.
func (d *Dev) Interrupt() error { return d.end(syscall.SIGINT) }

// Kill ends the program as kill -9 does, which it cannot answer.
func (d *Dev) Kill() error { return d.end(syscall.SIGKILL) }

func (d *Dev) end(sig syscall.Signal) error {
	_ = d.cmd.Process.Signal(sig)
	err := <-d.exited
	d.exited <- err
	return err
}

// Gone reports whether nothing answers at url any more.
func Gone(url string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(url)
	if err == nil {
		_ = res.Body.Close()
	}
	return err != nil
}
