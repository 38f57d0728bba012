package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"slipway/internal/session"
)

// printable is text that is safe for a terminal. It is quoted in Go's way if
// it contains something invisible that has an effect, such as an escape
// sequence, a line break or a mark that turns the direction of writing. It is
// also quoted if it looks quoted already, or is empty.
func printable(text string) string {
	seen := func(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }
	plain := strings.TrimSpace(text) == text && !strings.HasPrefix(text, `"`) &&
		strings.IndexFunc(text, func(r rune) bool { return !seen(r) }) < 0
	if plain {
		return text
	}
	return strconv.Quote(text)
}

// sizeText is a number of bytes to people: 512 B, 5.0 MiB.
func sizeText(bytes int64) string {
	if bytes < 1<<10 {
		return fmt.Sprintf("%d B", bytes)
	}
	n, unit := float64(bytes)/(1<<10), 0
	const units = "KMGTPE"
	for ; n >= 1023.95 && unit < len(units)-1; unit++ { // 1023.95 would be shown as 1024.0
		n /= 1 << 10
	}
	return fmt.Sprintf("%.1f %ciB", n, units[unit])
}

// spanText is a length of time to people, in two units at most: 42s, 3m5s,
// 2h10m, 12d3h.
func spanText(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// stateColour is green while parts arrive, yellow while the session ends, and
// faint if nothing is left.
func stateColour(s session.State) string {
	switch s {
	case session.Open:
		return "32"
	case session.Completing, session.Aborting:
		return "33"
	case session.Aborted, session.Deleted:
		return "2"
	}
	return ""
}
