//go:build linux

// Package proc runs the servers that are measured, and asks the kernel what
// each has used: CPU time from the process's own clock, memory from /proc.
package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is one running server.
type Process struct {
	Name string
	Pid  int

	cmd    *exec.Cmd
	log    string
	exited chan struct{}
	once   sync.Once
}

// Start runs a program whose output goes to a file in dir; env is added to
// nothing but PATH and HOME, so that no setting of the caller's leaks in.
//
// It has to be called from the main goroutine, on the main thread: the kernel
// kills the server when the thread that started it ends, and that one ends with
// the program, however that goes.
func Start(dir, name string, env []string, program string, args ...string) (*Process, error) {
	p := &Process{Name: name, log: filepath.Join(dir, name+".log"), exited: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the child has its own copy
	p.cmd = exec.Command(program, args...)
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	// In a group of its own Ctrl-C does not end it in the middle of a run.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.Pid = p.cmd.Process.Pid
	go func() { // ends with the process, which Stop ends
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Stop ends the server and waits for its end.
func (p *Process) Stop() {
	p.once.Do(func() { _ = p.cmd.Process.Kill() })
	<-p.exited
}

// Until calls ready until it returns nil, and returns how long that took since
// began.
//
// Errors: the server ended, or was not ready within a time; with the end of
// what it printed.
func (p *Process) Until(began time.Time, within time.Duration, ready func() error) (time.Duration, error) {
	for {
		err := ready()
		if err == nil {
			return time.Since(began), nil
		}
		select {
		case <-p.exited:
			return 0, fmt.Errorf("%s ended: %s", p.Name, p.tail())
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > within {
			return 0, fmt.Errorf("%s was not ready within %v: %w; %s", p.Name, within, err, p.tail())
		}
	}
}

func (p *Process) tail() string {
	text, _ := os.ReadFile(p.log)
	return strings.TrimSpace(string(text[max(0, len(text)-800):]))
}

// CPU is the time that all threads of the process have run, those that ended
// included: clock_getcpuclockid(3), in nanoseconds.
func CPU(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0, fmt.Errorf("the CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// Own is the CPU time of this process, which makes the load.
func Own() time.Duration {
	spent, _ := CPU(os.Getpid()) // a process can always read its own clock
	return spent
}

// Memory is what a process has resident, and the most it ever had, in bytes.
func Memory(pid int) (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	now, err1 := field(string(text), "VmRSS:")
	peak, err2 := field(string(text), "VmHWM:")
	return now, peak, errors.Join(err1, err2)
}

// ForgetPeak makes the peak that Memory tells begin anew.
func ForgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

func field(status, name string) (int64, error) {
	var kib int64
	_, after, _ := strings.Cut(status, name)
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0, fmt.Errorf("%s in /proc/…/status: %w", name, err)
	}
	return kib << 10, nil
}
