package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/metrics"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// outrun is a Store in which somebody else is always quicker.
type outrun struct{ session.Store }

func (outrun) Swap(context.Context, session.Change) (*session.Session, error) {
	return nil, &session.Error{Kind: session.Conflict, Reason: session.ReasonStale}
}

func TestASessionThatTheReaperPassesOverForLongIsTold(t *testing.T) {
	var skew time.Duration
	store := &memstore.Store{Now: func() time.Time { return time.Now().Add(skew) }}
	rec := sessiontest.NewSession("ann")
	opened, err := store.Swap(t.Context(), session.Change{Session: rec})
	if err != nil {
		t.Fatal(err)
	}
	rec.State, rec.Intent = session.Completing, &session.Intent{}
	if _, err := store.Swap(t.Context(), session.Change{Session: rec, From: opened.Revision}); err != nil {
		t.Fatal(err)
	}
	skew = time.Hour
	var log written
	m := metrics.New()
	c := &care{broker: &session.Broker{Store: outrun{store}, Now: time.Now}, metrics: m, log: slog.New(slog.NewJSONHandler(&log, nil))}
	for round := 1; round <= fewRounds+2; round++ {
		if err := c.reap(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 0
		if round > fewRounds {
			want = 1
		}
		if told := strings.Count(log.String(), `"msg":"passed over","session":"`+string(rec.ID)); told != want {
			t.Errorf("after %d rounds it was told %d times; want %d:\n%s", round, told, want, log.String())
		}
		answer := httptest.NewRecorder()
		m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if line := fmt.Sprintf("\nslipway_passed_over_sessions %d\n", want); !strings.Contains(answer.Body.String(), line) {
			t.Errorf("after %d rounds there is no %q", round, line)
		}
	}
}

// Redis evicts the largest keys of all first, if it may evict: these are the
// hashes of long recordings.
func TestARecordingOfWhichRedisEvictedSomethingIsSalvaged(t *testing.T) {
	for _, c := range []struct {
		name, key string // a pattern
		parts     int    // that are reported
	}{
		{"the parts", "*}p*", 65}, // one more than stand in a record
		{"the index", "*}:open", 1},
	} {
		t.Run(c.name, func(t *testing.T) { salvagedWithout(t, c.key, c.parts) })
	}
}

func salvagedWithout(t *testing.T, key string, reported int) {
	t.Helper()
	server := redistest.Start(t)
	s := settle(t)
	s.RedisURL = "redis://" + server.Addr
	s.AbandonAfter, s.ResumeWindow, s.ReapEvery = 5*time.Second, time.Hour, time.Second
	s.SweepEvery = time.Second
	broker := run(t, s)
	var opened struct{ ID, Token string }
	res := broker.call(t, http.MethodPost, "/v1/sessions", broker.key, `{"content_type":"video/webm","owner":"ann"}`)
	if err := json.NewDecoder(res.Body).Decode(&opened); err != nil {
		t.Fatal(err)
	}
	var signed struct{ URLs []struct{ URL string } }
	res = broker.call(t, http.MethodPost, "/v1/sessions/"+opened.ID+"/parts", opened.Token, `{"sign":[{"number":1,"size":9}],"ttl_s":1}`)
	if err := json.NewDecoder(res.Body).Decode(&signed); err != nil || len(signed.URLs) != 1 {
		t.Fatal(res.Status, err)
	}
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URLs[0].URL, strings.NewReader("recording"))
	if err != nil {
		t.Fatal("the URL cannot be used")
	}
	if res, err := http.DefaultClient.Do(put); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal("the part cannot be uploaded")
	}
	parts := make([]string, reported)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"number":%d,"size":9}`, i+1)
	}
	if res := broker.call(t, http.MethodPost, "/v1/sessions/"+opened.ID+"/parts", opened.Token, `{"uploaded":[`+strings.Join(parts, ",")+`]}`); res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	defer client.Close()
	hashes, err := client.Keys(t.Context(), key).Result()
	if err != nil || len(hashes) != 1 || client.Del(t.Context(), hashes...).Err() != nil {
		t.Fatal(hashes, err)
	}
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(broker.log.String(), `"msg":"reaped","salvaged":1,`); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it was not salvaged:\n%s", broker.log.String())
		}
	}
}
