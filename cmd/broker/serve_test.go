package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nowhere are settings of a broker whose S3 and Redis are not there.
func nowhere(more ...string) []string {
	return append([]string{"BROKER_BUCKET=b", "BROKER_S3_REGION=us-east-1", "BROKER_S3_ENDPOINT=http://127.0.0.1:9", "BROKER_S3_PATH_STYLE=true",
		"BROKER_REDIS_URL=redis://127.0.0.1:9/0", "BROKER_TOKEN_KEYS=" + tokenKey, "HOME=/nonexistent", "BROKER_PUBLIC_URL=http://127.0.0.1"}, more...)
}

const tokenKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// logOf starts a broker and returns the entries of its log until one says until.
func logOf(t *testing.T, env []string, until string) []map[string]any {
	t.Helper()
	var entries []map[string]any
	for lines := bufio.NewScanner(startServing(t, env)); lines.Scan(); {
		var entry map[string]any
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatalf("a line that is no JSON: %s", lines.Text())
		}
		if entries = append(entries, entry); entry["msg"] == until {
			return entries
		}
	}
	t.Fatalf("%q is not said: %v", until, entries)
	return nil
}

// The SDK says in lines of its own that it finds no instance role.
func TestABrokerWithoutCredentialsSaysSoFirst(t *testing.T) {
	metadata := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(metadata.Close)
	entries := logOf(t, nowhere("AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+metadata.URL), "not ready")
	last := entries[len(entries)-1]
	reason, _ := last["reason"].(string)
	if last["level"] != "WARN" || last["mend"] != "run broker doctor" || !strings.Contains(strings.SplitN(reason, "\n", 2)[0], "there are no credentials to sign with") {
		t.Errorf("it says %v", last)
	}
	if !strings.Contains(reason, "Redis does not answer") {
		t.Errorf("of Redis it says nothing: %s", reason)
	}
}

func TestABrokerThatCannotReachS3SaysSoAtItsStart(t *testing.T) {
	entries := logOf(t, nowhere("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"), "not ready")
	if reason := entries[len(entries)-1]["reason"].(string); !strings.Contains(reason, "S3 did not answer") || !strings.Contains(reason, "Redis does not answer") {
		t.Errorf("the reason is %s", reason)
	}
}

func TestAMisspeltVariableIsToldWithTheNearest(t *testing.T) {
	entries := logOf(t, nowhere("BROKER_PART_BYTE=5MiB", "BROKER_TOKEN_KEY=secret-of-mine", "BROKER_SERVICE_HOST=10.0.0.1", "BROKER_PORT_8080_TCP=x", "BROKER_API_KEY=sk_x"), "serving")
	nearest := map[any]any{}
	for _, e := range entries {
		if e["level"] == "WARN" {
			nearest[e["variable"]] = e["nearest"]
		}
		for _, value := range e {
			if text, _ := value.(string); strings.Contains(text, "secret-of-mine") {
				t.Errorf("the value is shown: %v", e)
			}
		}
	}
	if len(nearest) != 2 || nearest["BROKER_PART_BYTE"] != "BROKER_PART_BYTES" || nearest["BROKER_TOKEN_KEY"] != "BROKER_TOKEN_KEYS" {
		t.Errorf("told are %v", nearest)
	}
}

func TestASecretMayStandInAFile(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte(tokenKey+"\n"+tokenKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := nowhere("BROKER_TOKEN_KEYS_FILE=" + keys)
	if code, _, stderr := run(t, env, "serve"); code == 0 || !strings.Contains(stderr, "BROKER_TOKEN_KEYS: is set, and BROKER_TOKEN_KEYS_FILE too") {
		t.Errorf("both: %d %s", code, stderr)
	}
	var alone []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "BROKER_TOKEN_KEYS=") {
			alone = append(alone, variable)
		}
	}
	logOf(t, alone, "serving")
	if code, _, stderr := run(t, append(alone, "BROKER_TOKEN_KEYS_FILE=/nonexistent/file"), "serve"); code == 0 || !strings.Contains(stderr, "BROKER_TOKEN_KEYS: BROKER_TOKEN_KEYS_FILE: open /nonexistent/file") || strings.Contains(stderr, "is required") {
		t.Errorf("a file that is not there: %d %s", code, stderr)
	}
}

func TestHealthSaysWhetherTheBrokerLives(t *testing.T) {
	b := serve(t, nowhere("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"))
	listen := "BROKER_LISTEN=" + strings.TrimPrefix(b.URL, "http://")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(b.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  string
		args []string
		code int
	}{{listen, []string{"health"}, 0}, {"BROKER_LISTEN=:" + port, []string{"health"}, 0}, {listen, []string{"health", "--ready"}, 1}, {"BROKER_LISTEN=127.0.0.1:1", []string{"health"}, 1}, {"BROKER_LISTEN=8080", []string{"health"}, 2}} {
		if code, out, stderr := run(t, []string{c.env, "HTTP_PROXY=http://127.0.0.1:1"}, c.args...); code != c.code {
			t.Errorf("%s %v ends with %d: %s%s", c.env, c.args, code, out, stderr)
		}
	}
}
