package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Counts is what clients met. The zero value is ready; it is safe for
// concurrent use.
type Counts struct {
	mu sync.Mutex // guards all below

	puts        map[string]int // by S3's answer
	bytes       int64          // sent to S3, whether it took them or not
	calls       map[string]int // that were repeated, by why
	newSessions map[string]int // by why
	pending     int            // 202: completing, ask again
	conflicts   int            // 409: parts differ
}

func (c *Counts) put(answer string, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	count(&c.puts, answer)
	c.bytes += bytes
}

func (c *Counts) retriedCall(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	count(&c.calls, why)
}

func (c *Counts) newSession(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	count(&c.newSessions, why)
}

func (c *Counts) askedAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending++
}

func (c *Counts) differed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conflicts++
}

// String has one line for each thing counted.
func (c *Counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("PUTs by S3's answer: %s; %.1f MB sent\ncalls repeated: %s\n202 to complete: %d\n409 parts-differ: %d\nnew sessions: %s",
		list(c.puts), float64(c.bytes)/1e6, list(c.calls), c.pending, c.conflicts, list(c.newSessions))
}

func count[K comparable](m *map[K]int, key K) {
	if *m == nil {
		*m = make(map[K]int)
	}
	(*m)[key]++
}

// list writes "total (this 3, that 4)".
func list[K ~string](m map[K]int) string {
	total := 0
	var each []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		total += m[key]
		each = append(each, fmt.Sprintf("%s %d", string(key), m[key]))
	}
	if total == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(each, ", "))
}
