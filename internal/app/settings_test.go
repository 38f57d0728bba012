package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"slipway/internal/app"
	"slipway/internal/provider"
)

// env is a set of BROKER_* variables; none other counts.
type env map[string]string

// enough is the least that starts a broker.
func enough() env {
	return env{"BROKER_BUCKET": "recordings", "BROKER_TOKEN_KEYS": base64.StdEncoding.EncodeToString(make([]byte, 32))}
}

func (e env) with(name, value string) env {
	e[name] = value
	return e
}

// parse reads settings as `broker serve` does.
func (e env) parse(t *testing.T, args ...string) (*app.Settings, *app.Mistakes) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "BROKER_") {
			t.Setenv(name, "") // which puts it back in the end
			os.Unsetenv(name)
		}
	}
	for name, value := range e {
		t.Setenv(name, value)
	}
	var s app.Settings
	var m app.Mistakes
	parser, err := kong.New(&s, m.Mappers()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &s, &m
}

func (e env) resolve(t *testing.T, args ...string) (*app.Settings, error) {
	t.Helper()
	s, m := e.parse(t, args...)
	return s, m.Resolve(s)
}

// setting is a field of Settings, or of a struct inside.
type setting struct {
	reflect.StructField
	env      string
	min, max string
}

func settings() []setting { return settingsOf(reflect.TypeFor[app.Settings]()) }

func settingsOf(t reflect.Type) (all []setting) {
	for field := range t.Fields() {
		if env := field.Tag.Get("env"); env != "" {
			all = append(all, setting{field, env, field.Tag.Get("min"), field.Tag.Get("max")})
		} else {
			all = append(all, settingsOf(field.Type)...)
		}
	}
	return all
}

