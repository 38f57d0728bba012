package devs3

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// Config says what server Start starts. AccessKey, SecretKey, Dir and Bucket
// are required.
type Config struct {
	Addr      string // host:port to listen on; port 0 picks a free one. Default 127.0.0.1:0
	Dir       string // where objects are kept; created when it is missing
	AccessKey string
	SecretKey string
	Region    string // default us-east-1
	Bucket    string // created when it is missing

	// AllowOrigins are the origins whose pages may PUT and GET, exactly as the
	// browser sends them: scheme://host[:port]. "*" allows every page. With an
	// empty list the bucket's own CORS configuration decides (PutBucketCors),
	// and there is none at first; with a list, the bucket takes none.
	AllowOrigins []string

	// RetentionDays, above 0, creates the bucket with Object Lock and this
	// default retention. Such a bucket keeps the versions of its objects.
	RetentionDays int

	// ListsByKeyOnly makes ListMultipartUploads list only the uploads of one
	// key, the one that is given as the prefix. MinIO does this (seen with
	// MinIO of 2026-02-12, on 2026-11-29).
	ListsByKeyOnly bool

	// As makes the server differ from AWS as another provider does: one of
	// Manners.
	As string

	// CertFile and KeyFile are PEM files; with both the server speaks TLS. A
	// phone on the LAN records only in a secure context, and a page served over
	// https may not PUT to http.
	CertFile, KeyFile string
}

// maxRetentionDays is S3's own limit, a hundred years.
const maxRetentionDays = 36_500

// checked returns cfg with its defaults filled in and its paths absolute (the
// child changes its directory), or what is wrong with it.
func (cfg Config) checked() (Config, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	var wrong []error
	if _, _, err := net.SplitHostPort(cfg.Addr); err != nil {
		wrong = append(wrong, fmt.Errorf("listen address: %w", err))
	}
	for _, field := range []struct{ name, value string }{
		{"Dir", cfg.Dir}, {"AccessKey", cfg.AccessKey}, {"SecretKey", cfg.SecretKey}, {"Bucket", cfg.Bucket},
	} {
		if field.value == "" {
			wrong = append(wrong, fmt.Errorf("%s is empty", field.name))
		}
	}
	if (cfg.CertFile == "") != (cfg.KeyFile == "") {
		wrong = append(wrong, errors.New("CertFile and KeyFile belong together"))
	}
	if cfg.RetentionDays < 0 || cfg.RetentionDays > maxRetentionDays {
		wrong = append(wrong, fmt.Errorf("RetentionDays is %d; want 0 to %d", cfg.RetentionDays, maxRetentionDays))
	}
	if _, known := manners[cfg.As]; cfg.As != "" && !known {
		wrong = append(wrong, fmt.Errorf("field As is %q; want one of %s", cfg.As, strings.Join(Manners(), ", ")))
	}
	for _, origin := range cfg.AllowOrigins {
		wrong = append(wrong, checkOrigin(origin))
	}
	for _, path := range []*string{&cfg.Dir, &cfg.CertFile, &cfg.KeyFile} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		wrong = append(wrong, err)
		*path = abs
	}
	if err := errors.Join(wrong...); err != nil {
		return cfg, fmt.Errorf("devs3: config: %w", err)
	}
	return cfg, nil
}

// checkOrigin refuses what no browser sends as its Origin. A trailing slash,
// above all, would only show as an unexplained network error.
func checkOrigin(origin string) error {
	if origin == "*" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || origin != strings.ToLower(u.Scheme+"://"+u.Host) {
		return fmt.Errorf("AllowOrigins: %q is not an origin (want scheme://host[:port], lower case, no slash at the end)", origin)
	}
	return nil
}

// String names the configuration without its secret key.
func (cfg Config) String() string {
	return fmt.Sprintf("S3 server on %s, bucket %s in %s", cfg.Addr, cfg.Bucket, cfg.Dir)
}
