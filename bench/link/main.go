// Command link runs a command behind a slow line. The command gets a network
// namespace of its own, whose one way out is a TUN device; this program carries
// its packets to a second TUN device on this machine and back, and meters and
// delays them. Both ends speak the kernel's own TCP. (A kernel with netem does
// the same by itself; not every kernel has it.)
//
//	go run ./bench/link --up 20mbit --rtt 40ms -- sh -c 'curl http://$LINK_SERVER:8080/'
//
// What the command is to reach runs outside and listens on the address that the
// command finds in LINK_SERVER, such as 10.77.0.1. There is no way further, so
// nothing of the command's gets out of this machine.
//
// A packet that would wait longer than --queue for the line is dropped (tail
// drop), as by a home router.
//
// It needs Linux, root and /dev/net/tun. Nothing is left behind, however it
// ends: devices and namespace live as long as the processes that hold them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run returns the exit code: the command's own, 2 for a wrong use, 1 for what
// else fails.
func run(args []string) int {
	line, command, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "link: %v\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = line.run(ctx, command)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1) // a signal's is -1
	case err != nil:
		fmt.Fprintf(os.Stderr, "link: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string) (line, []string, error) {
	l := line{up: 20e6 / 8, down: 100e6 / 8}
	flags := flag.NewFlagSet("link", flag.ContinueOnError)
	flags.Func("up", "rate from the command to this machine, such as 500kbit or 20mbit (default 20mbit)", l.up.set)
	flags.Func("down", "rate back (default 100mbit)", l.down.set)
	rtt := flags.Duration("rtt", 40*time.Millisecond, "round trip of the idle line; half of it each way")
	flags.DurationVar(&l.queue, "queue", 100*time.Millisecond, "longest wait for the line; a packet that would wait longer is dropped")
	if err := flags.Parse(args); err != nil {
		return l, nil, err
	}
	if *rtt < 0 || l.queue <= 0 {
		return l, nil, errors.New("--rtt is negative, or --queue not positive")
	}
	if flags.NArg() == 0 {
		return l, nil, errors.New("no command: link [--up 20mbit] [--down 100mbit] [--rtt 40ms] [--queue 100ms] -- command…")
	}
	l.delay = *rtt / 2
	return l, flags.Args(), nil
}

// rate is in bytes per second.
type rate float64

// set reads a rate as tc(8) writes it: 500kbit, 20mbit, 1gbit.
func (r *rate) set(text string) error {
	for unit, bits := range map[string]float64{"kbit": 1e3, "mbit": 1e6, "gbit": 1e9} {
		number, found := strings.CutSuffix(text, unit)
		if !found {
			continue
		}
		value, err := strconv.ParseFloat(number, 64)
		if err != nil || value <= 0 {
			break
		}
		*r = rate(value * bits / 8)
		return nil
	}
	return errors.New("not a rate such as 500kbit, 20mbit or 1gbit")
}
