//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// chromium records in Chromium, on a page of another origin, with what the
// recorder does by default.
func chromium(ctx context.Context, s *stage) error {
	cmd := exec.CommandContext(ctx, "node", "e2e/providers/record.js")
	cmd.Env = append(os.Environ(), "BROKER_URL=http://"+s.broker.Addr, "BROKER_API_KEY="+s.apiKey, "S3_ENDPOINT="+s.server.Endpoint)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it takes its browser along
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return errors.New(last(string(failed.Stderr)))
	}
	if err != nil {
		return err
	}
	var told struct{ Size, Parts int }
	if err := json.Unmarshal(out, &told); err != nil {
		return err
	}
	if told.Parts < 2 {
		return fmt.Errorf("%d bytes in %d parts were recorded, which is too little to tell", told.Size, told.Parts)
	}
	return nil
}

// last is the last line that says something.
func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
