package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Open returns a Store for the Redis at address, keys beginning with prefix:
//
//	redis://user:password@host:6379/0
//	unix://user:password@/path/to/redis.sock?db=0
//	redis-sentinel://user:password@host1:26379,host2:26379/name-of-the-master?db=0
//	redis-cluster://user:password@host1:6379,host2:6379
//
// With a second s (rediss, rediss-sentinel, rediss-cluster) it speaks TLS.
// User and password are those of Redis; Sentinels that want their own take
// ?sentinel_username=…&sentinel_password=…. go-redis' options, such as
// pool_size=50 or read_timeout=2s, can follow the question mark. No command
// takes longer than 5 s, whatever they say: by then it has failed.
//
// Open sends nothing, so a broker can start while Redis is away; Ping asks.
// Errors never show the address, as it holds the password.
func Open(_ context.Context, address, prefix string) (*Store, error) {
	client, err := Dial(address)
	if err != nil {
		return nil, err
	}
	s, err := New(client, prefix)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

// Dial returns the client that Open works through, for who has to ask Redis
// about itself. It sends nothing.
func Dial(address string) (redis.UniversalClient, error) {
	logging.Disable() // go-redis prints to stderr what it also returns
	client, err := dial(address)
	if err != nil {
		return nil, err
	}
	client.AddHook(bounded{})
	return client, nil
}

// dial makes the client; go-redis connects when it is first used.
func dial(address string) (redis.UniversalClient, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	kind := strings.TrimPrefix(strings.TrimPrefix(scheme, "rediss"), "redis")
	plain := strings.TrimSuffix(scheme, kind) // redis or rediss
	switch {
	case scheme == "redis", scheme == "rediss", scheme == "unix":
		o, err := redis.ParseURL(address)
		if err != nil {
			return nil, unusable(scheme, address, err)
		}
		bound(&o.ContextTimeoutEnabled, &o.DisableIdentity, &o.DialTimeout, &o.ReadTimeout)
		o.MaintNotificationsConfig, o.OnConnect = noNotifications, demandAccess
		return redis.NewClient(o), nil
	case kind == "-cluster":
		o, err := clusterOptions(plain, rest)
		if err != nil {
			return nil, unusable(scheme, address, err)
		}
		return redis.NewClusterClient(o), nil
	case kind == "-sentinel":
		o, err := sentinelOptions(plain, rest)
		if err != nil {
			return nil, unusable(scheme, address, err)
		}
		o.OnConnect = demandAccess
		return redis.NewFailoverClient(o), nil
	}
	return nil, errors.New("not the address of a Redis: it begins with redis://, rediss://, unix://, redis-sentinel:// or redis-cluster://")
}

// unusable says what is wrong with an address. The parsers quote what they
// stumble over, which may be half a password; so they are quoted only where
// there is none.
func unusable(scheme, address string, err error) error {
	if _, wrong := errors.AsType[*url.Error](err); wrong || strings.Contains(address, "@") {
		return fmt.Errorf("a %s:// address that cannot be read; special characters in a password must be percent-encoded, and options be known", scheme)
	}
	return fmt.Errorf("a %s:// address that cannot be read: %w", scheme, err)
}

// several takes an address of several hosts apart, which net/url would not.
func several(rest string) (user *url.Userinfo, hosts []string, path string, query url.Values, err error) {
	rest, options, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		u, err := url.Parse("redis://" + authority[:i] + "@host")
		if err != nil {
			return nil, nil, "", nil, err
		}
		user, authority = u.User, authority[i+1:]
	}
	if query, err = url.ParseQuery(options); err != nil {
		return nil, nil, "", nil, err
	}
	hosts = strings.Split(authority, ",")
	for _, h := range hosts {
		if h == "" {
			return nil, nil, "", nil, errors.New("a host is missing")
		}
	}
	path, err = url.PathUnescape(path)
	return user, hosts, path, query, err
}

func clusterOptions(plain, rest string) (*redis.ClusterOptions, error) {
	user, hosts, path, query, err := several(rest)
	if err != nil {
		return nil, err
	}
	if path != "" && path != "0" {
		return nil, errors.New("a cluster has database 0 alone")
	}
	query["addr"] = hosts[1:]
	o, err := redis.ParseClusterURL((&url.URL{Scheme: plain, User: user, Host: hosts[0], RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each node by its own name
	}
	bound(&o.ContextTimeoutEnabled, &o.DisableIdentity, &o.DialTimeout, &o.ReadTimeout)
	o.MaintNotificationsConfig, o.OnConnect = noNotifications, demandAccess
	return o, nil
}

func sentinelOptions(plain, rest string) (*redis.FailoverOptions, error) {
	user, hosts, master, query, err := several(rest)
	if err != nil {
		return nil, err
	}
	if master == "" || strings.Contains(master, "/") {
		return nil, errors.New("the master's name belongs after the hosts")
	}
	sentinelUser := url.UserPassword(query.Get("sentinel_username"), query.Get("sentinel_password"))
	query.Del("sentinel_username")
	query.Del("sentinel_password")
	if password, ok := user.Password(); ok || user.Username() != "" {
		query.Set("username", user.Username())
		query.Set("password", password)
	}
	query.Set("master_name", master)
	query["addr"] = hosts[1:]
	o, err := redis.ParseFailoverURL((&url.URL{Scheme: plain, User: sentinelUser, Host: hosts[0], RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = ""
	}
	bound(&o.ContextTimeoutEnabled, &o.DisableIdentity, &o.DialTimeout, &o.ReadTimeout)
	return o, nil
}

// bound makes a client end a call with its context, and in any case; and
// spares each connection a command that Redis 7.0 does not know.
func bound(byContext, anonymous *bool, dial, read *time.Duration) {
	*byContext, *anonymous = true, true
	*dial, *read = cmp.Or(*dial, 2*time.Second), cmp.Or(*read, 3*time.Second)
}

// demandAccess fails where Redis wants a password and has none from us. go-redis
// goes on without an access, and the first call would tell; but to one of more
// than 10 words Redis also closes the connection, and its answer may be lost with
// it (seen as EOF). So a short call is the first.
func demandAccess(ctx context.Context, c *redis.Conn) error {
	err := c.Ping(ctx).Err()
	if word := refusal(err); word != "" && word != noAccess {
		return nil // what else it refuses the call itself is told, if it is refused
	}
	return err
}

// noNotifications spares each connection a command that only Redis Cloud knows.
var noNotifications = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

// callWithin bounds a command or a pipeline with all that go-redis does to have
// it answered. Without it a Redis that accepts and never answers is waited for
// 3 s, four times over.
const callWithin = 5 * time.Second

// bounded is a hook around go-redis' retries.
type bounded struct{}

func (bounded) DialHook(next redis.DialHook) redis.DialHook { return next }

func (bounded) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		ctx, cancel := context.WithTimeout(ctx, callWithin)
		defer cancel()
		return next(ctx, cmd)
	}
}

func (bounded) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		ctx, cancel := context.WithTimeout(ctx, callWithin)
		defer cancel()
		return next(ctx, cmds)
	}
}
