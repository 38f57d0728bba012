//go:build linux

package chaos

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWithin bounds the start of one broker on a busy machine.
const startWithin = 20 * time.Second

// brokerBinary builds cmd/broker, once for all tests.
var brokerBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "broker")
	if out, err := exec.Command("go", "build", "-o", path, "slipway/cmd/broker").CombinedOutput(); err != nil {
		return "", fmt.Errorf("cmd/broker does not build: %s", out)
	}
	return path, nil
})

// broker is a real broker that can be killed and started again. Each life has
// a port of its own, as another program may take one that became free.
type broker struct {
	binary string
	log    string // a file; all lives write to it
	lives  int
	cmd    *exec.Cmd
	exited chan struct{}
}

// start starts a life and returns where it listens.
func (b *broker) start(env []string) (addr string, err error) {
	log, err := os.OpenFile(b.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	b.cmd = exec.Command(b.binary, "serve")
	b.cmd.Env = append([]string{"BROKER_LISTEN=127.0.0.1:0", "AWS_EC2_METADATA_DISABLED=true"}, env...)
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // even if this process is killed itself
	stderr, err := b.cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	serving, failed := make(chan string, 1), make(chan error, 1)
	b.exited = make(chan struct{})
	go func() { // ends with the process, for which kill waits
		defer close(b.exited)
		defer log.Close()
		// The kernel takes the thread that forked for the parent: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := b.cmd.Start(); err != nil {
			failed <- err
			return
		}
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = fmt.Fprintf(log, "%s\n", lines.Bytes())
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				serving <- line.Address
			}
		}
		failed <- errors.New("the broker ended: " + fmt.Sprint(b.cmd.Wait()))
	}()
	select {
	case addr = <-serving:
		b.lives++
		return addr, nil
	case err = <-failed:
		return "", err
	case <-time.After(startWithin):
		b.kill()
		return "", errors.New("the broker does not start")
	}
}

// kill is kill -9. It waits for the end.
func (b *broker) kill() {
	_ = b.cmd.Process.Kill() // fails only if it ended
	<-b.exited
}

var buildDir string

func runTests(m *testing.M) (code int) {
	var err error
	if buildDir, err = os.MkdirTemp("", "slipway-chaos-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(buildDir)
	return m.Run()
}
