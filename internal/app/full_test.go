package app

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/session/redisstore/redistest"
)

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestABrokerWhoseRedisIsFull(t *testing.T) {
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	s := settle(t)
	s.RedisURL, s.MetricsListen = "redis://"+server.Addr, "127.0.0.1:0"
	broker := run(t, s)
	id, _ := broker.open(t)
	ready := func() string { return body(t, broker.call(t, http.MethodGet, "/readyz", "", "")) }
	orphans := func() int {
		return strings.Count(body(t, broker.call(t, http.MethodGet, "/v1/orphans", broker.key, "")), `"upload_id"`)
	}
	before := orphans()
	if now := ready(); now != `{"status":"ok"}` {
		t.Errorf("a broker whose Redis has room says %s", now)
	}
	if answer, err := server.Do("CONFIG", "SET", "maxmemory", "1"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	res := broker.call(t, http.MethodPost, "/v1/sessions", broker.key, `{"content_type":"video/webm","owner":"bob"}`)
	if problem := body(t, res); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(problem, `"reason":"redis-full"`) || !strings.Contains(problem, "OOM") {
		t.Errorf("another session is answered %s %s", res.Status, problem)
	}
	if n := orphans(); n != before {
		t.Errorf("%d uploads are left of a session that was refused", n-before)
	}
	if res := broker.call(t, http.MethodGet, "/v1/sessions/"+string(id), broker.key, ""); res.StatusCode != http.StatusOK {
		t.Errorf("the session that runs is shown with %s", res.Status)
	}
	if res := broker.call(t, http.MethodGet, "/readyz", "", ""); res.StatusCode != http.StatusOK || body(t, res) != `{"status":"redis-full"}` {
		t.Errorf("readyz is answered %s", res.Status)
	}
	if text := broker.metrics(t); !strings.Contains(text, `slipway_redis_refuses{word="OOM"} 1`) || !strings.Contains(text, `slipway_redis_refuses{word="READONLY"} 0`) {
		t.Error("the metrics do not show it")
	}
	if res := broker.call(t, http.MethodDelete, "/v1/sessions/"+string(id), broker.key, ""); res.StatusCode != http.StatusOK {
		t.Errorf("the session that runs is aborted with %s", res.Status)
	}
}
