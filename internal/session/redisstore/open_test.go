package redisstore

import (
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestAddresses(t *testing.T) {
	const secret = "s3cret"
	for _, tc := range []struct {
		name, address string
		check         func(redis.UniversalClient) bool
	}{
		{"one node", "redis://u:s3cret@h:1/2", func(c redis.UniversalClient) bool {
			o := c.(*redis.Client).Options()
			return o.Addr == "h:1" && o.DB == 2 && o.Username == "u" && o.Password == secret && o.ContextTimeoutEnabled && o.TLSConfig == nil
		}},
		{"with TLS", "rediss://h:1?pool_size=3", func(c redis.UniversalClient) bool {
			o := c.(*redis.Client).Options()
			return o.TLSConfig.ServerName == "h" && o.PoolSize == 3
		}},
		{"a socket", "unix:///run/redis.sock?db=1", func(c redis.UniversalClient) bool {
			o := c.(*redis.Client).Options()
			return o.Network == "unix" && o.Addr == "/run/redis.sock" && o.DB == 1
		}},
		{"a cluster", "redis-cluster://u:s3cret@h1:1,h2:2,[::1]:3?read_timeout=9s", func(c redis.UniversalClient) bool {
			o := c.(*redis.ClusterClient).Options()
			return slices.Equal(o.Addrs, []string{"h1:1", "h2:2", "[::1]:3"}) && o.Password == secret && o.ReadTimeout.Seconds() == 9 && o.TLSConfig == nil
		}},
		{"a cluster with TLS", "rediss-cluster://h1:1,h2:2/0", func(c redis.UniversalClient) bool {
			o := c.(*redis.ClusterClient).Options()
			return o.TLSConfig != nil && o.TLSConfig.ServerName == ""
		}},
		{"sentinels", "redis-sentinel://u:s3cret@h1:1,h2:2/main?db=3&sentinel_password=other", func(c redis.UniversalClient) bool {
			o := c.(*redis.Client).Options()
			return o.DB == 3 && o.Username == "u" && o.Password == secret && o.Addr == "FailoverClient"
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, err := dial(tc.address)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close() //nolint:errcheck // was never used
			if !tc.check(client) {
				t.Errorf("%+v", client)
			}
		})
	}
}

func TestSentinelsHaveTheirOwnPassword(t *testing.T) {
	o, err := sentinelOptions("redis", "u:p@h1:1,h2:2/main?sentinel_username=su&sentinel_password=sp")
	if err != nil || o.MasterName != "main" || o.Username != "u" || o.Password != "p" || o.SentinelUsername != "su" || o.SentinelPassword != "sp" ||
		!slices.Equal(o.SentinelAddrs, []string{"h1:1", "h2:2"}) {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestBadAddressesAreRefusedWithoutShowingThem(t *testing.T) {
	for _, address := range []string{
		"", "s3cret", "h:6379", "http://u:s3cret@h", "redis-ring://u:s3cret@h", "redis://u:s3cret@h:port", "redis://u:s3/cret@h", "redis://:s3cret@h/x/s3cret",
		"redis://h?password=s3cret", "redis://h:port?password=s3cret", "redis://u:s3cret%zz@h", "redis://h?s3cret=1@", "unix://u:s3cret@", "redis-cluster://u:s3cret@", "redis-cluster://u:s3cret@h1:1,,h2:2",
		"redis-cluster://u:s3cret@h1:1,h2", "redis-cluster://u:s3cret@h:1/1", "redis-cluster://u:s3cret%zz@h:1", "redis-sentinel://u:s3cret@h:1", "redis-sentinel://u:s3cret@h:1/", "redis-sentinel://u:s3cret@h:1/a/b",
		"redis-sentinel://u:s3cret@h:1/main?nonsense=1", "redis-cluster://u:s3cret@h:1?%zz", "redis-sentinel://h:1/%zz",
	} {
		s, err := Open(t.Context(), address, "slipway")
		if err == nil {
			t.Errorf("%q is accepted: %v", address, s.Close())
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: the error shows the password: %v", address, err)
		}
	}
}

func TestAnUnknownOptionIsNamed(t *testing.T) {
	for _, address := range []string{"redis://h:1?poolsize=3", "redis-cluster://h:1?poolsize=3", "redis-sentinel://h:1/main?poolsize=3"} {
		if _, err := Open(t.Context(), address, "slipway"); err == nil || !strings.Contains(err.Error(), "poolsize") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestPrefixes(t *testing.T) {
	for prefix, ok := range map[string]bool{"s": true, strings.Repeat("s", 64): true, "": false, strings.Repeat("s", 65): false, "a{b": false, "a}b": false} {
		s, err := Open(t.Context(), "redis://h:1", prefix)
		if (err == nil) != ok {
			t.Errorf("%q: %v", prefix, err)
		}
		if err == nil {
			_ = s.Close()
		}
	}
}
