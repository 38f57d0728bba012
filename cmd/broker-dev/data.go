package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"slipway/internal/access"
	"slipway/internal/session"
)

// dataFolder is what stays from one start to the next: recordings and keys. So
// tokens and watch links stay good.
type dataFolder struct {
	path    string
	lock    *os.File
	secrets secrets
}

// secretsName is the file that only its owner may read. The API key in it is
// never printed, because terminals are shared, recorded and scrolled back.
const secretsName = "secrets.json"

type secrets struct {
	TokenKey  string `json:"token_key"`
	APIKey    string `json:"api_key"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
	S3Port    int    `json:"s3_port"` // 0: any
}

// openData opens or makes the folder, for this process alone. Two S3 servers
// on one folder would not know of each other's parts.
func openData(path string) (*dataFolder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	d := &dataFolder{path: abs}
	if d.lock, err = os.OpenFile(filepath.Join(abs, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another broker-dev uses %s; end it, or choose another folder with --data", path), d.lock.Close())
	}
	return d, d.loadSecrets()
}

// Close lets another broker-dev use the folder.
func (d *dataFolder) Close() error { return d.lock.Close() }

func (d *dataFolder) loadSecrets() error {
	body, err := os.ReadFile(d.secretsFile())
	if errors.Is(err, fs.ErrNotExist) {
		_, apiKey := access.NewAPIKey("dev", session.AllScopes...)
		d.secrets = secrets{TokenKey: base64.StdEncoding.EncodeToString(random(access.MinTokenKey)), APIKey: apiKey,
			AccessKey: "SLIPWAYDEV", SecretKey: base64.RawURLEncoding.EncodeToString(random(30))}
		return d.saveSecrets()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &d.secrets); err != nil {
		return fmt.Errorf("%s cannot be read (if you delete it, broker-dev starts with new keys and old links end): %w", d.secretsFile(), err)
	}
	return nil
}

func (d *dataFolder) saveSecrets() error { return writeWhole(d.secretsFile(), d.secrets) }

func (d *dataFolder) secretsFile() string { return filepath.Join(d.path, secretsName) }
func (d *dataFolder) certFile() string    { return filepath.Join(d.path, "tls-cert.pem") }
func (d *dataFolder) keyFile() string     { return filepath.Join(d.path, "tls-key.pem") }

// apiKey is the key as the settings take it.
func (d *dataFolder) apiKey() (access.APIKey, error) {
	if d.secrets.APIKey == "" {
		return access.APIKey{}, fmt.Errorf("%s holds no api_key", d.secretsFile())
	}
	return access.APIKey{APIKey: session.APIKey{Name: "dev", Scopes: session.AllScopes}, Hash: sha256.Sum256([]byte(d.secrets.APIKey))}, nil
}

func (d *dataFolder) rememberS3Port(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port == d.secrets.S3Port {
		return err
	}
	d.secrets.S3Port = port
	return d.saveSecrets()
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}

// writeWhole writes v as JSON to path, whole or not at all, readable by the
// user alone.
func writeWhole(path string, v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(append(body, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
