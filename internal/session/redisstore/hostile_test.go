package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// hostileParts are as many parts as there can be, each as dear as it can be.
func hostileParts(from, to int) []session.Part {
	var parts []session.Part
	for n := from; n <= to; n++ {
		etag := session.ETag(`"` + strings.Repeat("x", session.MaxETagBytes-2) + `"`)
		parts = append(parts, session.Part{Number: session.PartNumber(n), Size: int64(n), ETag: etag})
	}
	return parts
}

// costs is a hook that asks Redis around each command how long it has computed
// for it. A machine that does much else makes a command last longer, and not
// compute longer.
type costs struct {
	t        *testing.T
	server   *redistest.Server
	plain    *redis.Client // without a hook
	together bool          // a call may send several commands in one round trip
	commands int
	longest  time.Duration
}

func (c *costs) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *costs) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		before := computed(c.t, c.server)
		err := next(ctx, cmd)
		c.commands++
		c.longest = max(c.longest, computed(c.t, c.server)-before)
		return err
	}
}

// ProcessPipelineHook sends what would go in one round trip one after another, to
// see what each command takes.
func (c *costs) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	apart := c.ProcessHook(c.plain.Process)
	return func(ctx context.Context, cmds []redis.Cmder) (err error) {
		if !c.together {
			return fmt.Errorf("%d commands in one round trip; one call sends one after another", len(cmds))
		}
		for _, cmd := range cmds {
			err = cmp.Or(err, apart(ctx, cmd))
		}
		return err
	}
}

// computed is for how long the thread of Redis that carries out commands has
// computed since it started.
func computed(t *testing.T, server *redistest.Server) (sum time.Duration) {
	t.Helper()
	info, err := server.Do("INFO", "cpu")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"used_cpu_user_main_thread:", "used_cpu_sys_main_thread:"} {
		_, after, found := strings.Cut(info, field)
		seconds, _, _ := strings.Cut(after, "\r\n")
		d, err := time.ParseDuration(seconds + "s")
		if !found || err != nil {
			t.Fatalf("%s %v in\n%s", field, err, info)
		}
		sum += d
	}
	return sum
}

// hostile is a call that is as dear as it can be.
type hostile struct {
	name     string
	commands int                                  // at most, where they may go together
	before   func(*Store, *session.Session) error // of what it finds; it loads the scripts, too
	call     func(*Store, *session.Session) error
}

// most is how long one command may keep Redis. 12 ms were seen, 21 beside 18 other
// processes; before, one report of 64 parts and 10,000 times the last took 1.3 s.
const most = 40 * time.Millisecond

func (h hostile) keepsRedisForMoments(t *testing.T, together bool) {
	server := redistest.Start(t)
	client, err := Dial("redis://" + server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(client, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	plain := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _, _ = s.Close(), plain.Close() })
	rec := sessiontest.NewSession("ann")
	if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
		t.Fatal(err)
	}
	if err := h.before(s, rec); err != nil {
		t.Fatal(err)
	}
	cost := &costs{t: t, server: server, plain: plain, together: together}
	client.AddHook(cost)
	if err := h.call(s, rec); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d commands, of which the longest took %v", cost.commands, cost.longest)
	if cost.commands > h.commands || !together && cost.commands < h.commands || cost.longest > most {
		t.Errorf("want %d commands of at most %v", h.commands, most)
	}
}

// A body may say what it likes: no single command keeps Redis, which does one
// thing at a time, for long. docs/security.md has the numbers.
func TestNoBodyKeepsRedisForLong(t *testing.T) {
	backwards := hostileParts(1, session.MaxPartNumber)
	slices.Reverse(backwards)
	for _, h := range []hostile{
		{"10,000 parts at once", 20, report(nil), report(hostileParts(1, session.MaxPartNumber))},
		{"10,000 parts at once, the last first", 20, report(nil), report(backwards)},
		{"10,000 parts again", 20, report(hostileParts(1, session.MaxPartNumber)), report(backwards)},
		{"64 parts that stand in the record, the last first", 1, report(hostileParts(1, 64)), report(backwards[session.MaxPartNumber-64:])},
		{"the 65th part, which moves all to the hash", 1, report(hostileParts(1, 64)), report(hostileParts(65, 65))},
		{"10,000 parts that were forgotten", 20, report(nil), func(s *Store, _ *session.Session) error {
			got, err := s.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("bob"), Parts: hostileParts(1, session.MaxPartNumber)})
			if err == nil && got.PartsReported != session.MaxPartNumber {
				err = fmt.Errorf("%d parts", got.PartsReported)
			}
			return err
		}},
		{"a look at 10,000 parts", 2, report(hostileParts(1, session.MaxPartNumber)), func(s *Store, rec *session.Session) error {
			parts, err := s.Parts(t.Context(), rec.ID)
			if err == nil && len(parts) != session.MaxPartNumber {
				err = fmt.Errorf("%d parts", len(parts))
			}
			return err
		}},
		{"the end of 10,000 parts", 2, report(hostileParts(1, session.MaxPartNumber)), func(s *Store, rec *session.Session) error {
			now, err := s.Get(t.Context(), rec.ID)
			if err != nil {
				return err
			}
			now.State = session.Aborted
			_, err = s.Swap(t.Context(), session.Change{Session: now, From: now.Revision})
			return err
		}},
		{"a name, an owner and metadata as long as they may be", 1, report(nil), func(s *Store, _ *session.Session) error {
			rec := sessiontest.NewSession(session.Owner(strings.Repeat("o", session.MaxOwnerBytes)))
			rec.Name, rec.UploadID = strings.Repeat("n", session.MaxNameBytes), session.UploadID(strings.Repeat("u", 1024))
			_, err := s.Swap(t.Context(), session.Change{Session: rec})
			return err
		}},
	} {
		t.Run(h.name, func(t *testing.T) { h.keepsRedisForMoments(t, false) })
	}
}

func report(parts []session.Part) func(*Store, *session.Session) error {
	return func(s *Store, rec *session.Session) error {
		got, err := s.Report(context.Background(), rec.ID, session.Report{Parts: parts})
		if err == nil && got.PartsReported < len(parts) {
			err = fmt.Errorf("%d parts of %d are noted", got.PartsReported, len(parts))
		}
		return err
	}
}
