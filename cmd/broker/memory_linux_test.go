package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"slipway/internal/session"
)

// A listing of 20,000 sessions takes the program no more memory than one of
// 1,000, which is a page: it holds a page, and not the listing. To hold 19,000
// more rows it would take some 30 MiB.
func TestLongListingTakesNoMoreMemory(t *testing.T) {
	const few, many, slack = session.MaxPage, 20_000, 8 << 10 // KiB
	env := serveMany(t, many)
	for _, form := range []string{"table", "ndjson"} {
		little, much := highWater(t, env, form, few), highWater(t, env, form, many)
		t.Logf("%s: %d KiB for %d sessions, %d KiB for %d", form, little, few, much, many)
		if much > little+slack {
			t.Errorf("%s: the program grew from %d KiB to %d KiB", form, little, much)
		}
	}
}

// highWater lists so many sessions, and stops reading shortly before the end,
// when the program has all and cannot end yet. It returns the most memory the
// program had resident until then, in KiB. (What wait4 tells is no less than
// what this test takes itself: the child begins in its parent's memory.)
func highWater(t *testing.T, env []string, form string, sessions int) int {
	t.Helper()
	const tidy = "GOGC=10" // so that little of what is measured is garbage
	cmd := program(t.Context(), append(env, tidy), "sessions", "list", "-o", form, "--limit", fmt.Sprint(sessions))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kib, rows := 0, 0
	const unread = 500 // rows: more than the pipe holds
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if !strings.Contains(lines.Text(), "owner-") {
			continue
		}
		if rows++; rows == sessions-unread {
			kib = resident(t, cmd.Process.Pid)
		}
	}
	if err := cmd.Wait(); err != nil || rows != sessions {
		t.Fatalf("%d rows of %d (%v)", rows, sessions, err)
	}
	return kib
}

func resident(t *testing.T, pid int) (kib int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kib); err != nil || kib == 0 {
		t.Fatalf("%s (%v)", status, err)
	}
	return kib
}
