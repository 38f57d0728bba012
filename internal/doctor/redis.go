package doctor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// node is one master, or the only one.
type node struct {
	client   *redis.Client
	of       string // its address in a Cluster, else empty
	cli      string // redis-cli as it is called for this node
	info     map[string]string
	topology string // "", "Sentinel" or "Cluster"
}

func examineRedis(ctx context.Context, r *Report, cfg Config) {
	nodes, err := nodesOf(ctx, cfg.Redis)
	if err != nil {
		r.note("redis", fail("BROKER_REDIS_URL=redis://user:password@host:6379/0  # or let this Redis in: is it up, and are name and password right?", "%s", why(err)))
		r.skip("redis", "redis-version", "redis-role", "redis-persistence", "redis-eviction", "redis-memory", "redis-clock", "redis-latency", "redis-scripts")
		return
	}
	r.note("redis", nodes[0].reached(ctx, len(nodes)))
	for _, n := range nodes {
		r.noteOf("redis-version", n.of, n.version())
		r.noteOf("redis-role", n.of, n.role())
		r.noteOf("redis-persistence", n.of, n.persistence(ctx))
		r.noteOf("redis-eviction", n.of, n.eviction())
		r.noteOf("redis-memory", n.of, n.memory())
		r.noteOf("redis-clock", n.of, n.clock(ctx, cfg.Now))
		r.noteOf("redis-latency", n.of, n.latency(ctx))
		r.noteOf("redis-scripts", n.of, n.scripts(ctx, cfg))
	}
}

// nodesOf asks every master, and there is at least one, for its INFO.
func nodesOf(ctx context.Context, client redis.UniversalClient) ([]*node, error) {
	var nodes []*node
	switch c := client.(type) {
	case *redis.Client:
		n := &node{client: c, cli: "redis-cli"}
		if c.Options().Addr == "FailoverClient" { // go-redis' own word for "ask the Sentinels"
			n.topology = "Sentinel"
		}
		nodes = []*node{n}
	case *redis.ClusterClient:
		var mu sync.Mutex // guards nodes
		err := c.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
			mu.Lock()
			defer mu.Unlock()
			addr := c.Options().Addr
			host, port, _ := strings.Cut(addr, ":")
			nodes = append(nodes, &node{client: c, of: addr, cli: "redis-cli -h " + host + " -p " + port, topology: "Cluster"})
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.of, b.of) })
	}
	if len(nodes) == 0 {
		return nil, errors.New("the Cluster has no master")
	}
	for _, n := range nodes {
		if err := n.client.Ping(ctx).Err(); err != nil {
			return nil, err
		}
		n.info = parseInfo(n.client.Info(ctx).Val()) // a user without that permission gets nothing
	}
	return nodes, nil
}

// parseInfo reads lines of name:value; https://redis.io/docs/latest/commands/info/ (read 2026-11-22).
func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			info[name] = value
		}
	}
	return info
}

// reached says what kind of Redis it is, and whether all of it is there.
func (n *node) reached(ctx context.Context, masters int) verdict {
	switch n.topology {
	case "Sentinel":
		return good("the Sentinels name a master, and it answers")
	case "Cluster":
		text, err := n.client.ClusterInfo(ctx).Result()
		if err != nil {
			return fail(n.cli+" CLUSTER INFO  # is refused", "%s", why(err))
		}
		info := parseInfo(text)
		if info["cluster_state"] != "ok" {
			return fail(strings.Replace(n.cli, "redis-cli", "redis-cli --cluster fix", 1)+"  # or bring back the nodes that are down", "a Cluster of %d masters, whose state is %s: %s of 16384 slots are served", masters, info["cluster_state"], info["cluster_slots_ok"])
		}
		return good("a Cluster of %d masters; every slot is served", masters)
	}
	if n.info["cluster_enabled"] == "1" {
		return fail("BROKER_REDIS_URL=redis-cluster://host:6379,host:6379", "a node of a Cluster, which would refuse keys of the other nodes")
	}
	return good("one node, which answers")
}

// latencyToWarn is for one round trip; every call of a recorder makes one.
const latencyToWarn = 10 * time.Millisecond

// pings is how many times the latency is measured.
const pings = 21

func (n *node) latency(ctx context.Context) verdict {
	var took []time.Duration
	for range pings {
		start := time.Now()
		if err := n.client.Ping(ctx).Err(); err != nil {
			return fail(n.cli+" PING", "%s", why(err))
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median := took[len(took)/2].Round(10 * time.Microsecond)
	if median > latencyToWarn {
		return warn(n.cli+" --latency  # and put Redis nearer to the brokers: each call of a recorder waits for it once", "the median of %d round trips is %s", pings, median)
	}
	return good("the median of %d round trips is %s", pings, median)
}

// clock matters because leases and idle times use Redis' clock, and URLs use
// ours.
func (n *node) clock(ctx context.Context, now func() time.Time) verdict {
	before := now()
	theirs, err := n.client.Time(ctx).Result()
	if err != nil {
		return fail(n.cli+" TIME  # is refused", "%s", why(err))
	}
	return judgeClock(theirs, before, now(), 0)
}
