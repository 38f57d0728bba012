package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lines is how many lines one machine may have at a time, each with a net of
// its own: 10.77.0.0/30, 10.77.1.0/30 and so on.
const lines = 16

// endWithin is how long a command that was told to end may take.
const endWithin = 5 * time.Second

// line is what lies between the command and this machine.
type line struct {
	up, down rate
	delay    time.Duration // each way
	queue    time.Duration // longest wait for the line
}

// run runs command behind the line until it ends, or until ctx ends, which ends
// the command. The error is the command's own unless the line failed.
func (l line) run(ctx context.Context, command []string) error {
	// A namespace belongs to a thread; the command is born into that of the
	// thread which starts it. No other goroutine may ever run on this one.
	runtime.LockOSThread()
	near, net, err := openFreeTUN()
	if err != nil {
		return err
	}
	defer near.Close()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("a network namespace (needs root): %w", err)
	}
	if err := raise("lo"); err != nil {
		return err
	}
	far, err := openTUN("line", net.client, net.server)
	if err != nil {
		return err
	}
	defer far.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	carry := func(from, to *os.File, r rate) {
		way := way{meter: meter{rate: r, queue: l.queue}, delay: l.delay}
		if err := way.carry(from, to); err != nil && !errors.Is(err, os.ErrClosed) {
			cancel(fmt.Errorf("the line broke: %w", err))
		}
	}
	go carry(far, near, l.up) // ends when its device is closed, as does the next
	go carry(near, far, l.down)

	err = behind(ctx, net, command).Run()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// behind is the command, told where the server is. It ends with us, also with a
// kill -9: that is what the locked thread is good for, too.
func behind(ctx context.Context, net subnet, command []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "LINK_SERVER="+net.server.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = endWithin
	return cmd
}

// way is one direction of a line.
type way struct {
	meter meter
	delay time.Duration
}

type packet struct {
	bytes []byte
	at    time.Time // when it is at the other end
}

// onTheWay is room for the packets that are waiting or flying; with more, which
// only very small ones on a fast line can be, the kernel's own queue before us
// fills.
const onTheWay = 8192

// carry moves packets until from or to fails or is closed. The Go runtime
// sleeps in whole milliseconds: a packet is up to 1 ms late, the rate is kept.
func (w *way) carry(from io.Reader, to io.Writer) error {
	packets := make(chan packet, onTheWay)
	delivered := make(chan error, 1)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		delivered <- deliver(packets, to)
	}()
	defer func() { close(packets); <-stopped }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return err
		}
		sent, ok := w.meter.send(time.Now(), n)
		if !ok {
			continue
		}
		select {
		case packets <- packet{bytes: append([]byte(nil), buffer[:n]...), at: sent.Add(w.delay)}:
		case err := <-delivered:
			return err
		}
	}
}

func deliver(packets <-chan packet, to io.Writer) error {
	for p := range packets {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.bytes); err != nil {
			return err
		}
	}
	return nil
}

// meter says when a line of a certain rate has sent what it is given.
type meter struct {
	rate  rate
	queue time.Duration
	free  time.Time // when all it was given before has been sent
}

// send returns when a packet of size bytes that is given at now has been sent,
// or false where it would have to wait too long: it is dropped.
func (m *meter) send(now time.Time, size int) (time.Time, bool) {
	start := m.free
	if start.Before(now) {
		start = now
	}
	if start.Sub(now) > m.queue {
		return time.Time{}, false
	}
	m.free = start.Add(time.Duration(float64(size) / float64(m.rate) * float64(time.Second)))
	return m.free, true
}
