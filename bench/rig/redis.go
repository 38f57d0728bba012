//go:build linux

package rig

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"

	"slipway/bench/proc"
	"slipway/internal/session/redisstore"
)

// Redis is one redis-server, or the masters of a Cluster. It keeps nothing on
// disk.
type Redis struct {
	nodes  []*proc.Process
	addrs  []string
	scheme string
}

// URL is the address as the broker takes it.
func (r *Redis) URL() string { return r.scheme + "://" + strings.Join(r.addrs, ",") }

// Pids are its processes.
func (r *Redis) Pids() []int {
	pids := make([]int, len(r.nodes))
	for i, node := range r.nodes {
		pids[i] = node.Pid
	}
	return pids
}

// Stop ends them.
func (r *Redis) Stop() {
	for _, node := range r.nodes {
		node.Stop()
	}
}

// StartRedis starts another Redis.
func (w *World) StartRedis(name string) (*Redis, error) { return StartRedis(w.dir, name) }

// StartRedis starts one without a World. What it logs goes to a file in dir.
func StartRedis(dir, name string, args ...string) (*Redis, error) {
	r := &Redis{scheme: "redis"}
	return r, r.start(dir, name, args...)
}

// StartCluster starts another Cluster of so many masters, 3 at the least, and
// no replicas: it is to be measured, and to survive nothing.
func (w *World) StartCluster(name string, masters int) (*Redis, error) {
	r := &Redis{scheme: "redis-cluster"}
	for i := range masters {
		node := fmt.Sprintf("%s-%d", name, i+1)
		bus, err := FreeAddr()
		if err != nil {
			r.Stop()
			return nil, err
		}
		_, port, _ := net.SplitHostPort(bus) // FreeAddr made it
		if err := r.start(w.dir, node, "--cluster-enabled", "yes", "--cluster-config-file", node+".conf", "--cluster-port", port); err != nil {
			return nil, err
		}
	}
	create := append([]string{"--cluster", "create"}, r.addrs...)
	if out, err := exec.Command("redis-cli", append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		r.Stop()
		return nil, fmt.Errorf("redis-cli --cluster create: %w: %.300s", err, out)
	}
	for i, node := range r.nodes { // each has to have heard of all slots
		if _, err := node.Until(time.Now(), startWithin, func() error { return joined(r.addrs[i]) }); err != nil {
			r.Stop()
			return nil, err
		}
	}
	return r, nil
}

// start adds a node. Where it does not start, none is left.
func (r *Redis) start(dir, name string, args ...string) error {
	addr, err := FreeAddr()
	if err != nil {
		return err
	}
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("%w (apt install redis-server)", err)
	}
	_, port, _ := net.SplitHostPort(addr) // FreeAddr made it
	began := time.Now()
	p, err := proc.Start(dir, name, nil, program, append([]string{"--bind", "127.0.0.1", "--port", port, "--save", ""}, args...)...)
	if err == nil {
		r.nodes, r.addrs = append(r.nodes, p), append(r.addrs, addr)
		_, err = p.Until(began, startWithin, func() error { return answers(addr) })
	}
	if err != nil {
		r.Stop()
	}
	return err
}

func joined(addr string) error {
	host, port, _ := net.SplitHostPort(addr) // FreeAddr made it
	out, err := exec.Command("redis-cli", "-h", host, "-p", port, "cluster", "info").Output()
	if err == nil && !strings.Contains(string(out), "cluster_state:ok") {
		err = fmt.Errorf("the cluster is not ready: %.200s", out)
	}
	return err
}

// UsedBytes is what a single Redis says that its data takes.
func (r *Redis) UsedBytes(ctx context.Context) (float64, error) {
	client, err := redisstore.Dial(r.URL())
	if err != nil {
		return 0, err
	}
	defer client.Close() //nolint:errcheck // nothing is left unsent
	info, err := client.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(info, "used_memory:")
	var used float64
	_, err = fmt.Sscan(after, &used)
	return used, err
}
