package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"slipway/internal/devs3"
)

func (d *dataFolder) envFile() string { return filepath.Join(d.path, "env") }

// shellPath is the env file in the folder data, written so that the shell's
// dot finds it. The shell looks elsewhere for a name without a slash.
func shellPath(data string) string {
	path := filepath.Join(data, "env")
	if !filepath.IsAbs(path) {
		path = "./" + path
	}
	return path
}

// writeEnv writes the settings with which the broker's command line reaches
// this broker-dev, as lines for a shell. They hold secrets, so only their
// owner may read the file.
func (d *dataFolder) writeEnv(site site, s3 *devs3.Server, redisAddr string, tls bool) error {
	settings := [][2]string{
		{"BROKER_URL", site.url}, {"BROKER_API_KEY", d.secrets.APIKey},
		{"BROKER_PUBLIC_URL", site.url}, {"BROKER_CORS_ORIGINS", strings.Join(site.origins, ",")},
		{"BROKER_BUCKET", s3.Bucket}, {"BROKER_S3_REGION", s3.Region}, {"BROKER_S3_PATH_STYLE", "true"},
		{"BROKER_S3_ENDPOINT", s3.Endpoint}, {"BROKER_S3_PUBLIC_ENDPOINT", site.s3URL(s3)},
		{"BROKER_REDIS_URL", "redis://" + redisAddr},
		{"AWS_ACCESS_KEY_ID", s3.AccessKey}, {"AWS_SECRET_ACCESS_KEY", s3.SecretKey},
	}
	if tls {
		settings = append(settings, [2]string{"AWS_CA_BUNDLE", d.certFile()}, [2]string{"SSL_CERT_FILE", d.certFile()})
	}
	var text strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&text, "export %s='%s'\n", s[0], strings.ReplaceAll(s[1], "'", `'\''`))
	}
	err := os.Remove(d.envFile()) // one that a kill -9 left, perhaps with another mode
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(d.envFile(), []byte(text.String()), 0o600)
}
