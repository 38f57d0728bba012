package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// oldestRedis is what redisstore's scripts need.
const oldestRedis = 7

// silent is for a Redis that hides something, as embedded and managed ones do.
func silent(field string) verdict {
	return skipped("this Redis does not tell: no %s in its INFO", field)
}

func (n *node) version() verdict {
	version := n.info["redis_version"]
	if version == "" {
		return silent("redis_version")
	}
	name := "Redis " + version
	if n.info["server_name"] == "valkey" {
		name = "Valkey " + n.info["valkey_version"] + ", as Redis " + version
	}
	major, _, _ := strings.Cut(version, ".")
	if v, err := strconv.Atoi(major); err != nil || v < oldestRedis {
		return fail("apt-get install redis-server  # or your service's upgrade: 7.0 or later is needed", "%s", name)
	}
	return good("%s", name)
}

func (n *node) role() verdict {
	switch role := n.info["role"]; role {
	case "":
		return silent("role")
	case "master":
		if n.topology != "" && n.info["connected_slaves"] == "0" {
			return warn(n.cli+" INFO replication  # and add a replica", "master without a replica: nobody can take over from it")
		}
		return good("master")
	default:
		return fail("BROKER_REDIS_URL=redis-sentinel://host:26379,host:26379/name-of-the-master  # or the master's own address", "%s, which refuses to write", role)
	}
}

// persistence is not needed for a recording to survive: what is lost with
// Redis comes back from S3, except quotas and undelivered webhooks.
func (n *node) persistence(ctx context.Context) verdict {
	mend := n.cli + " CONFIG SET appendonly yes  # and in redis.conf, to last"
	switch aof := n.info["aof_enabled"]; {
	case aof == "":
		return silent("aof_enabled")
	case aof == "1" && n.info["aof_last_write_status"] == "err":
		return warn(n.cli+" INFO persistence  # is the disk full?", "append-only file, which could not be written")
	case aof == "1":
		return good("append-only file")
	case n.info["rdb_last_bgsave_status"] == "err":
		return warn(n.cli+" INFO persistence  # is the disk full?", "snapshots, the last of which failed")
	}
	save, err := n.client.ConfigGet(ctx, "save").Result()
	switch {
	case err != nil:
		return skipped("no append-only file; this Redis does not tell whether there are snapshots: %s", why(err))
	case save["save"] == "":
		return warn(mend, "none: a restart forgets every session; tokens and `broker rebuild` bring back everything except quotas and undelivered webhooks")
	}
	return good("snapshots (save %s); a restart forgets what came since the last one, but S3 and the tokens know it", save["save"])
}

func (n *node) eviction() verdict {
	switch policy := n.info["maxmemory_policy"]; policy {
	case "":
		return silent("maxmemory_policy")
	case "noeviction":
		return good("noeviction")
	default:
		return fail(n.cli+" CONFIG SET maxmemory-policy noeviction  # and in redis.conf, to last",
			"%s: when memory is short, sessions vanish silently", policy)
	}
}

// How full Redis' memory may be. When it is full, nobody can open a session.
const (
	fullToWarn = 0.75
	fullToFail = 0.95
)

func (n *node) memory() verdict {
	used, err := strconv.ParseFloat(n.info["used_memory"], 64)
	if err != nil {
		return silent("used_memory")
	}
	limit, _ := strconv.ParseFloat(n.info["maxmemory"], 64)
	of := "maxmemory"
	if limit == 0 {
		limit, _ = strconv.ParseFloat(n.info["total_system_memory"], 64)
		of = "the machine's memory; there is no maxmemory"
	}
	if limit == 0 {
		return silent("maxmemory")
	}
	const mib = 1 << 20
	saw := fmt.Sprintf("%.1f of %.0f MiB used (%.0f %%), of %s", used/mib, limit/mib, 100*used/limit, of)
	mend := fmt.Sprintf("%s CONFIG SET maxmemory %.0fmb  # and in redis.conf, to last; see that the machine has it", n.cli, max(2*limit/mib, 64))
	switch full := used / limit; {
	case full > fullToFail:
		return fail(mend, "%s", saw)
	case full > fullToWarn:
		return warn(mend, "%s", saw)
	}
	return good("%s", saw)
}

// probing writes a key of ours that ends by itself, and removes it.
var probing = redis.NewScript(`
redis.call('SET', KEYS[1], 'doctor', 'PX', 10000)
return redis.call('DEL', KEYS[1])`)

// scripts checks whether this user may write our keys by script, because the
// broker does nothing else.
func (n *node) scripts(ctx context.Context, cfg Config) verdict {
	key, err := n.keyOf(ctx, cfg)
	if err != nil {
		return skipped("this node has none of our keys")
	}
	deleted, err := probing.Run(ctx, n.client, []string{key}).Int()
	mend := fmt.Sprintf("%s ACL SETUSER broker on '>PASSWORD' '~{%s:*' +@all -@admin -@dangerous +info  # the user's name and password are yours", n.cli, cfg.RedisPrefix)
	switch {
	case err != nil:
		return fail(mend, "a script may not write keys like %s: %s", key, why(err))
	case deleted != 1:
		return fail(mend, "a script wrote %s and did not find it", key)
	}
	return good("a script wrote a key and deleted it")
}

// keyOf is a key beside the broker's own keys that this node serves.
func (n *node) keyOf(ctx context.Context, cfg Config) (string, error) {
	cluster, ok := cfg.Redis.(*redis.ClusterClient)
	for tag := range session.Tags {
		key := fmt.Sprintf("{%s:%02x}:doctor", cfg.RedisPrefix, tag)
		if !ok {
			return key, nil
		}
		master, err := cluster.MasterForKey(ctx, key)
		if err == nil && master.Options().Addr == n.of {
			return key, nil
		}
	}
	return "", fmt.Errorf("node %s serves none of our keys", n.of)
}
