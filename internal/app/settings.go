// Package app turns settings into a running broker. It has the one list of
// settings, and the wiring of all packages. cmd/broker and cmd/broker-dev both
// use it, so what you try in development is what runs in production.
package app

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"slipway/internal/access"
	"slipway/internal/provider"
	"slipway/internal/session"
	"slipway/internal/session/redisstore"
)

// Settings is everything that can be set. Each field is a flag and an
// environment variable; `broker serve --help` prints this list. The tags min
// and max are the range, in the field's own unit.
type Settings struct {
	SiteSettings    `embed:""`
	PageSettings    `embed:""`
	ProxySettings   `embed:""`
	MetricsSettings `embed:""`
	ShutdownWithin  time.Duration `name:"shutdown-within" env:"BROKER_SHUTDOWN_WITHIN" default:"30s" min:"1s" max:"5m" group:"HTTP" help:"How long running requests may take to end after SIGTERM."`

	S3   S3Settings   `embed:""`
	Keep KeepSettings `embed:""`

	RedisSettings `embed:""`

	TokenKeys []string `name:"token-keys" env:"BROKER_TOKEN_KEYS" secret:"" placeholder:"KEY" group:"Access" help:"Keys that sign tokens, base64 of 32 bytes or more each. The first signs, all verify; docs/protocol.md says how to rotate them. Use the environment, because others can read a command line. Required; make one with: broker keys token."`
	APIKeys   []string `name:"api-keys" env:"BROKER_API_KEYS" secret:"" placeholder:"NAME:SCOPES:SHA256" group:"Access" help:"API keys that the broker accepts, by their hashes. Make one with: broker keys new NAME. Default: none, so nobody can mint grants."`

	LinkSettings `embed:""`

	Uppy bool `name:"uppy" env:"BROKER_UPPY" group:"Access" help:"Answer the calls of Uppy under /c, as Companion does. The URLs of its parts bind no length; docs/uppy.md says what does. Default: false."`

	RecordSettings `embed:""`
	URLTTL         time.Duration `name:"url-ttl" env:"BROKER_URL_TTL" default:"15m" min:"10s" max:"168h" group:"Limits" help:"Life of a part's URL, if the client asks for none."`
	MaxURLTTL      time.Duration `name:"max-url-ttl" env:"BROKER_MAX_URL_TTL" default:"24h" min:"10s" max:"168h" group:"Limits" help:"Longest life of any URL; S3's own limit is 7 days."`
	WatchTTL       time.Duration `name:"watch-ttl" env:"BROKER_WATCH_TTL" default:"1h" min:"1s" max:"168h" group:"Limits" help:"Life of a playback URL; the watch page fetches a new one."`
	CompleteWithin time.Duration `name:"complete-within" env:"BROKER_COMPLETE_WITHIN" default:"20s" min:"2s" max:"60s" group:"Limits" help:"Longest wait for S3 to complete or abort; the client then asks again."`
	LimitSettings  `embed:""`

	CareSettings    `embed:""`
	WebhookSettings `embed:""`
}

// SiteSettings is where browsers find the broker, and whose pages may record.
type SiteSettings struct {
	Listen      string   `name:"listen" env:"BROKER_LISTEN" default:"127.0.0.1:8080" group:"HTTP" help:"Address to listen on, host:port."`
	PublicURL   string   `name:"public-url" env:"BROKER_PUBLIC_URL" placeholder:"URL" group:"HTTP" help:"The address at which browsers reach the broker; watch links begin with it. It may have a path, such as https://host.example/slipway, whether or not the proxy in front removes the path. Default: http:// and BROKER_LISTEN, if that names one host."`
	CORSOrigins []string `name:"cors-origins" env:"BROKER_CORS_ORIGINS" placeholder:"ORIGIN" group:"HTTP" help:"Origins of the pages that may record, exactly as a browser sends them, such as https://app.example, or with a * for the first label, https://*.example.com. \"*\" allows every page. Default: only the broker's own pages."`
}

