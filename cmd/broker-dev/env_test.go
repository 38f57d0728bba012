package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/devtest"
)

// The settings that broker-dev leaves in its folder lead the broker's own
// program to it, and are gone with it.
func TestTheDoctorFindsItsWay(t *testing.T) {
	broker := filepath.Join(t.TempDir(), "broker")
	if out, err := exec.Command("go", "build", "-o", broker, "slipway/cmd/broker").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, args := range map[string][]string{"plain": nil, "TLS": {"--tls", "--public-host", "localhost", "--listen", "127.0.0.1:0"}} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			dev := devtest.Start(t, data, args...)
			env := filepath.Join(data, "env")
			info, err := os.Stat(env)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("the settings, which hold secrets, have mode %v", info.Mode())
			}
			cmd := exec.Command("sh", "-c", ". "+env+" && "+broker+" doctor && "+broker+" sessions list")
			cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), " 0 warnings, 0 failed, ") {
				t.Errorf("%v\n%s", err, out)
			}
			if err := dev.Interrupt(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(env); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the settings stayed")
			}
		})
	}
}
