package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// fillOutbox fills the outbox of ann's sessions with notices that are due some
// other day.
func fillOutbox(t *testing.T, server *redistest.Server, prefix string, n int) {
	t.Helper()
	tag := fmt.Sprintf("{%s:%02x}", prefix, session.TagOf("ann"))
	script := `"for i=1,` + fmt.Sprint(n) + ` do local id=string.format('old.%05d-completed',i)` +
		` redis.call('ZADD',KEYS[1],9e15,id) redis.call('ZADD',KEYS[2],i,id) redis.call('HSET',KEYS[3],id,'- 0 ') end return 1"`
	if answer, err := server.Do("EVAL", script, "3", tag+":due", tag+":queue", tag+":notice"); err != nil || answer != ":1" {
		t.Fatal(answer, err)
	}
}

// Whoever is told by webhooks, and of some of them not, is told that much by the
// log and the metrics.
func TestAWebhookThatTheOutboxHasNoRoomForIsLoggedAndCounted(t *testing.T) {
	server := redistest.Start(t)
	url, _ := receiver(t, func() {})
	s := telling(t, url)
	s.RedisURL, s.MetricsListen = "redis://"+server.Addr, "127.0.0.1:0"
	fillOutbox(t, server, s.RedisPrefix, 10_000)
	broker := run(t, s)
	counted := func(n int) {
		t.Helper()
		if text := broker.metrics(t); !strings.Contains(text, fmt.Sprintf(`slipway_webhooks_total{outcome="dropped"} %d`, n)) {
			t.Errorf("the metrics do not show %d dropped webhooks", n)
		}
	}
	counted(0)
	aborted := broker.abort(t)
	counted(1)
	id := broker.abandon(t)
	claim := fmt.Sprintf(`{"parts":[{"number":1,"size":%d}],"size":%d}`, len(recorded), len(recorded))
	if res := broker.call(t, http.MethodPost, "/v1/sessions/"+string(id)+"/complete", broker.key, claim); res.StatusCode != http.StatusOK {
		t.Fatalf("complete: %s %s", res.Status, body(t, res))
	}
	counted(2)
	var dropped []string
	for line := range strings.Lines(broker.log.String()) {
		if strings.Contains(line, "webhook dropped") {
			dropped = append(dropped, line)
		}
	}
	if len(dropped) != 2 || !strings.Contains(dropped[0], `"webhook":"`+string(aborted)+`-aborted"`) || !strings.Contains(dropped[1], `"webhook":"old.00001-completed"`) ||
		strings.Count(strings.Join(dropped, ""), `"level":"WARN"`) != 2 {
		t.Errorf("the log says %q; want a warning for the abort, and one for the oldest", dropped)
	}
}