// S3Settings is what the broker needs to reach the bucket. Credentials come
// from the AWS SDK's own chain: environment, shared files, container or
// instance role.
type S3Settings struct {
	Bucket         string `name:"bucket" env:"BROKER_BUCKET" placeholder:"NAME" group:"S3" help:"The bucket. Required."`
	KeyPrefix      string `name:"key-prefix" env:"BROKER_KEY_PREFIX" default:"recordings/" group:"S3" help:"Beginning of every key in the bucket."`
	Region         string `name:"s3-region" env:"BROKER_S3_REGION" placeholder:"REGION" group:"S3" help:"Region of the bucket. Default: the SDK's (AWS_REGION); if there is none, the broker asks S3 at its start."`
	Endpoint       string `name:"s3-endpoint" env:"BROKER_S3_ENDPOINT" placeholder:"URL" group:"S3" help:"Where the broker reaches S3. Default: AWS."`
	PublicEndpoint string `name:"s3-public-endpoint" env:"BROKER_S3_PUBLIC_ENDPOINT" placeholder:"URL" group:"S3" help:"Where browsers reach S3, if that is another address. Default: the broker's."`
	PathStyle      bool   `name:"s3-path-style" env:"BROKER_S3_PATH_STYLE" group:"S3" help:"Put the bucket into the path and not into the host name, as most S3 servers other than AWS want it. Default: false."`
	Profile        string `name:"s3-profile" env:"BROKER_S3_PROFILE" default:"auto" placeholder:"NAME" group:"S3" help:"What the S3 provider can do. auto looks at the address of S3; a name is one of those in docs/ops.md; a path is a file that broker doctor wrote, if you asked for one."`
	NoChecksums    bool   `name:"s3-no-checksums" env:"BROKER_S3_NO_CHECKSUMS" group:"S3" help:"The S3 server takes no checksum of a part: sessions are opened without one, even if the client asks. Default: false."`

	SignSettings `embed:""`
}

// KeepSettings is how S3 keeps what is recorded.
type KeepSettings struct {
	SSE          string   `name:"s3-sse" env:"BROKER_S3_SSE" default:"none" placeholder:"MODE" group:"S3" help:"Server-side encryption to ask for: AES256, aws:kms, aws:kms:dsse, or none, which leaves it to the bucket."`
	KMSKey       string   `name:"s3-kms-key" env:"BROKER_S3_KMS_KEY" placeholder:"KEY" group:"S3" help:"ID, ARN or alias of the KMS key, with aws:kms and aws:kms:dsse. The broker needs kms:GenerateDataKey and kms:Decrypt on it. Default: the account's own for S3."`
	StorageClass string   `name:"s3-storage-class" env:"BROKER_S3_STORAGE_CLASS" placeholder:"CLASS" group:"S3" help:"Storage class, such as STANDARD_IA or INTELLIGENT_TIERING, but not one whose objects must be restored before they play. Default: S3's, STANDARD."`
	Tags         []string `name:"s3-tags" env:"BROKER_S3_TAGS" placeholder:"NAME=VALUE" group:"S3" help:"Up to 10 tags of every recording, for lifecycle rules and bills: team=media,keep=1y. Needs s3:PutObjectTagging. Default: none."`
}

// RedisSettings is where sessions are kept.
type RedisSettings struct {
	RedisURL    string `name:"redis-url" env:"BROKER_REDIS_URL" secret:"" default:"redis://127.0.0.1:6379/0" group:"Redis" help:"Redis: redis://[user:password@]host:port/db, redis-sentinel://host:port,host:port/master or redis-cluster://host:port,host:port. With TLS: rediss://, rediss-sentinel://, rediss-cluster://."`
	RedisPrefix string `name:"redis-prefix" env:"BROKER_REDIS_PREFIX" default:"slipway" group:"Redis" help:"Beginning of every Redis key, up to 64 bytes without braces."`
}

