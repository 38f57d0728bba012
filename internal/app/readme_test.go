package app_test

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"slipway/internal/access"
	"slipway/internal/session"
)

// The env file of the README, with keys as the two commands beside it print
// them, has to start a broker.
func TestTheEnvFileOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Run it for real\n")
	_, block, _ := strings.Cut(section, "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	key, _ := access.NewAPIKey("my-app", session.ScopeGrants)
	file := env{}
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, " #")
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			file[name] = value
		}
	}
	if len(file) < 10 || file["BROKER_API_KEYS"] != "my-app:grants:…" {
		t.Fatalf("the file has %q", file)
	}
	file["BROKER_TOKEN_KEYS"] = base64.StdEncoding.EncodeToString(make([]byte, access.MinTokenKey))
	file["BROKER_API_KEYS"] = key.String()
	if _, err := file.resolve(t); err != nil {
		t.Error(err)
	}
}
