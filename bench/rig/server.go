//go:build linux

package rig

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"slipway/bench/proc"
)

// Running is one server.
type Running struct {
	*proc.Process
	Addr  string
	Ready time.Duration // from its start to the first answer that is 200
}

func (w *World) launch(name, path string, env func(addr string) []string, program string, args ...string) (*Running, error) {
	return Launch(w.dir, name, path, env, program, args...)
}

// Launch starts a program that listens on a port it is told, and waits for path
// to answer 200. Its output goes to a file in dir; see proc.Start.
func Launch(dir, name, path string, env func(addr string) []string, program string, args ...string) (*Running, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, err := proc.Start(dir, name, env(addr), program, args...)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: startWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	ready, err := p.Until(began, startWithin, func() error {
		res, err := client.Get("http://" + addr + path)
		if err != nil {
			return err
		}
		defer res.Body.Close() //nolint:errcheck // it is not read
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", path, res.Status)
		}
		return nil
	})
	if err != nil {
		p.Stop()
		return nil, err
	}
	return &Running{p, addr, ready}, nil
}

// StartBroker starts our broker over redis. Nothing is set beyond what it
// requires, but for the rates: the bench signs faster than any recorder, and
// they are raised and not switched off, so that they are looked at as always.
func (w *World) StartBroker(name string, redis *Redis) (*Running, error) {
	return w.launch(name, "/readyz", func(addr string) []string {
		return append(w.brokerEnv(addr), "BROKER_REDIS_URL="+redis.URL())
	}, w.Broker, "serve")
}

// StartMemory starts the API without Redis; see RunMemory.
func (w *World) StartMemory(name string) (*Running, error) { return w.startSelf(name) }

// StartFloor starts the floor of that, or with a Redis that of the broker.
func (w *World) StartFloor(name string, redis *Redis) (*Running, error) {
	env := []string{floorEnv + "=1"}
	if redis != nil {
		env = append(env, "BROKER_REDIS_URL="+redis.URL())
	}
	return w.startSelf(name, env...)
}

// startSelf starts this program as a server.
func (w *World) startSelf(name string, env ...string) (*Running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return w.launch(name, "/readyz", func(addr string) []string { return append(append(w.brokerEnv(addr), memoryEnv+"=1"), env...) }, self)
}

func (w *World) brokerEnv(addr string) []string {
	return append([]string{
		"BROKER_LISTEN=" + addr, "BROKER_BUCKET=" + w.S3.Bucket, "BROKER_S3_ENDPOINT=" + w.S3.Endpoint, "BROKER_S3_REGION=" + w.S3.Region, "BROKER_S3_PATH_STYLE=true",
		"BROKER_TOKEN_KEYS=" + w.tokenKey, "BROKER_API_KEYS=" + w.apiHash,
		"BROKER_SIGN_RATE=1000000", "BROKER_SIGN_BURST=10000000", "BROKER_OWNER_SIGN_RATE=1000000", "BROKER_OWNER_SIGN_BURST=10000000",
	}, w.s3Env...)
}

// startNode starts one of the servers in bench/peers.
func (w *World) startNode(name, script, ready string, more ...string) (*Running, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	return w.launch(name, ready, func(addr string) []string {
		_, port, _ := net.SplitHostPort(addr) // FreeAddr made it
		env := append([]string{"NODE_ENV=production", "PORT=" + port, "DATA=" + w.dir}, w.s3Env...)
		return append(env, more...)
	}, node, "--import", filepath.Join(w.Peers, "loopback.js"), filepath.Join(w.Peers, script))
}

// StartTusd starts tusd with its S3 store. Its SDK is told to leave out checksums
// that nobody asked for, which is less work: tusd announces none for its
// uploads, and our S3 server refuses parts that bring one all the same.
func (w *World) StartTusd(name string, args ...string) (*Running, error) {
	if _, err := os.Stat(w.Tusd); err != nil {
		return nil, fmt.Errorf("tusd was not built: %w", err)
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr) // FreeAddr made it
	args = append([]string{"-host", host, "-port", port, "-s3-bucket", w.S3.Bucket, "-s3-endpoint", w.S3.Endpoint}, args...)
	began := time.Now()
	p, err := proc.Start(w.dir, name, append([]string{"AWS_REQUEST_CHECKSUM_CALCULATION=when_required"}, w.s3Env...), w.Tusd, args...)
	if err != nil {
		return nil, err
	}
	ready, err := p.Until(began, startWithin, func() error { return answers(addr) })
	if err != nil {
		p.Stop()
		return nil, err
	}
	return &Running{p, addr, ready}, nil
}
