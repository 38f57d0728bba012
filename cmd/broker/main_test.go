package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"slipway/internal/devs3"
)

// asBroker makes this test binary the broker.
const asBroker = "SLIPWAY_TEST_AS_BROKER"

func TestMain(m *testing.M) {
	devs3.RunChild()
	if os.Getenv(asBroker) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is the broker with this environment and nothing else.
func program(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append([]string{asBroker + "=1", "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0"}, env...)
	return cmd
}

// run returns the broker's exit code and what it said.
func run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runWith(t, env, "", args...)
}

// runWith is run with something on standard input.
func runWith(t *testing.T, env []string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := program(t.Context(), env, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}