// RecordSettings is what a session's record says.
type RecordSettings struct {
	PartSize   Bytes         `name:"part-bytes" env:"BROKER_PART_BYTES" default:"5MiB" min:"5MiB" max:"5GiB" group:"Limits" help:"Size of every part but the last, if the client asks for none."`
	MaxBytes   Bytes         `name:"max-bytes" env:"BROKER_MAX_BYTES" default:"50000MiB" min:"1" max:"50000GiB" group:"Limits" help:"The most bytes that one session may take."`
	SessionTTL time.Duration `name:"session-ttl" env:"BROKER_SESSION_TTL" default:"192h" min:"1h" max:"2160h" group:"Limits" help:"Life of a session token: the longest recording, and 7 days to come back."`
	KeepRecord time.Duration `name:"keep-record" env:"BROKER_KEEP_RECORD" default:"168h" min:"1h" max:"8760h" group:"Limits" help:"How long Redis remembers a finished session; S3 answers after that."`
}

// CareSettings is what becomes of recordings that nobody completes.
type CareSettings struct {
	AbandonAfter time.Duration `name:"abandon-after" env:"BROKER_ABANDON_AFTER" default:"24h" min:"1s" max:"2160h" group:"Care" help:"After how long without a call, a part or a good URL a session counts as abandoned. Then the broker salvages it, or aborts it if it was opened so."`
	ResumeWindow time.Duration `name:"resume-window" env:"BROKER_RESUME_WINDOW" default:"168h" min:"1s" max:"2160h" group:"Care" help:"How long a recorder may take to come back and fill a hole. Only after that a session with a hole is salvaged. At least BROKER_ABANDON_AFTER."`
	AdoptAfter   time.Duration `name:"adopt-after" env:"BROKER_ADOPT_AFTER" default:"1h" min:"1s" max:"2160h" group:"Care" help:"How old an upload that Redis does not know must be to become a session again. It must be longer than any open takes."`
	ReapEvery    time.Duration `name:"reap-every" env:"BROKER_REAP_EVERY" default:"1m" min:"1s" max:"1h" group:"Care" help:"About how often to look for sessions that nobody else ends."`
	SweepEvery   time.Duration `name:"sweep-every" env:"BROKER_SWEEP_EVERY" default:"10m" min:"1s" max:"24h" group:"Care" help:"About how often to look for uploads that no session has."`
	StoragePrice float64       `name:"storage-price" env:"BROKER_STORAGE_PRICE" default:"0.023" placeholder:"USD" group:"Care" help:"What a GiB costs in the bucket, in USD per month, 0 to 1000, to estimate the cost of orphans. The default is the price of S3 Standard in us-east-1, read 2026-11-22."`
}

// WebhookSettings is who gets webhooks about recordings; see docs/webhooks.md.
type WebhookSettings struct {
	WebhookURL     string   `name:"webhook-url" env:"BROKER_WEBHOOK_URL" placeholder:"URL" group:"Webhooks" help:"Where to POST what became of each recording. Default: no webhooks."`
	WebhookSecrets []string `name:"webhook-secrets" env:"BROKER_WEBHOOK_SECRETS" secret:"" placeholder:"SECRET" group:"Webhooks" help:"Secrets that sign webhooks, whsec_ and the base64 of 24 to 64 bytes each. All of them sign. To rotate, add a new one, and take the old one out when the receiver knows the new one. Use the environment, because others can read a command line. Required with BROKER_WEBHOOK_URL."`
}

// RebuildSettings is what is needed to rebuild records from the bucket.
type RebuildSettings struct {
	S3             S3Settings `embed:""`
	RedisSettings  `embed:""`
	RecordSettings `embed:""`
}

// Resolve fills in what follows from other settings, and returns every mistake
// at once, each with its variable.
func (s *Settings) Resolve() error { return s.resolve().err() }