func TestTheDefaultsAreSound(t *testing.T) {
	s, err := enough().resolve(t)
	if err != nil {
		t.Fatal(err)
	}
	want := app.Settings{
		SiteSettings: app.SiteSettings{Listen: "127.0.0.1:8080", PublicURL: "http://127.0.0.1:8080"}, ShutdownWithin: 30 * time.Second,
		S3:            app.S3Settings{Bucket: "recordings", KeyPrefix: "recordings/", Profile: "auto"},
		Keep:          app.KeepSettings{SSE: "none"},
		RedisSettings: app.RedisSettings{RedisURL: "redis://127.0.0.1:6379/0", RedisPrefix: "slipway"},
		TokenKeys:     []string{enough()["BROKER_TOKEN_KEYS"]},
		LinkSettings:  app.LinkSettings{Watch: "link", Preview: "none"},
		RecordSettings: app.RecordSettings{
			PartSize: 5 << 20, MaxBytes: 10_000 * 5 << 20, // what fits in S3's most parts
			SessionTTL: 8 * 24 * time.Hour, KeepRecord: 7 * 24 * time.Hour,
		},
		URLTTL: 15 * time.Minute, MaxURLTTL: 24 * time.Hour, WatchTTL: time.Hour, CompleteWithin: 20 * time.Second,
		LimitSettings: app.LimitSettings{MaxOpenPerOwner: 100, SignRate: 100, SignBurst: 20_000, OwnerSignRate: 1000, OwnerSignBurst: 100_000},
		CareSettings: app.CareSettings{AbandonAfter: 24 * time.Hour, ResumeWindow: 7 * 24 * time.Hour, AdoptAfter: time.Hour,
			ReapEvery: time.Minute, SweepEvery: 10 * time.Minute, StoragePrice: 0.023},
	}
	if !reflect.DeepEqual(*s, want) {
		t.Errorf("got  %+v\nwant %+v", *s, want)
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	wrong := env{
		"BROKER_LISTEN": "8080", "BROKER_PUBLIC_URL": "broker.example", "BROKER_CORS_ORIGINS": "https://app.example/,app.example",
		"BROKER_EMBED_ORIGINS": "app.example,https://a;b", "BROKER_RETURN_ORIGINS": "*,https://*.example.com,https://app.example/",
		"BROKER_SHUTDOWN_WITHIN": "soon", "BROKER_METRICS_LISTEN": "9090", "BROKER_TRUSTED_PROXIES": "10.0.0.1",
		"BROKER_BUCKET": "", "BROKER_KEY_PREFIX": "/a", "BROKER_S3_REGION": "mars-north 1", "BROKER_S3_ENDPOINT": "s3.example", "BROKER_S3_PUBLIC_ENDPOINT": "ftp://s3.example",
		"BROKER_S3_PATH_STYLE": "perhaps", "BROKER_S3_NO_CHECKSUMS": "perhaps", "BROKER_UPPY": "perhaps", "BROKER_S3_SIGNING_ROLE": "slipway-signing",
		"BROKER_S3_SIGNING_ACCESS_KEY_ID": "a key", "BROKER_S3_PLAYBACK_ROLE": "slipway-playback", "BROKER_S3_PLAYBACK_SECRET_ACCESS_KEY": "secret", "BROKER_S3_PROFILE": "scaleawy",
		"BROKER_S3_SSE": "AES-256", "BROKER_S3_KMS_KEY": "alias/a b", "BROKER_S3_STORAGE_CLASS": "glacier", "BROKER_S3_TAGS": "team,a=1,a=2",
		"BROKER_REDIS_URL": "http://127.0.0.1", "BROKER_REDIS_PREFIX": "{a}",
		"BROKER_WATCH": "everybody", "BROKER_WATCH_PREVIEW": "picture", "BROKER_SHARE_TTL": "87601h",
		"BROKER_TOKEN_KEYS": "short,c2hvcnQ=", "BROKER_API_KEYS": "sk_a-secret,a:fly:00",
		"BROKER_PART_BYTES": "1KiB", "BROKER_MAX_BYTES": "lots", "BROKER_URL_TTL": "8d", "BROKER_MAX_URL_TTL": "169h", "BROKER_WATCH_TTL": "0s",
		"BROKER_SESSION_TTL": "1m", "BROKER_KEEP_RECORD": "-1h", "BROKER_COMPLETE_WITHIN": "90s",
		"BROKER_MAX_OPEN_PER_OWNER": "many", "BROKER_DAILY_BYTES_PER_OWNER": "1TB", "BROKER_SIGN_RATE": "-1", "BROKER_SIGN_BURST": "9999",
		"BROKER_OWNER_SIGN_RATE": "1.5", "BROKER_OWNER_SIGN_BURST": "1",
		"BROKER_ABANDON_AFTER": "2161h", "BROKER_RESUME_WINDOW": "1h", "BROKER_ADOPT_AFTER": "never", "BROKER_REAP_EVERY": "0s", "BROKER_SWEEP_EVERY": "25h",
		"BROKER_STORAGE_PRICE": "2 cents", "BROKER_WEBHOOK_URL": "https://user:secret@app.example", "BROKER_WEBHOOK_SECRETS": "whsec_AAAA,secret",
	}
	_, err := wrong.resolve(t)
	if err == nil {
		t.Fatal("accepted")
	}
	want := `BROKER_ABANDON_AFTER: 2161h0m0s is outside 1s to 2160h
BROKER_ADOPT_AFTER: "never" is not a duration such as 90s, 15m or 24h
BROKER_API_KEYS: API key "a": unknown scope; the scopes are grants, sessions and ops
BROKER_API_KEYS: key 1 is not NAME:SCOPES:SHA256, as broker keys new prints it
BROKER_BUCKET: is required
BROKER_COMPLETE_WITHIN: 1m30s is outside 2s to 60s
BROKER_CORS_ORIGINS: "app.example" is not an origin: scheme and host, and a port where it is not the usual one
BROKER_CORS_ORIGINS: "https://app.example/" is not an origin: scheme and host, and a port where it is not the usual one
BROKER_DAILY_BYTES_PER_OWNER: "1TB" is not a size such as 5242880 or 5MiB
BROKER_EMBED_ORIGINS: "app.example" is not an origin: scheme and host, and a port where it is not the usual one
BROKER_EMBED_ORIGINS: "https://a;b" has a character that no host has
BROKER_KEEP_RECORD: -1h0m0s is outside 1h to 8760h
BROKER_KEY_PREFIX: "/a": no "/" in front, and nothing empty, "." or ".." between two of them
BROKER_LISTEN: "8080" is not host:port
BROKER_MAX_BYTES: "lots" is not a size such as 5242880 or 5MiB
BROKER_MAX_OPEN_PER_OWNER: "many" is not a whole number such as 100
BROKER_MAX_URL_TTL: 169h0m0s is outside 10s to 168h
BROKER_METRICS_LISTEN: "9090" is not host:port
BROKER_OWNER_SIGN_BURST: 1 is outside 10000 to 10000000
BROKER_OWNER_SIGN_RATE: "1.5" is not a whole number such as 100
BROKER_PART_BYTES: 1024 is outside 5MiB to 5GiB
BROKER_PUBLIC_URL: is not an http(s) URL without user, query and fragment
BROKER_REAP_EVERY: 0s is outside 1s to 1h
BROKER_REDIS_PREFIX: the prefix of Redis keys is "{a}"; 1 to 64 bytes without braces are allowed
BROKER_REDIS_URL: not the address of a Redis: it begins with redis://, rediss://, unix://, redis-sentinel:// or redis-cluster://
BROKER_RESUME_WINDOW: 1h0m0s is shorter than BROKER_ABANDON_AFTER, 2161h0m0s
BROKER_RETURN_ORIGINS: "*": name each origin, without a "*"
BROKER_RETURN_ORIGINS: "https://*.example.com": name each origin, without a "*"
BROKER_RETURN_ORIGINS: "https://app.example/" is not an origin: scheme and host, and a port where it is not the usual one
BROKER_S3_ENDPOINT: is not an http(s) URL without user, query and fragment
BROKER_S3_KMS_KEY: "alias/a b" is not the ID, ARN or alias of a KMS key
BROKER_S3_NO_CHECKSUMS: "perhaps" is not true or false
BROKER_S3_PATH_STYLE: "perhaps" is not true or false
BROKER_S3_PLAYBACK_ACCESS_KEY_ID: is required with its secret
BROKER_S3_PLAYBACK_ROLE: "slipway-playback" is not the ARN of a role, such as arn:aws:iam::123456789012:role/slipway-signing
BROKER_S3_PROFILE: "scaleawy" is not a provider; known are auto, ` + strings.Join(provider.Names(), ", ") + `, and files, whose names contain a dot or a slash
BROKER_S3_PUBLIC_ENDPOINT: is not an http(s) URL without user, query and fragment
BROKER_S3_REGION: "mars-north 1" is not the name of a region
BROKER_S3_SIGNING_ACCESS_KEY_ID: contains a character that no access key has, such as a space
BROKER_S3_SIGNING_ROLE: "slipway-signing" is not the ARN of a role, such as arn:aws:iam::123456789012:role/slipway-signing
BROKER_S3_SIGNING_SECRET_ACCESS_KEY: is required with BROKER_S3_SIGNING_ACCESS_KEY_ID
BROKER_S3_SSE: "AES-256" is not none, AES256, aws:kms or aws:kms:dsse
BROKER_S3_STORAGE_CLASS: "glacier" is not a storage class, such as STANDARD_IA
BROKER_S3_TAGS: "a" is there twice
BROKER_S3_TAGS: "team": is not NAME=VALUE
BROKER_SESSION_TTL: 1m0s is outside 1h to 2160h
BROKER_SHARE_TTL: 87601h0m0s is outside 0s to 87600h
BROKER_SHUTDOWN_WITHIN: "soon" is not a duration such as 90s, 15m or 24h
BROKER_SIGN_BURST: 9999 is outside 10000 to 10000000
BROKER_SIGN_RATE: -1 is outside 0 to 1000000
BROKER_STORAGE_PRICE: "2 cents" is not a number such as 0.023
BROKER_SWEEP_EVERY: 25h0m0s is outside 1s to 24h
BROKER_TOKEN_KEYS: key 1 is not the base64 of at least 32 bytes
BROKER_TOKEN_KEYS: key 2 is not the base64 of at least 32 bytes
BROKER_TRUSTED_PROXIES: "10.0.0.1" is not a network such as 10.0.0.0/8, or 10.0.0.7/32 for one address
BROKER_UPPY: "perhaps" is not true or false
BROKER_URL_TTL: "8d" is not a duration such as 90s, 15m or 24h
BROKER_WATCH: "everybody" is not public, link or owner
BROKER_WATCH_PREVIEW: "picture" is not none, title or poster
BROKER_WATCH_TTL: 0s is outside 1s to 168h
BROKER_WEBHOOK_SECRETS: secret 1 is not whsec_ and the base64 of 24 to 64 bytes
BROKER_WEBHOOK_SECRETS: secret 2 is not whsec_ and the base64 of 24 to 64 bytes
BROKER_WEBHOOK_URL: is not an http(s) URL without user and fragment`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	for _, s := range settings() {
		if !strings.Contains(want, s.env+": ") && s.env != "BROKER_S3_PLAYBACK_SECRET_ACCESS_KEY" { // of which the other secret tells
			t.Errorf("%s can take no wrong value, or is missing here", s.env)
		}
	}
}

func TestEveryRangeEndsWhereItSays(t *testing.T) {
	for _, r := range settings() {
		if r.min == "" {
			if k := r.Type.Kind(); k == reflect.Int64 || k == reflect.Int {
				t.Errorf("%s has no range", r.env)
			}
			continue
		}
		for _, c := range []struct {
			name, text string
			by         int64
			ok         bool
		}{
			{"one below the least", r.min, -1, false}, {"the least", r.min, 0, true}, {"one above the least", r.min, 1, true},
			{"one below the most", r.max, -1, true}, {"the most", r.max, 0, true}, {"one above the most", r.max, 1, false},
		} {
			t.Run(r.env+", "+c.name, func(t *testing.T) {
				// The two lives of URLs bound each other, and so do the two waits for
				// a recorder: each test moves one.
				e := enough().with("BROKER_URL_TTL", "10s").with("BROKER_MAX_URL_TTL", "168h").
					with("BROKER_ABANDON_AFTER", "1s").with("BROKER_RESUME_WINDOW", "2160h").with(r.env, c.text)
				s, m := e.parse(t)
				field := reflect.ValueOf(s).Elem().FieldByName(r.Name)
				field.SetInt(field.Int() + c.by)
				err := m.Resolve(s)
				if ok := err == nil; ok != c.ok {
					t.Errorf("%v: %v", field.Interface(), err)
				}
				if want := fmt.Sprintf("%s: %v is outside %s to %s", r.env, field.Interface(), r.min, r.max); err != nil && !slices.Contains(strings.Split(err.Error(), "\n"), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			})
		}
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name, variable, value string
		want                  string // the mistake; empty: none
	}{
		{"every interface, without a public URL", "BROKER_LISTEN", ":8080", `BROKER_PUBLIC_URL: is required: BROKER_LISTEN is ":8080", which is not an address that a browser can reach`},
		{"every IPv4 interface, without a public URL", "BROKER_LISTEN", "0.0.0.0:8080", `BROKER_PUBLIC_URL: is required: BROKER_LISTEN is "0.0.0.0:8080", which is not an address that a browser can reach`},
		{"every IPv6 interface, without a public URL", "BROKER_LISTEN", "[::]:8080", `BROKER_PUBLIC_URL: is required: BROKER_LISTEN is "[::]:8080", which is not an address that a browser can reach`},
		{"one IPv6 address", "BROKER_LISTEN", "[::1]:8080", ""},
		{"any free port", "BROKER_LISTEN", "127.0.0.1:0", ""},
		{"the last port", "BROKER_LISTEN", "127.0.0.1:65535", ""},
		{"one past the last port", "BROKER_LISTEN", "127.0.0.1:65536", `BROKER_LISTEN: "127.0.0.1:65536" is not host:port`},
		{"a port by name", "BROKER_LISTEN", "127.0.0.1:http", `BROKER_LISTEN: "127.0.0.1:http" is not host:port`},
		{"a public URL below a path", "BROKER_PUBLIC_URL", "https://example.com/record", ""},
		{"a public URL without a host", "BROKER_PUBLIC_URL", "https://:443", "BROKER_PUBLIC_URL: is not an http(s) URL without user, query and fragment"},
		{"a password is not shown", "BROKER_S3_ENDPOINT", "https://user:secret@s3.example", "BROKER_S3_ENDPOINT: is not an http(s) URL without user, query and fragment"},
		{"every page", "BROKER_CORS_ORIGINS", "*", ""},
		{"two origins", "BROKER_CORS_ORIGINS", "https://app.example,http://localhost:3000", ""},
		{"S3 at an IPv6 address", "BROKER_S3_PUBLIC_ENDPOINT", "http://[::1]:7070", "BROKER_S3_PATH_STYLE: has to be true: BROKER_S3_PUBLIC_ENDPOINT is an IP address, and a bucket's name cannot stand before one\nBROKER_S3_PUBLIC_ENDPOINT: is an IPv6 address, which no page's Content-Security-Policy can name; browsers need a name for it, in DNS or in a hosts file"},
		{"each subdomain", "BROKER_CORS_ORIGINS", "https://*.example.com", ""},
		{"everybody under .com", "BROKER_CORS_ORIGINS", "https://*.com", `BROKER_CORS_ORIGINS: "https://*.com": a "*" stands for the first label of a host of three or more, as in https://*.example.com`},
		{"a path with dots in the public URL", "BROKER_PUBLIC_URL", "https://example.com/a/../b", "BROKER_PUBLIC_URL: has a path with empty parts or dots in it, which browsers write differently"},
		{"no origin", "BROKER_CORS_ORIGINS", "", ""},
		{"the app of a phone", "BROKER_CORS_ORIGINS", "capacitor://localhost", ""},
		{"https' usual port", "BROKER_CORS_ORIGINS", "https://app.example:443", `BROKER_CORS_ORIGINS: "https://app.example:443" is not as browsers write it: small letters, and no port where it is the usual one`},
		{"http's usual port with https", "BROKER_CORS_ORIGINS", "https://app.example:80", ""},
		{"capitals", "BROKER_CORS_ORIGINS", "https://App.example", `BROKER_CORS_ORIGINS: "https://App.example" is not as browsers write it: small letters, and no port where it is the usual one`},
		{"no port after the colon", "BROKER_CORS_ORIGINS", "https://app.example:", `BROKER_CORS_ORIGINS: "https://app.example:" is not as browsers write it: small letters, and no port where it is the usual one`},
		{"two networks of proxies", "BROKER_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8", ""},
		{"an address within a network", "BROKER_TRUSTED_PROXIES", "10.0.0.7/8", `BROKER_TRUSTED_PROXIES: "10.0.0.7/8" is not a network such as 10.0.0.0/8, or 10.0.0.7/32 for one address`},
		{"everybody is a proxy", "BROKER_TRUSTED_PROXIES", "::/0", `BROKER_TRUSTED_PROXIES: "::/0" is the whole internet: then each client could name its own address`},
		{"no prefix", "BROKER_KEY_PREFIX", "", ""},
		{"a prefix that ends in no slash", "BROKER_KEY_PREFIX", "rec-", ""},
		{"a long prefix", "BROKER_KEY_PREFIX", strings.Repeat("a", 512), ""},
		{"too long a prefix", "BROKER_KEY_PREFIX", strings.Repeat("a", 513), "BROKER_KEY_PREFIX: takes up to 512 printable ASCII characters without spaces"},
		{"a prefix with a space", "BROKER_KEY_PREFIX", "my recordings/", "BROKER_KEY_PREFIX: takes up to 512 printable ASCII characters without spaces"},
		{"a prefix that a server would clean", "BROKER_KEY_PREFIX", "a/../b/", `BROKER_KEY_PREFIX: "a/../b/": no "/" in front, and nothing empty, "." or ".." between two of them`},
		{"a prefix with an empty folder", "BROKER_KEY_PREFIX", "a//", `BROKER_KEY_PREFIX: "a//": no "/" in front, and nothing empty, "." or ".." between two of them`},
		{"an endpoint by name", "BROKER_S3_ENDPOINT", "http://s3:7070", ""},
		{"an endpoint that no bucket can stand in front of", "BROKER_S3_PUBLIC_ENDPOINT", "http://127.0.0.1:7070",
			"BROKER_S3_PATH_STYLE: has to be true: BROKER_S3_PUBLIC_ENDPOINT is an IP address, and a bucket's name cannot stand before one"},
		{"Sentinel", "BROKER_REDIS_URL", "redis-sentinel://:secret@a:26379,b:26379/main", ""},
		{"Cluster with TLS", "BROKER_REDIS_URL", "rediss-cluster://a:6379,b:6379", ""},
		{"a key that is long enough", "BROKER_TOKEN_KEYS", base64.StdEncoding.EncodeToString(make([]byte, 33)), ""},
		{"a key one byte short", "BROKER_TOKEN_KEYS", base64.StdEncoding.EncodeToString(make([]byte, 31)), "BROKER_TOKEN_KEYS: key 1 is not the base64 of at least 32 bytes"},
		{"no key", "BROKER_TOKEN_KEYS", "", "BROKER_TOKEN_KEYS: is required; make one with: broker keys token"},
		{"no API key", "BROKER_API_KEYS", "", ""},
		{"an API key", "BROKER_API_KEYS", "app:grants+ops:" + strings.Repeat("0a", 32), ""},
		{"a URL that lives as long as it may", "BROKER_URL_TTL", "24h", ""},
		{"a URL that lives longer than it may", "BROKER_URL_TTL", "24h1s", "BROKER_URL_TTL: 24h0m1s is longer than BROKER_MAX_URL_TTL, 24h0m0s"},
		{"a resume window that ends just in time", "BROKER_RESUME_WINDOW", "24h", ""},
		{"a resume window that ends too early", "BROKER_RESUME_WINDOW", "23h59m59s", "BROKER_RESUME_WINDOW: 23h59m59s is shorter than BROKER_ABANDON_AFTER, 24h0m0s"},
		{"every page frames the player", "BROKER_EMBED_ORIGINS", "*", ""},
		{"each subdomain frames the player", "BROKER_EMBED_ORIGINS", "https://*.example.com,https://app.example", ""},
		{"two pages to go back to", "BROKER_RETURN_ORIGINS", "https://app.example,http://localhost:3000", ""},
		{"everybody watches", "BROKER_WATCH", "public", ""},
		{"only owners watch", "BROKER_WATCH", "owner", ""},
		{"nobody says who watches", "BROKER_WATCH", "", `BROKER_WATCH: "" is not public, link or owner`},
		{"links show a title", "BROKER_WATCH_PREVIEW", "title", ""},
		{"links show a picture", "BROKER_WATCH_PREVIEW", "poster", ""},
		{"nobody says what links show", "BROKER_WATCH_PREVIEW", "", `BROKER_WATCH_PREVIEW: "" is not none, title or poster`},
		{"an origin in other letters than ASCII", "BROKER_CORS_ORIGINS", "https://bücher.example", `BROKER_CORS_ORIGINS: "https://bücher.example" is not as browsers write it: up to 255 ASCII characters, with xn-- for others`},
		{"storage for nothing", "BROKER_STORAGE_PRICE", "0", ""},
		{"storage below nothing", "BROKER_STORAGE_PRICE", "-0.001", "BROKER_STORAGE_PRICE: -0.001 is outside 0 to 1000"},
		{"the dearest storage", "BROKER_STORAGE_PRICE", "1000", ""},
		{"dearer storage", "BROKER_STORAGE_PRICE", "1000.5", "BROKER_STORAGE_PRICE: 1000.5 is outside 0 to 1000"},
		{"storage at no price", "BROKER_STORAGE_PRICE", "NaN", "BROKER_STORAGE_PRICE: NaN is outside 0 to 1000"},
		{"webhooks without a secret", "BROKER_WEBHOOK_URL", "https://app.example/hooks?a=b",
			"BROKER_WEBHOOK_SECRETS: is required with BROKER_WEBHOOK_URL; make one with: echo whsec_$(openssl rand -base64 32)"},
		{"secrets without a receiver", "BROKER_WEBHOOK_SECRETS", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
			"BROKER_WEBHOOK_URL: is required, because BROKER_WEBHOOK_SECRETS is set"},
		{"an unreadable bound is the only mistake", "BROKER_MAX_URL_TTL", "week", `BROKER_MAX_URL_TTL: "week" is not a duration such as 90s, 15m or 24h`},
		{"an empty value", "BROKER_PART_BYTES", "", `BROKER_PART_BYTES: "" is not a size such as 5242880 or 5MiB`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := enough().with(c.variable, c.value).resolve(t)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAPublicURLKeepsNoSlashAtItsEnd(t *testing.T) {
	s, err := enough().with("BROKER_PUBLIC_URL", "https://broker.example//").with("BROKER_LISTEN", ":8080").resolve(t)
	if err != nil || s.PublicURL != "https://broker.example" {
		t.Errorf("%q, %v", s.PublicURL, err)
	}
}

func TestAFlagOverridesItsVariable(t *testing.T) {
	s, err := enough().with("BROKER_URL_TTL", "garbage").with("BROKER_S3_PATH_STYLE", "garbage").resolve(t, "--url-ttl=20m", "--s3-path-style")
	if err != nil || s.URLTTL != 20*time.Minute || !s.S3.PathStyle {
		t.Errorf("%v, %t, %v", s.URLTTL, s.S3.PathStyle, err)
	}
}

func TestAFlagThatCannotBeReadIsAMistakeToo(t *testing.T) {
	_, err := enough().with("BROKER_URL_TTL", "20m").resolve(t, "--url-ttl=garbage", "--part-bytes=6XiB", "--s3-path-style=x")
	want := `BROKER_PART_BYTES: "6XiB" is not a size such as 5242880 or 5MiB
BROKER_S3_PATH_STYLE: "x" is not true or false
BROKER_URL_TTL: "garbage" is not a duration such as 90s, 15m or 24h`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestASwitchTakesAWord(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "1": true, "false": false, "0": false} {
		if s, err := enough().with("BROKER_S3_PATH_STYLE", text).resolve(t); err != nil || s.S3.PathStyle != want {
			t.Errorf("%s: %t, %v", text, s.S3.PathStyle, err)
		}
	}
}

func TestS3SettingsAreAskedForAlone(t *testing.T) {
	s, m := env{"BROKER_URL_TTL": "garbage", "BROKER_S3_PATH_STYLE": "garbage"}.parse(t)
	want := "BROKER_BUCKET: is required\nBROKER_S3_PATH_STYLE: \"garbage\" is not true or false"
	if err := m.Resolve(&s.S3); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestHelpIsTheReferenceOfAllSettings(t *testing.T) {
	var out bytes.Buffer
	var m app.Mistakes
	parser, err := kong.New(&struct {
		Serve struct {
			app.Settings `embed:""`
		} `cmd:""`
	}{}, append(m.Mappers(), kong.Writers(&out, &out), kong.Exit(func(int) { panic("done") }))...)
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = parser.Parse([]string{"serve", "--help"})
	}()
	help := regexp.MustCompile(`\s+`).ReplaceAllString(out.String(), " ")
	entries := map[string]string{} // from its flag to the next
	starts := regexp.MustCompile(` --([a-z0-9-]+)`).FindAllStringSubmatchIndex(help, -1)
	for i, at := range starts {
		end := len(help)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		entries[help[at[2]:at[3]]] += help[at[0]:end]
	}
	for _, s := range settings() {
		entry := entries[s.Tag.Get("name")]
		wants := []string{"($" + s.env + ")"}
		if value, ok := s.Tag.Lookup("default"); ok {
			wants = append(wants, "Default: "+value+".")
		} else if !strings.Contains(s.Tag.Get("help"), "Required") {
			wants = append(wants, "Default: ")
		}
		if s.min != "" {
			wants = append(wants, "Range: "+s.min+" to "+s.max+".")
		}
		for _, want := range wants {
			if !strings.Contains(entry, want) {
				t.Errorf("--%s: no %q in %q", s.Tag.Get("name"), want, entry)
			}
		}
		if s.Tag.Get("group") == "" {
			t.Errorf("%s is in no group", s.env)
		}
	}
	if t.Failed() || testing.Verbose() {
		t.Log(out.String())
	}
}

// What mounts secrets into containers makes files of them.
func TestEverySecretMayBeNamedByAFile(t *testing.T) {
	holdsSecrets := regexp.MustCompile(`(TOKEN_KEYS|API_KEYS|SECRETS?|SECRET_ACCESS_KEY|PASSWORD|REDIS_URL)$`)
	for _, s := range settings() {
		if _, tagged := s.Tag.Lookup("secret"); tagged != holdsSecrets.MatchString(s.env) {
			t.Errorf("%s: it may stand in a file: %t", s.env, tagged)
		}
	}
}

func TestEveryVariableIsTheFlagInCapitals(t *testing.T) {
	var seen []string
	for _, s := range settings() {
		if want := "BROKER_" + strings.ToUpper(strings.ReplaceAll(s.Tag.Get("name"), "-", "_")); s.env != want {
			t.Errorf("--%s is %s, want %s", s.Tag.Get("name"), s.env, want)
		}
		if slices.Contains(seen, s.env) {
			t.Errorf("%s is there twice", s.env)
		}
		seen = append(seen, s.env)
	}
}

func TestParseBytes(t *testing.T) {
	for _, c := range []struct {
		text string
		want app.Bytes
		ok   bool
	}{
		{"0", 0, true}, {"1", 1, true}, {"7B", 7, true}, {"1KiB", 1 << 10, true}, {"5MiB", 5 << 20, true}, {"50000GiB", 50_000 << 30, true},
		{"4294967296GiB", 1 << 62, true}, {"4294967297GiB", 0, false}, {"9223372036854775808", 0, false},
		{"-1", 0, false}, {"", 0, false}, {"MiB", 0, false}, {"5MB", 0, false}, {"5 MiB", 0, false}, {"5mib", 0, false}, {"1.5GiB", 0, false}, {"0x10", 0, false},
	} {
		got, err := app.ParseBytes(c.text)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %d, %v", c.text, got, err)
		}
	}
}
