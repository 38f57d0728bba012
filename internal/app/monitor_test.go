package app

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// metrics is what Prometheus reads.
func (r *running) metrics(t *testing.T) string {
	t.Helper()
	res, err := http.Get("http://" + r.metricsAddr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", res.Status, err)
	}
	return string(text)
}

func TestMetricsAreAnsweredAtAnAddressOfTheirOwn(t *testing.T) {
	s := settle(t)
	s.MetricsListen = "127.0.0.1:0"
	broker := run(t, s)
	if res := broker.call(t, http.MethodGet, "/metrics", broker.key, ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("where browsers come /metrics is answered with %s", res.Status)
	}
	broker.open(t)
	text := broker.metrics(t)
	for _, want := range []string{`slipway_sessions{state="open"} 1`, "slipway_parts_signed_total 1", `slipway_bucket_request_duration_seconds_count{op="create"} 1`,
		`slipway_http_requests_total{method="POST",route="/v1/sessions",status="201"} 1`, "slipway_build_info{", "go_goroutines ", "process_resident_memory_bytes "} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if res, err := http.Get("http://" + broker.metricsAddr + "/v1/sessions"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("where Prometheus comes there is more than /metrics: %v, %v", res, err)
	}
	if err := broker.stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, "http://"+broker.metricsAddr+"/metrics")
}

func TestNobodyIsAskedForMetricsThatNobodyWants(t *testing.T) {
	if broker := run(t, settle(t)); broker.metricsAddr != "" {
		t.Errorf("they are at %s", broker.metricsAddr)
	}
}

func TestAnAddressThatIsTakenIsNamed(t *testing.T) {
	s := settle(t)
	s.MetricsListen = "127.0.0.1:0"
	taken := run(t, s)
	s.MetricsListen = taken.metricsAddr
	if _, err := New(t.Context(), s, Options{Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.HasPrefix(err.Error(), "BROKER_METRICS_LISTEN: ") {
		t.Errorf("the error is %v", err)
	}
}

// The rounds' own lines and series, for a recording that nobody ends.
func TestWhatARoundDoesIsLoggedAndCounted(t *testing.T) {
	s := settle(t)
	s.MetricsListen, s.AbandonAfter, s.ResumeWindow, s.ReapEvery, s.SweepEvery = "127.0.0.1:0", time.Second, time.Second, time.Second, time.Second
	broker := run(t, s)
	id := broker.abandon(t)
	line := `"msg":"acted","act":"salvaged","session":"` + string(id) + `"`
	for deadline := time.Now().Add(60 * time.Second); !strings.Contains(broker.log.String(), line); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in\n%s", line, broker.log.String())
		}
	}
	for _, want := range []string{`slipway_reaped_total{outcome="salvaged"} 1`, `slipway_session_events_total{type="salvaged"} 1`} {
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(broker.metrics(t), want); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no %s", want)
			}
		}
	}
}
