// Package redistest starts Debian's redis-server for tests: one node, a
// Cluster, or one under a Sentinel, on loopback ports and in folders of their
// own. The servers end with the test, and on Linux also when the test process
// is killed.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWithin bounds the start of one server; a busy machine takes a while.
const startWithin = 20 * time.Second

// Server is one redis-server process.
type Server struct {
	Addr string // 127.0.0.1:port

	t    testing.TB
	args []string
	dir  string

	mu     sync.Mutex // guards cmd and exited
	cmd    *exec.Cmd
	exited chan struct{}
}

// Binary returns the path of a program of Debian's redis packages. Without it
// the test is skipped, or fails where SLIPWAY_REQUIRE_NEIGHBOURS is set, as
// make test does: a suite that silently did not run proves nothing.
func Binary(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		const hint = "%s is not installed (apt install redis-server)"
		if os.Getenv("SLIPWAY_REQUIRE_NEIGHBOURS") != "" {
			t.Fatalf(hint, program)
		}
		t.Skipf(hint+"; this test needs it", program)
	}
	return path
}

// Start runs a server that keeps nothing on disk. More arguments are as on
// redis-server's command line: with "--appendonly", "yes", "--appendfsync",
// "always" what was acknowledged survives Kill and Restart.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	args = append([]string{"--save", ""}, args...)
	for try := 0; ; try++ {
		s := newServer(t, args)
		err := s.start()
		if err == nil {
			t.Cleanup(s.Kill)
			return s
		}
		s.Kill()
		if try == 2 { // the port may have been taken since it was found free
			t.Fatalf("redis-server does not start: %v\n%s", err, s.log())
		}
	}
}

func newServer(t testing.TB, args []string) *Server {
	t.Helper()
	port := freePort(t)
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), t: t, dir: t.TempDir()}
	s.args = append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", s.dir, "--logfile", "log"}, args...)
	return s
}

// Socket is a unix socket that listens too, if the server was started with
// "--unixsocket", "redis.sock".
func (s *Server) Socket() string { return filepath.Join(s.dir, "redis.sock") }

// start runs the process and waits until it answers.
func (s *Server) start() error {
	cmd := exec.Command(Binary(s.t, "redis-server"), s.args...) //nolint:gosec // a test's own arguments
	cmd.Dir = s.dir
	dieWithParent(cmd)
	started, exited := make(chan error), make(chan struct{})
	go func() { // ends with the process, which Kill or the kernel ends
		defer close(exited)
		// The kernel takes the thread that forked for the parent: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.mu.Lock()
	s.cmd, s.exited = cmd, exited
	s.mu.Unlock()
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-exited:
			return errors.New("it exited")
		default:
		}
		if answer, err := s.Do("PING"); err == nil && answer == "+PONG" {
			return nil
		}
	}
	return errors.New("it does not answer")
}

// Kill ends the server at once, as a crash would, and waits for its end.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.exited
	s.cmd = nil
}

// Stall stops the server's process: it accepts connections and never answers.
// Restart ends it.
func (s *Server) Stall() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
}

// Restart kills the server and starts it again, at the same address and on
// what it left on disk: nothing, unless it was started with more arguments.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	if err := s.start(); err != nil {
		s.t.Fatalf("redis-server does not start again: %v\n%s", err, s.log())
	}
}

// Do sends one command of plain words and returns what Redis answered: a
// line as it wrote it, or the text that follows it. It is for starting and
// steering; tests use go-redis.
func (s *Server) Do(words ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // nothing is left unsent
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", strings.Join(words, " ")); err != nil {
		return "", err
	}
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	length, bulk := strings.CutPrefix(line, "$")
	if n, _ := strconv.Atoi(length); bulk && n >= 0 {
		text := make([]byte, n)
		_, err = io.ReadFull(r, text)
		return string(text), err
	}
	return line, err
}

// log is the end of what the server wrote.
func (s *Server) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b[max(0, len(b)-2000):])
}

// freePort finds a loopback port that is free together with the one 10,000
// above, where a Cluster node talks to the others.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port+10_000 > 65_535 {
			port -= 20_000 // below the ports that the kernel hands out
		}
		if free(port) && free(port+10_000) {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
