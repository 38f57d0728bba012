package redistest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Cluster is six nodes: three masters with a replica each.
type Cluster struct {
	Nodes []*Server
}

// Addrs are the nodes' addresses.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		addrs[i] = n.Addr
	}
	return addrs
}

// StartCluster starts six nodes and joins them. A master that is killed is
// replaced by its replica after about a second.
func StartCluster(t testing.TB, args ...string) *Cluster {
	t.Helper()
	cli := Binary(t, "redis-cli")
	args = append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0"}, args...)
	c := &Cluster{Nodes: make([]*Server, 6)}
	for i := range c.Nodes {
		c.Nodes[i] = Start(t, args...)
	}
	create := append([]string{"--cluster", "create"}, c.Addrs()...)
	out, err := exec.Command(cli, append(create, "--cluster-replicas", "1", "--cluster-yes")...).CombinedOutput() //nolint:gosec // a test's own arguments
	if err != nil {
		t.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	var wg sync.WaitGroup
	for _, n := range c.Nodes {
		wg.Go(func() { n.until("cluster_state:ok", "CLUSTER", "INFO") })
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// Sentinel is a Redis and the one Sentinel that watches it.
type Sentinel struct {
	Addr   string // the Sentinel's
	Master *Server
}

// MasterName is what a Sentinel calls the Redis it watches.
const MasterName = "slipway-test"

// StartSentinel starts a Redis with a Sentinel. There is no replica: it shows
// that the master is found, and nothing of a failover.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	master := Start(t)
	host, port, _ := net.SplitHostPort(master.Addr)
	s := newServer(t, nil)
	_, own, _ := net.SplitHostPort(s.Addr)
	// A Sentinel takes its settings from a file that it can write to.
	config := filepath.Join(s.dir, "sentinel.conf")
	settings := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %s\nlogfile log\nsentinel monitor %s %s %s 1\n", own, s.dir, MasterName, host, port)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{config, "--sentinel"}
	if err := s.start(); err != nil {
		t.Fatalf("the Sentinel does not start: %v\n%s", err, s.log())
	}
	t.Cleanup(s.Kill)
	return &Sentinel{Addr: s.Addr, Master: master}
}

// until waits for an answer that contains want.
func (s *Server) until(want string, words ...string) {
	s.t.Helper()
	var answer string
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer, _ = s.Do(words...); strings.Contains(answer, want) {
			return
		}
	}
	s.t.Errorf("%s at %s never said %q but\n%s", strings.Join(words, " "), s.Addr, want, answer)
}
