package redisstore

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

var commandCalls = regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`)

// insideScripts counts the commands that scripts carry out while do runs, by name.
func insideScripts(t *testing.T, server *redistest.Server, do func()) (calls map[string]int, sum int) {
	t.Helper()
	if _, err := server.Do("CONFIG", "RESETSTAT"); err != nil {
		t.Fatal(err)
	}
	do()
	info, err := server.Do("INFO", "commandstats")
	if err != nil {
		t.Fatal(err)
	}
	calls = map[string]int{}
	for _, m := range commandCalls.FindAllStringSubmatch(info, -1) {
		if name := m[1]; name != "evalsha" && name != "info" && !strings.HasPrefix(name, "config") {
			calls[name], _ = strconv.Atoi(m[2])
			sum += calls[name]
		}
	}
	return calls, sum
}

// reported is a session on a real Redis, whose scripts are loaded, with limits that
// are never reached.
func reported(t *testing.T, server *redistest.Server, owner session.Owner, parts int) (s *Store, rec *session.Session, rep session.Report) {
	t.Helper()
	s = openReal(t, server)
	rec = sessiontest.NewSession(owner)
	if _, err := s.Swap(t.Context(), session.Change{Session: rec, Parts: numbered(1, parts)}); err != nil {
		t.Fatal(err)
	}
	rep = session.Report{URLsExpireAt: time.Now().Add(time.Hour), Owner: owner, Cost: 1,
		Rates: session.Rates{Session: session.Rate{PerSecond: 100, Burst: 20_000}, Owner: session.Rate{PerSecond: 1000, Burst: 100_000}}}
	if _, err := s.Report(t.Context(), rec.ID, rep); err != nil {
		t.Fatal(err)
	}
	return s, rec, rep
}

// age lets it look as if a session had last been indexed so long before.
func age(t *testing.T, s *Store, id session.ID, d time.Duration) {
	t.Helper()
	key := s.keys(id.Tag()).record(mustPack(t, id))
	head := strings.SplitN(s.client.Get(t.Context(), key).Val(), " ", 5)
	at, err := strconv.ParseInt(head[3], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	head[3] = fmt.Sprint(at - d.Milliseconds())
	if err := s.client.Set(t.Context(), key, strings.Join(head, " "), 0).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAReportCarriesOutFewCommands(t *testing.T) {
	server := redistest.Start(t)
	for i, tc := range []struct {
		name   string
		parts  int
		before func(t *testing.T, s *Store, rec *session.Session, rep *session.Report)
		want   int
	}{
		{name: "as a rule", parts: 20, want: 3},
		{name: "where the last activity moves in the index", parts: 20, before: func(t *testing.T, s *Store, rec *session.Session, _ *session.Report) {
			age(t, s, rec.ID, session.IndexedWithin)
		}, want: 4},
		{name: "where the owner's rate is taken ahead", parts: 20, before: func(_ *testing.T, _ *Store, _ *session.Session, rep *session.Report) { rep.Cost = 16 }, want: 4},
		{name: "where bytes count to the owner's day", parts: 20, before: func(t *testing.T, s *Store, rec *session.Session, rep *session.Report) {
			rep.CountBytes, rep.Parts = true, numbered(22, 22)
			if _, err := s.Report(t.Context(), rec.ID, *rep); err != nil { // the day's first sets its end
				t.Fatal(err)
			}
		}, want: 4},
		{name: "of a session that has its parts in a hash", parts: 100, want: 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, rec, rep := reported(t, server, session.Owner(fmt.Sprint("ann", i)), tc.parts)
			if tc.before != nil {
				tc.before(t, s, rec, &rep)
			}
			rep.Parts = numbered(tc.parts+1, tc.parts+1)
			calls, sum := insideScripts(t, server, func() {
				if _, err := s.Report(t.Context(), rec.ID, rep); err != nil {
					t.Fatal(err)
				}
			})
			if sum != tc.want {
				t.Errorf("%d commands, want %d: %v", sum, tc.want, calls)
			}
		})
	}
}

// A part of 5 MiB every 5 s is a recording at 8 Mbit/s.
func TestARecordingCarriesOutFourCommandsAReport(t *testing.T) {
	const parts = 60
	server := redistest.Start(t)
	s, rec, rep := reported(t, server, "ann", 1)
	calls, sum := insideScripts(t, server, func() {
		for n := range parts {
			rep.Parts = numbered(n+2, n+2)
			if _, err := s.Report(t.Context(), rec.ID, rep); err != nil {
				t.Fatal(err)
			}
			if n%2 == 1 {
				age(t, s, rec.ID, session.IndexedWithin)
			}
		}
	})
	sum -= parts // age: a GET and a SET, for each second part
	t.Logf("%.2f commands a report: %v", float64(sum)/parts, calls)
	if sum > 4*parts {
		t.Errorf("%d commands in %d reports: %v", sum, parts, calls)
	}
}