// Resolve returns every mistake at once, each with its variable.
func (s *S3Settings) Resolve() error { return s.resolve().err() }

func (s *Settings) resolve() problems {
	p := s.SiteSettings.resolve()
	p = append(p, s.PageSettings.resolve()...)
	p = append(p, s.ProxySettings.resolve()...)
	p = append(p, s.MetricsSettings.resolve()...)
	p = append(p, s.S3.resolve()...)
	p = append(p, s.Keep.resolve()...)
	p = append(p, s.RedisSettings.resolve()...)
	_, err := s.tokenKeys()
	p.add("BROKER_TOKEN_KEYS", err)
	_, err = s.apiKeys()
	p.add("BROKER_API_KEYS", err)
	if s.URLTTL > s.MaxURLTTL {
		p.add("BROKER_URL_TTL", fmt.Errorf("%s is longer than BROKER_MAX_URL_TTL, %s", s.URLTTL, s.MaxURLTTL))
	}
	p = append(p, s.LinkSettings.resolve()...)
	p = append(p, s.CareSettings.resolve()...)
	p = append(p, s.WebhookSettings.resolve()...)
	return append(p, ranges(s)...)
}

func (s *SiteSettings) resolve() problems {
	var p problems
	p.add("BROKER_LISTEN", checkListen(s.Listen))
	if s.PublicURL == "" {
		p.add("BROKER_PUBLIC_URL", namesOneHost(s.Listen))
		s.PublicURL = "http://" + s.Listen
	} else {
		p.add("BROKER_PUBLIC_URL", checkURL(s.PublicURL))
	}
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	if u, err := url.Parse(s.PublicURL); err == nil && u.Path != "" && path.Clean(u.Path) != u.Path {
		p.add("BROKER_PUBLIC_URL", errors.New("has a path with empty parts or dots in it, which browsers write differently"))
	}
	for _, origin := range s.CORSOrigins {
		p.add("BROKER_CORS_ORIGINS", checkOrigin(origin))
	}
	return p
}

func (s *CareSettings) resolve() problems {
	var p problems
	if s.ResumeWindow < s.AbandonAfter {
		p.add("BROKER_RESUME_WINDOW", fmt.Errorf("%s is shorter than BROKER_ABANDON_AFTER, %s", s.ResumeWindow, s.AbandonAfter))
	}
	if !(s.StoragePrice >= 0 && s.StoragePrice <= 1000) { // so that NaN is refused too
		p.add("BROKER_STORAGE_PRICE", fmt.Errorf("%v is outside 0 to 1000", s.StoragePrice))
	}
	return p
}

func (s *RebuildSettings) resolve() problems {
	p := append(s.S3.resolve(), s.RedisSettings.resolve()...)
	return append(p, ranges(s)...)
}

func (s *RedisSettings) resolve() problems {
	var p problems
	p.add("BROKER_REDIS_URL", checkRedis(s.RedisURL))
	_, err := redisstore.New(nil, s.RedisPrefix)
	p.add("BROKER_REDIS_PREFIX", err)
	return p
}

func (s *S3Settings) resolve() problems {
	var p problems
	if s.Bucket == "" {
		p.add("BROKER_BUCKET", errors.New("is required"))
	}
	p.add("BROKER_KEY_PREFIX", checkKeyPrefix(s.KeyPrefix))
	if strings.ContainsFunc(s.Region, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r) }) {
		p.add("BROKER_S3_REGION", fmt.Errorf("%q is not the name of a region", s.Region))
	}
	p = append(p, s.SignSettings.resolve()...)
	p.add(s.publicSetting(), checkPageMayName(cmp.Or(s.PublicEndpoint, s.Endpoint)))
	for _, e := range []struct{ setting, url string }{{"BROKER_S3_ENDPOINT", s.Endpoint}, {"BROKER_S3_PUBLIC_ENDPOINT", s.PublicEndpoint}} {
		if e.url == "" {
			continue
		}
		p.add(e.setting, checkURL(e.url))
		if u, err := url.Parse(e.url); err == nil && !s.PathStyle && net.ParseIP(u.Hostname()) != nil {
			p.add("BROKER_S3_PATH_STYLE", fmt.Errorf("has to be true: %s is an IP address, and a bucket's name cannot stand before one", e.setting))
		}
	}
	_, err := provider.Choose(s.Profile, s.Endpoint)
	p.add("BROKER_S3_PROFILE", err)
	return p
}

