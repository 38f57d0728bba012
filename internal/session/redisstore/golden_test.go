package redisstore_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// golden is all keys of a Redis, and what the broker that wrote them read there.
type golden struct {
	Entries []struct {
		Key, Text []byte
		Scores    []struct {
			Member []byte
			Score  float64
		}
		Fields []field
		Stream []struct {
			ID     string
			Fields []field
		}
	}
	Sessions []struct {
		Session session.Session
		Parts   []session.Part
	}
	Events  []session.Event
	Notices []string
}

type field struct{ Name, Value []byte }

func flat(fields []field) (list []any) {
	for _, f := range fields {
		list = append(list, f.Name, f.Value)
	}
	return list
}

// restore fills a Redis.
func (g *golden) restore(t *testing.T, client *redis.Client) {
	t.Helper()
	pipe := client.Pipeline()
	for _, e := range g.Entries {
		key := string(e.Key)
		if e.Text != nil {
			pipe.Set(t.Context(), key, e.Text, 0)
		}
		for _, s := range e.Scores {
			pipe.ZAdd(t.Context(), key, redis.Z{Member: s.Member, Score: s.Score})
		}
		if e.Fields != nil {
			pipe.HSet(t.Context(), key, flat(e.Fields)...)
		}
		for _, m := range e.Stream {
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: m.ID, Values: flat(m.Fields)})
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The file holds what the broker of commit d49bdd6 wrote: a session in each
// state, with few parts and with many, what it told, and whom it had still to
// tell. A broker is upgraded while recordings go on.
func TestRecordsOfBeforeAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/records-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil || len(g.Sessions) != 6 || len(g.Events) != 6 {
		t.Fatal(err, len(g.Sessions), len(g.Events))
	}
	m := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	g.restore(t, client)
	s := open(t, "redis://"+m.Addr(), "slipway")

	live := 0
	for _, want := range g.Sessions {
		id := want.Session.ID
		got, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", want.Session.State, err)
		}
		got.ReadAt = time.Time{}
		parts, err := s.Parts(t.Context(), id)
		if err != nil || !reflect.DeepEqual(*got, want.Session) || !slices.Equal(parts, want.Parts) {
			t.Errorf("%s: %v\n got %+v\n and %d parts\nwant %+v\n and %d", want.Session.State, err, *got, len(parts), want.Session, len(want.Parts))
		}
		if !got.State.Finished() {
			live++
		}
		// And it goes on from there.
		if next := *got; next.State == session.Open {
			if _, err := s.Report(t.Context(), id, session.Report{Parts: []session.Part{{Number: 9, Size: 9}}, Cost: 1}); err != nil {
				t.Errorf("reporting to it: %v", err)
			}
		}
	}
	page, err := s.List(t.Context(), session.Query{Limit: 100})
	if err != nil || len(page.Sessions) != live || len(page.Unreadable) > 0 {
		t.Errorf("%d are listed, want %d; unreadable are %v (%v)", len(page.Sessions), live, page.Unreadable, err)
	}
	var events []session.Event
	for e, err := range s.Follow(t.Context(), time.UnixMilli(1)) {
		if events = append(events, e); err != nil || len(events) == len(g.Events) {
			break
		}
	}
	if !reflect.DeepEqual(events, g.Events) {
		t.Errorf("the events are %+v", events)
	}
	notices, err := s.Take(t.Context(), 100, time.Minute)
	var told []string
	for _, n := range notices {
		told = append(told, n.ID)
	}
	slices.Sort(told)
	slices.Sort(g.Notices)
	if err != nil || !slices.Equal(told, g.Notices) {
		t.Errorf("%d notices are due, want %d (%v)", len(told), len(g.Notices), err)
	}
}
