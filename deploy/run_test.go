package deploy

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"slipway/internal/doctor"
	"slipway/internal/session/redisstore/redistest"
)

// machine is where what compose runs is run without it: the containers' names
// are addresses of this machine.
type machine struct{ names *strings.Replacer }

func newMachine(t *testing.T) machine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s3 := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return machine{strings.NewReplacer("//s3:7070", "//"+s3, "127.0.0.1:7070", s3, "redis:6379", redistest.Start(t, "--appendonly", "yes", "--maxmemory-policy", "noeviction").Addr, ":7070", s3)}
}

// command is a program with a container's environment, and nothing else.
func (m machine) command(ctx context.Context, t *testing.T, s types.ServiceConfig, env map[string]string, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"AWS_EC2_METADATA_DISABLED=true"}
	for _, all := range []map[string]string{env, variables(t, s)} {
		for name, value := range all {
			cmd.Env = append(cmd.Env, name+"="+m.names.Replace(value))
		}
	}
	return cmd
}

// What compose ships has nothing that doctor would mend: its programs are run as
// the containers run them, prepared by the same command, and looked at.
func TestDoctorFindsNothingToMendInWhatComposeShips(t *testing.T) {
	broker, server := built(t, "build", "broker"), built(t, "build-s3", "broker-s3")
	m, s3 := newMachine(t), service(t, "s3")
	env := stageOf(t, "s3").env
	env["S3_DATA"] = t.TempDir()

	serving := m.command(context.WithoutCancel(t.Context()), t, s3, env, server, s3.Command...) // it outlasts the test, and is then told to end
	serving.Stderr = os.Stderr
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serving.Process.Signal(syscall.SIGTERM)
		if err := serving.Wait(); err != nil {
			t.Errorf("the S3 server ended with %v", err)
		}
	})
	probe := s3.HealthCheck.Test // CMD, the program, its arguments
	healthy := func() error { return m.command(t.Context(), t, s3, env, server, probe[2:]...).Run() }
	for deadline := time.Now().Add(20 * time.Second); healthy() != nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the S3 server is never healthy")
		}
	}
	bucket := service(t, "bucket")
	if out, err := m.command(t.Context(), t, bucket, nil, broker, bucket.Command...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := m.command(t.Context(), t, service(t, "broker"), nil, broker, "doctor", "-o", "json").Output()
	if err != nil {
		t.Errorf("doctor: %v", err)
	}
	var report doctor.Report
	if err := json.Unmarshal(out, &report); err != nil || len(report.Checks) < 30 {
		t.Fatalf("doctor said %s (%v)", out, err)
	}
	for _, c := range report.Checks {
		if c.Status == doctor.Fail || c.Status == doctor.Warn {
			t.Errorf("%s %s: %s", c.Status, c.Name, c.Saw)
		}
	}
}
