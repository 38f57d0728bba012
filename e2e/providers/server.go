//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"slipway/bench/proc"
	"slipway/internal/devs3"
)

// names are those of internal/provider, in the order of the tables. devs3 is
// our own, which everything has to hold on.
var names = []string{"ceph", "minio", "rclone", "seaweedfs", "swift", "versitygw", "devs3"}

// server is one S3 server on loopback.
type server struct {
	Name      string
	Title     string `json:"title"`
	Version   string `json:"version"`
	Endpoint  string `json:"endpoint"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
	Domain    string `json:"domain"` // of virtual hosts; empty: it has none

	stop func()
}

const (
	installWithin = 25 * time.Minute // a Go server is compiled the first time
	startWithin   = 2 * time.Minute
)

// start installs a server where it is missing, and starts it. What it keeps
// goes into dir.
func start(ctx context.Context, name, dir string) (*server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if name == "devs3" {
		return startOurs(ctx, dir)
	}
	script, err := filepath.Abs(filepath.Join("e2e", "providers", "servers", name+".sh"))
	if err != nil {
		return nil, err
	}
	installing, cancel := context.WithTimeout(ctx, installWithin)
	defer cancel()
	if out, err := exec.CommandContext(installing, script, "install").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("is not installed: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p, err := proc.Start(dir, name, nil, script, "start", dir, port)
	if err != nil {
		return nil, err
	}
	srv := &server{Name: name, stop: p.Stop}
	if _, err = p.Until(time.Now(), startWithin, func() error { return srv.read(filepath.Join(dir, "ready.json")) }); err != nil {
		p.Stop()
		return nil, err
	}
	return srv, nil
}

// read reads what a script says of its server once that answers.
func (s *server) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, s)
}

// ports is how many in a row a server may take, see the scripts.
const ports = 50

// freePort is the first of some that are free, below those that the kernel
// hands out.
func freePort() (string, error) {
	for first := 20_000; first < 32_000; first += ports {
		if free(first) {
			return fmt.Sprint(first), nil
		}
	}
	return "", errors.New("there are no free ports")
}

func free(first int) bool {
	for port := first; port < first+ports; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func startOurs(ctx context.Context, dir string) (*server, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	s, err := devs3.Start(ctx, devs3.Config{Dir: dir, AccessKey: "AK" + rand.Text(), SecretKey: rand.Text(), Bucket: bucketName})
	if err != nil {
		return nil, err
	}
	return &server{Name: "devs3", Title: "devs3, ours", Version: "of this repository", Endpoint: s.Endpoint, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
		stop: func() { _ = s.Close() }}, nil
}