func (s *Settings) tokenKeys() ([][]byte, error) {
	if len(s.TokenKeys) == 0 {
		return nil, errors.New("is required; make one with: broker keys token")
	}
	var keys [][]byte
	var wrong []error
	for i, text := range s.TokenKeys {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) < access.MinTokenKey {
			wrong = append(wrong, fmt.Errorf("key %d is not the base64 of at least %d bytes", i+1, access.MinTokenKey))
		}
		keys = append(keys, key)
	}
	return keys, errors.Join(wrong...)
}

func (s *Settings) apiKeys() ([]access.APIKey, error) {
	var keys []access.APIKey
	var wrong []error
	for i, text := range s.APIKeys {
		if !strings.Contains(text, ":") { // it may be the secret itself, so the error does not show it
			wrong = append(wrong, fmt.Errorf("key %d is not NAME:SCOPES:SHA256, as broker keys new prints it", i+1))
			continue
		}
		key, err := access.ParseAPIKey(text)
		if err != nil {
			wrong = append(wrong, err)
		}
		keys = append(keys, key)
	}
	return keys, errors.Join(wrong...)
}

func (s *Settings) limits() session.Limits {
	at := s.S3.provider()
	return session.Limits{
		KeyPrefix: s.S3.KeyPrefix, PartSize: int64(s.PartSize), MaxBytes: int64(s.MaxBytes), URLTTL: s.URLTTL, MaxURLTTL: s.MaxURLTTL,
		WatchTTL: s.WatchTTL, SessionTTL: s.SessionTTL, KeepRecord: s.KeepRecord, CompleteWithin: s.CompleteWithin,
		Checksums: s.S3.checksums(), MaxParts: at.MaxParts.Value, MinPart: at.MinPart.Value, CutPutsStay: at.StoresCutPuts.Value, ListsByKeyOnly: at.ListsByKeyOnly.Value,
		AbandonAfter: s.AbandonAfter, ResumeWindow: s.ResumeWindow, AdoptAfter: s.AdoptAfter, Notify: s.WebhookURL != "",
		Quota: s.quota(), Rates: s.rates(),
	}
}

func checkListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port", addr)
	}
	return nil
}

// namesOneHost refuses the addresses that mean every interface, because a
// browser cannot reach those.
func namesOneHost(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return fmt.Errorf("is required: BROKER_LISTEN is %q, which is not an address that a browser can reach", listen)
	}
	return nil
}

// checkURL never shows the text, because it may contain a password.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("is not an http(s) URL without user, query and fragment")
	}
	return nil
}

func checkOrigin(text string) error {
	if text == "*" {
		return nil
	}
	return session.CheckOrigin(text)
}

// checkKeyPrefix allows what every S3 server takes unchanged. Some servers
// clean paths, and would then look for another key than the signed one.
func checkKeyPrefix(prefix string) error {
	if len(prefix) > 512 || strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("takes up to 512 printable ASCII characters without spaces")
	}
	if key := prefix + "id"; path.Clean("/"+key) != "/"+key {
		return fmt.Errorf("%q: no \"/\" in front, and nothing empty, \".\" or \"..\" between two of them", prefix)
	}
	return nil
}

// checkRedis reads the address as redisstore does, and sends nothing.
func checkRedis(address string) error {
	store, err := redisstore.Open(context.Background(), address, "any")
	if err != nil {
		return err
	}
	return store.Close()
}
