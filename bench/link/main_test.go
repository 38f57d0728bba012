package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// role makes this test binary something else when it starts itself: the
// program, or the command behind the line.
const role = "LINK_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "link":
		_ = os.Setenv(role, "command")
		os.Exit(run(os.Args[1:]))
	case "command":
		if err := measure(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(7)
		}
	default:
		os.Exit(m.Run())
	}
}

// startLink starts the program with flags, and this binary's measure behind it.
func startLink(t *testing.T, port int, flags ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip(err)
	}
	link := exec.Command(os.Args[0], append(flags, "--", os.Args[0], strconv.Itoa(port))...)
	link.Env = append(os.Environ(), role+"=link")
	link.Stderr = t.Output()
	output, err := link.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Process.Kill(); _ = link.Wait() })
	return link, output
}

const uploadBytes = 2_000_000

// measure runs behind the line: it prints the shortest of some round trips, how
// long an upload takes, and a last line when that is through.
func measure(port string) error {
	server := net.JoinHostPort(os.Getenv("LINK_SERVER"), port)
	shortest := time.Hour
	for range 5 {
		start := time.Now()
		conn, err := net.Dial("tcp", server)
		if err != nil {
			return err
		}
		shortest = min(shortest, time.Since(start))
		defer conn.Close()
	}
	conn, err := net.Dial("tcp", server)
	if err != nil {
		return err
	}
	start := time.Now()
	if _, err := conn.Write(make([]byte, uploadBytes)); err != nil {
		return err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	if _, err := io.ReadAll(conn); err != nil { // the server closes once it has everything
		return err
	}
	_, err = fmt.Println(shortest.Seconds(), time.Since(start).Seconds())
	return err
}

// sink reads what each connection sends, and closes it at its end.
func sink(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp4", ":0") // the device's address does not exist yet
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestTheLineHasItsRateAndItsRoundTrip(t *testing.T) {
	link, output := startLink(t, sink(t), "--up", "20mbit", "--rtt", "40ms")
	text, err := io.ReadAll(output)
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Wait(); err != nil {
		t.Fatal(err)
	}
	var rtt, seconds float64
	if _, err := fmt.Sscan(string(text), &rtt, &seconds); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	mbit := uploadBytes * 8 / seconds / 1e6
	t.Logf("%.1f ms, %.1f Mbit/s", rtt*1000, mbit)
	if rtt < 0.040 || rtt > 0.4 { // a line is never better than it was told to be; a busy machine may make it worse
		t.Errorf("the round trip is %v s", rtt)
	}
	if mbit > 20 || mbit < 2 {
		t.Errorf("the rate is %.1f Mbit/s", mbit)
	}
}

func TestTheExitCodeIsTheCommands(t *testing.T) {
	link, _ := startLink(t, 1) // nobody listens there
	if _ = link.Wait(); link.ProcessState.ExitCode() != 7 {
		t.Errorf("exit code %d", link.ProcessState.ExitCode())
	}
}

func TestAKillLeavesNothingBehind(t *testing.T) {
	before := devices(t)
	link, output := startLink(t, sink(t), "--up", "10kbit") // takes half an hour
	eventually(t, "the device is there", func() bool { return len(devices(t)) > len(before) })
	if err := link.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(output); err != nil { // the command has our pipe, too: it has an end when both are gone
		t.Fatal(err)
	}
	_ = link.Wait()
	eventually(t, "the device is gone", func() bool { return len(devices(t)) <= len(before) })
}

func devices(t *testing.T) (names []string) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range all {
		if strings.HasPrefix(device.Name, "slipway") {
			names = append(names, device.Name)
		}
	}
	return names
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}
