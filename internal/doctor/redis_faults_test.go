package doctor_test

import (
	"io"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
	"slipway/internal/session/redisstore/redistest"
)

func TestFaultsOfRedis(t *testing.T) {
	type statuses = map[string]doctor.Status
	const skipped, warn, fail = doctor.Skipped, doctor.Warn, doctor.Fail
	do := func(t *testing.T, s *redistest.Server, words ...string) string {
		t.Helper()
		answer, err := s.Do(words...)
		if err != nil || strings.HasPrefix(answer, "-") {
			t.Fatal(answer, err)
		}
		return answer
	}
	durable := []string{"--appendonly", "yes"}
	limit := func(t *testing.T, s *redistest.Server, share float64) {
		_, after, _ := strings.Cut(do(t, s, "INFO memory"), "used_memory:")
		used, _, _ := strings.Cut(after, "\r")
		n, err := strconv.ParseFloat(used, 64)
		if err != nil {
			t.Fatal(err)
		}
		do(t, s, "CONFIG SET maxmemory", strconv.Itoa(int(n/share)))
	}
	s3 := devs3test.Start(t, pageMayRecord)
	for _, c := range []struct {
		name  string
		args  []string
		plant func(*testing.T, *redistest.Server) (address string) // "": the server's own
		want  statuses
		mend  string // in a mend
	}{
		{"it evicts", append(durable, "--maxmemory-policy", "allkeys-lru"), nil, statuses{"redis-eviction": fail}, "redis-cli CONFIG SET maxmemory-policy noeviction"},
		{"it evicts what ends anyhow", append(durable, "--maxmemory-policy", "volatile-ttl"), nil, statuses{"redis-eviction": fail}, "redis-cli CONFIG SET maxmemory-policy noeviction"},
		{"it keeps nothing", nil, nil, statuses{"redis-persistence": warn}, "redis-cli CONFIG SET appendonly yes"},
		{"it makes snapshots", []string{"--save", "60 1000"}, nil, statuses{}, ""},
		{"it is a replica", durable, func(t *testing.T, s *redistest.Server) string {
			do(t, s, "REPLICAOF", strings.Replace(redistest.Start(t).Addr, ":", " ", 1))
			return ""
		}, statuses{"redis-role": fail, "redis-scripts": fail}, "BROKER_REDIS_URL=redis-sentinel://"},
		{"its memory is nearly full", durable, func(t *testing.T, s *redistest.Server) string { limit(t, s, 0.82); return "" }, statuses{"redis-memory": warn}, "CONFIG SET maxmemory 64mb"},
		{"its memory is full", durable, func(t *testing.T, s *redistest.Server) string { limit(t, s, 2); return "" }, statuses{"redis-memory": fail, "redis-scripts": fail}, "CONFIG SET maxmemory 64mb"},
		{"it is far away", durable, func(t *testing.T, s *redistest.Server) string {
			return "redis://" + slow(t, s.Addr, 15*time.Millisecond)
		}, statuses{"redis-latency": warn}, "--latency"},
		{"another prefix is ours", durable, func(t *testing.T, s *redistest.Server) string {
			do(t, s, "ACL SETUSER broker on >secret allkeys +@all resetkeys ~{slipway:*")
			return "redis://broker:secret@" + s.Addr
		}, statuses{"redis-scripts": fail}, "ACL SETUSER broker"},
		{"it hides what it is", durable, func(t *testing.T, s *redistest.Server) string {
			do(t, s, "ACL SETUSER broker on >secret ~{t:* +@all -@admin -@dangerous")
			return "redis://broker:secret@" + s.Addr
		}, statuses{"redis-version": skipped, "redis-role": skipped, "redis-persistence": skipped, "redis-eviction": skipped, "redis-memory": skipped}, ""},
		{"it lets us not in", durable, func(t *testing.T, s *redistest.Server) string {
			do(t, s, "CONFIG SET requirepass secret")
			return "redis://:wrongpassword@" + s.Addr
		}, statuses{"redis": fail}, "BROKER_REDIS_URL="},
		{"it is not there", durable, func(*testing.T, *redistest.Server) string { return "redis://127.0.0.1:1" }, statuses{"redis": fail}, "BROKER_REDIS_URL="},
		{"it is embedded", durable, func(t *testing.T, _ *redistest.Server) string { return "redis://" + miniredis.RunT(t).Addr() },
			statuses{"redis-version": skipped, "redis-role": skipped, "redis-persistence": skipped, "redis-eviction": skipped, "redis-memory": skipped}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			redis := redistest.Start(t, c.args...)
			address := ""
			if c.plant != nil {
				address = c.plant(t, redis)
			}
			if address == "" {
				address = "redis://" + redis.Addr
			}
			report := doctor.Run(t.Context(), newRig(t, s3, address).Config)
			if got := found(report); !maps.Equal(got, c.want) {
				t.Errorf("found %v, want %v:\n%s", got, c.want, all(report))
			}
			if !strings.Contains(all(report), c.mend) {
				t.Errorf("no mend says %q:\n%s", c.mend, all(report))
			}
			explained(t, report)
			discreet(t, report, "secret", "wrongpassword")
		})
	}
}

// slow is the address of a relay that keeps every answer for d.
func slow(t *testing.T, target string, d time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener; each connection with its client
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go func() {
				_, _ = io.Copy(late{client, d}, server)
				_ = client.Close()
			}()
		}
	}()
	return l.Addr().String()
}

type late struct {
	io.Writer
	by time.Duration
}

func (l late) Write(p []byte) (int, error) {
	time.Sleep(l.by)
	return l.Writer.Write(p)
}

func TestACluster(t *testing.T) {
	s3, cluster := devs3test.Start(t, pageMayRecord), redistest.StartCluster(t, "--appendonly", "yes")
	report := doctor.Run(t.Context(), newRig(t, s3, "redis-cluster://"+strings.Join(cluster.Addrs(), ",")).Config)
	if len(found(report)) > 0 {
		t.Errorf("not all is well:\n%s", all(report))
	}
	masters := 0
	for _, c := range report.Checks {
		if c.Name == "redis-role" && c.Of != "" {
			masters++
		}
	}
	if masters != 3 {
		t.Errorf("%d masters were looked at:\n%s", masters, all(report))
	}

	if answer, err := cluster.Nodes[0].Do("CONFIG SET maxmemory-policy allkeys-lfu"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	report = doctor.Run(t.Context(), newRig(t, s3, "redis-cluster://"+strings.Join(cluster.Addrs(), ",")).Config)
	if got := found(report); !maps.Equal(got, map[string]doctor.Status{"redis-eviction": doctor.Fail}) || report.Count(doctor.Fail) != 1 {
		t.Errorf("one node that evicts makes %v:\n%s", got, all(report))
	}

	report = doctor.Run(t.Context(), newRig(t, s3, "redis://"+cluster.Nodes[0].Addr).Config)
	if got := found(report)["redis"]; got != doctor.Fail {
		t.Errorf("a single node of a Cluster is %q:\n%s", got, all(report))
	}
}

func TestASentinel(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	report := doctor.Run(t.Context(), newRig(t, devs3test.Start(t, pageMayRecord), "redis-sentinel://"+sentinel.Addr+"/"+redistest.MasterName).Config)
	want := map[string]doctor.Status{"redis-persistence": doctor.Warn, "redis-role": doctor.Warn}
	if got := found(report); !maps.Equal(got, want) || !strings.Contains(all(report), "the Sentinels name a master") || !strings.Contains(all(report), "without a replica") {
		t.Errorf("found %v, want %v:\n%s", got, want, all(report))
	}
}
