package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/session"
)

// A phone uploads all it announced, says so once more, and never asks for the
// end. The webhook tells that the broker completed it.
func TestWhatIsWholeIsCompletedAndToldOf(t *testing.T) {
	url, came := receiver(t, func() {})
	s := telling(t, url)
	s.MetricsListen = "127.0.0.1:0"
	broker := run(t, s)
	var opened struct {
		ID    session.ID
		Token string
		URLs  []struct{ URL string }
	}
	res := broker.call(t, http.MethodPost, "/v1/sessions", broker.key,
		fmt.Sprintf(`{"content_type":"video/webm","owner":"ann","size":%d,"finish":"when-whole","sign":[{"number":1,"size":%[1]d}]}`, len(recorded)))
	if err := json.NewDecoder(res.Body).Decode(&opened); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("open: %s, %v", res.Status, err)
	}
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, opened.URLs[0].URL, strings.NewReader(recorded))
	if err != nil {
		t.Fatal("the URL cannot be used")
	}
	sent, err := http.DefaultClient.Do(put)
	if err != nil || sent.StatusCode != http.StatusOK {
		t.Fatal("the part cannot be uploaded")
	}
	_ = sent.Body.Close()
	if res := broker.call(t, http.MethodPost, "/v1/sessions/"+string(opened.ID)+"/parts", opened.Token, `{}`); res.StatusCode != http.StatusOK {
		t.Fatalf("the sign of life: %s", res.Status)
	}
	body := next(t, came)
	for _, want := range []string{`"type":"recording.completed"`, `"id":"` + string(opened.ID) + `"`, fmt.Sprintf(`"size":%d`, len(recorded))} {
		if !bytes.Contains([]byte(body), []byte(want)) {
			t.Errorf("no %s in the webhook %s", want, body)
		}
	}
	text := broker.metrics(t)
	for _, want := range []string{`slipway_probes_total{outcome="whole"} 1`, "slipway_whole_duration_seconds_count 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}
