// Package devs3 is the S3 server of broker-dev and of the tests: versitygw,
// linked in, and made as strict as AWS where it is laxer. With it a clean
// checkout needs no S3 account. If the product does something wrong with S3,
// this server refuses it, before S3 does so in production.
//
// versitygw changes the working directory and keeps relative paths, so it
// lives in a process of its own: this same program, started again. So the
// first line of main (or TestMain) is [RunChild]; then [Start] starts the
// server and [Server.Close] ends it. The server also ends if the process that
// started it is gone, for any reason.
//
// Nothing else may import versitygw: the production binary must not contain
// it.
package devs3

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// killAfter is how long Close waits for the server to end by itself. It is
// longer than shutdownGrace, which the server gives to running requests.
const killAfter = shutdownGrace + 3*time.Second

// ranChild is set by RunChild. Without that call the second process would run
// the program's main, or all of its tests, once more.
var ranChild atomic.Bool

// Server is a running S3 server. Its fields are set by Start and do not change.
type Server struct {
	Endpoint  string // for path-style requests, e.g. http://127.0.0.1:43117
	Bucket    string
	Region    string
	AccessKey string
	SecretKey string
	Pid       int // of the server's own process

	process  *os.Process
	lifeline io.Closer // the child's stdin; the child ends when it is closed

	exited  chan struct{}
	waitErr error // how the process ended; set before exited is closed

	closeOnce sync.Once
	closeErr  error
}

// Start starts an S3 server and returns once it answers and its bucket exists.
//
// ctx bounds the start only; a server that runs is ended by Close or by the end
// of this process.
//
// Errors: RunChild was not called; a mistake in cfg; an address that is taken,
// which is named and matches syscall.EADDRINUSE; a Dir that cannot be written.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if !ranChild.Load() {
		return nil, errors.New("devs3: call devs3.RunChild() first thing in main or TestMain: the S3 server is this same program, started again")
	}
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Bucket: cfg.Bucket, Region: cfg.Region, AccessKey: cfg.AccessKey, SecretKey: cfg.SecretKey,
		exited: make(chan struct{}),
	}
	hello, err := s.launch(cfg)
	if err != nil {
		return nil, fmt.Errorf("devs3: start the S3 server: %w", err)
	}
	select {
	case h := <-hello:
		if h.Error != "" {
			s.kill()
			return nil, h.err(cfg.Addr)
		}
		s.Endpoint = h.Endpoint
		return s, nil
	case <-ctx.Done():
		s.kill()
		return nil, fmt.Errorf("devs3: the S3 server was not ready in time: %w", ctx.Err())
	}
}

// launch starts the process, hands it its settings and returns the channel on
// which its one answer will arrive. The settings, which hold the secret key,
// go through a pipe: other users can read a command line.
func (s *Server) launch(cfg Config) (<-chan hello, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	answers, answersEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	// With the race detector a process sleeps for a second before it ends,
	// which would be most of the time of a test that needs a server.
	race := strings.TrimSpace(os.Getenv("GORACE") + " atexit_sleep_ms=0")
	cmd.Env = append(os.Environ(), childEnv+"=1", "GORACE="+race)
	cmd.Stdout = answersEnd
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	answersEnd.Close()
	if err != nil {
		answers.Close()
		return nil, err
	}
	s.process, s.Pid, s.lifeline = cmd.Process, cmd.Process.Pid, stdin

	go func() { // ends with the process; Close and Exited wait for it
		s.waitErr = cmd.Wait()
		close(s.exited)
	}()
	c := make(chan hello, 1)
	go func() { // ends with the process at the latest: that closes the pipe
		defer answers.Close()
		c <- greet(stdin, answers, cfg)
	}()
	return c, nil
}

// greet sends the settings and reads the one line the child answers with.
func greet(stdin io.Writer, answers io.Reader, cfg Config) hello {
	if err := json.NewEncoder(stdin).Encode(cfg); err != nil {
		return hello{Error: "the process did not take its settings: " + err.Error()}
	}
	var h hello
	line, err := bufio.NewReader(answers).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	if err != nil {
		return hello{Error: "the process ended before it was ready"}
	}
	return h
}

// Exited returns a channel that is closed when the server's process has ended,
// whether Close ended it or not. Close then says what happened.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Close ends the server and waits for its process. Running requests get
// shutdownGrace to finish. The data stays in Dir.
//
// Close may be called more than once and from several goroutines. It returns an
// error if the server had already ended on its own or had to be killed.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		select {
		case <-s.exited:
			s.closeErr = fmt.Errorf("devs3: the S3 server (pid %d) had ended on its own: %v", s.Pid, describeExit(s.waitErr))
			return
		default:
		}
		s.lifeline.Close()
		select {
		case <-s.exited:
			s.closeErr = s.waitErr
		case <-time.After(killAfter):
			s.kill()
			s.closeErr = fmt.Errorf("devs3: the S3 server (pid %d) did not end within %v and was killed", s.Pid, killAfter)
		}
	})
	return s.closeErr
}

// String names the server without its secret key.
func (s *Server) String() string {
	return fmt.Sprintf("S3 server %s, bucket %s, pid %d", s.Endpoint, s.Bucket, s.Pid)
}

func (s *Server) kill() {
	s.process.Kill() // fails only if the process has ended
	<-s.exited
}

func describeExit(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// hello is the one line that the child writes to its stdout: where it listens,
// or why it does not.
type hello struct {
	Endpoint  string `json:"endpoint,omitempty"`
	Error     string `json:"error,omitempty"`
	AddrTaken bool   `json:"addr_taken,omitempty"`
}

func (h hello) err(addr string) error {
	if h.AddrTaken {
		return fmt.Errorf("devs3: %s is taken by another program: %w", addr, syscall.EADDRINUSE)
	}
	return errors.New("devs3: " + h.Error)
}
