package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/sessiontest"
)

func TestMain(m *testing.M) { apitest.Main(m) }

// watched is an API of which everything is counted.
func watched(t *testing.T) (*apitest.API, *Metrics) {
	t.Helper()
	m := New()
	return apitest.Start(t, func(c *httpapi.Config) {
		c.Metrics = m
		b := c.Broker
		b.Store, b.Bucket, b.Signer = m.Store(b.Store), m.Bucket(b.Bucket), m.Signer(b.Signer)
	}), m
}

// scrape is what Prometheus reads.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v", w.Code, err)
	}
	return string(text)
}

// has fails the test unless each line is there.
func has(t *testing.T, metrics string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, " ")
			name, _, _ = strings.Cut(name, "{")
			var instead []string
			for got := range strings.Lines(metrics) {
				if strings.HasPrefix(got, name) {
					instead = append(instead, strings.TrimSpace(got))
				}
			}
			t.Errorf("no %s, but %q", line, instead)
		}
	}
}

func TestARecordingIsCounted(t *testing.T) {
	a, m := watched(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(session.MinPartSize), apitest.Noise(99))
	path := "/v1/sessions/" + string(o.ID)
	a.Call(t, "POST", path+"/parts", o.Token, map[string]any{"uploaded": parts}).Want(t, 200)
	a.Call(t, "POST", path+"/complete", o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	a.Call(t, "GET", "/v1/sessions/"+string(o.ID), "", nil).Want(t, 401)
	has(t, scrape(t, m),
		"slipway_parts_signed_total 2",
		"slipway_parts_reported_total 2",
		fmt.Sprintf("slipway_bytes_reported_total %v", float64(size)),
		`slipway_session_events_total{type="opened"} 1`,
		`slipway_session_events_total{type="completed"} 1`,
		`slipway_session_events_total{type="salvaged"} 0`,
		"slipway_complete_duration_seconds_count 1",
		"slipway_sign_duration_seconds_count 2",
		`slipway_bucket_request_duration_seconds_count{op="create"} 1`,
		`slipway_bucket_request_duration_seconds_count{op="complete"} 1`,
		`slipway_http_requests_total{method="POST",route="/v1/sessions/:id/parts",status="200"} 3`,
		`slipway_http_requests_total{method="GET",route="/v1/sessions/:id",status="401"} 1`,
	)
}

// Whatever clients send, no series comes of it, and it is found nowhere.
func TestNoSeriesComesOfWhatClientsSend(t *testing.T) {
	a, m := watched(t)
	round := func(mark string) {
		o := a.Open(t, "owner-"+mark, map[string]any{"name": "name-" + mark, "metadata": map[string]string{"k": mark}})
		a.Call(t, "GET", "/v1/sessions/"+string(o.ID), o.Token, nil).Want(t, 200)
		for _, path := range []string{"/" + mark, "/v1/" + mark, "/v1/sessions/" + mark, "/v1/sessions/" + mark + "/" + mark, "/web/" + mark, "/watch/" + mark, "/healthz?" + mark,
			"/v1/recordings/" + strings.Repeat("a", 28) + "?" + mark, "/v1/orphans/" + mark + "?key=" + mark} {
			for _, method := range []string{"GET", "PUT", "DELETE", "X" + mark} {
				a.CallRaw(t, method, path, mark, "{}", "Idempotency-Key", mark, "Origin", "https://"+mark)
			}
		}
	}
	round("MARK0")
	before, err := testutil.GatherAndCount(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		round(fmt.Sprintf("MARK%d", i+1))
	}
	after, err := testutil.GatherAndCount(m.registry)
	if err != nil || after != before {
		t.Errorf("%d series became %d (%v)", before, after, err)
	}
	if text := scrape(t, m); strings.Contains(strings.ToUpper(text), "MARK") {
		t.Errorf("what a client sent is in\n%s", text)
	}
}

func TestNamesAndUnitsAreAsPrometheusWantsThem(t *testing.T) {
	_, m := watched(t)
	m.Outbox(&memstore.Store{})
	m.Count(countsOf(t, miniredis.RunT(t).Addr()), time.Hour)
	m.Answered("/", "GET", 200, time.Second)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// A call that is added to a port and forgotten here would be seen nowhere.
func TestEveryCallOfAPortIsTimed(t *testing.T) {
	m := New()
	for _, port := range []struct {
		wrapped any
		as      reflect.Type
		name    string
	}{
		{m.Store(nil), reflect.TypeFor[session.Store](), "store_request"},
		{m.Outbox(nil), reflect.TypeFor[session.Outbox](), "store_request"},
		{m.Bucket(nil), reflect.TypeFor[session.Bucket](), "bucket_request"},
		{m.Signer(nil), reflect.TypeFor[session.Signer](), "sign"},
	} {
		for method := range port.as.Methods() {
			if method.Name == "Name" { // asks nobody
				continue
			}
			before := observed(t, m, port.name)
			callWithNothing(reflect.ValueOf(port.wrapped).MethodByName(method.Name))
			if got := observed(t, m, port.name) - before; got != 1 {
				t.Errorf("%s.%s is timed %d times", port.as.Name(), method.Name, got)
			}
		}
	}
}

// callWithNothing calls a method whose arguments are all zero, and behind which
// there is nothing: it panics after all that is done before.
func callWithNothing(method reflect.Value) {
	defer func() { _ = recover() }()
	args := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < method.Type().NumIn(); i++ {
		args = append(args, reflect.Zero(method.Type().In(i)))
	}
	method.Call(args)
}

// observed is how many calls on a port were timed.
func observed(t *testing.T, m *Metrics, port string) (n uint64) {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == prefix+port+"_duration_seconds" {
			for _, op := range f.GetMetric() {
				n += op.GetHistogram().GetSampleCount()
			}
		}
	}
	return n
}

func TestErrorsAreCountedByKind(t *testing.T) {
	m := New()
	c := m.store
	for _, err := range []error{
		nil,
		&session.Error{Kind: session.NotFound},
		&session.Error{Kind: session.Unavailable, Err: context.DeadlineExceeded},
		&session.Error{Kind: session.Unavailable, Err: context.Canceled}, // the client left
		errors.New("not ours"),
	} {
		c.done(time.Now(), &err, "get")
	}
	has(t, scrape(t, m),
		`slipway_store_request_duration_seconds_count{op="get"} 5`,
		`slipway_store_request_errors_total{kind="not-found",op="get"} 1`,
		`slipway_store_request_errors_total{kind="unavailable",op="get"} 1`,
		`slipway_store_request_errors_total{kind="canceled",op="get"} 1`,
		`slipway_store_request_errors_total{kind="internal",op="get"} 1`,
	)
}

func TestRoundsAreCounted(t *testing.T) {
	m := New()
	m.Reaped(session.Reaped{Salvaged: 2, Failed: 1, Broken: []session.ID{"a", "b"}}, nil)
	m.Reaped(session.Reaped{Salvaged: 1, Lost: 1}, errors.New("Redis went away"))
	m.Swept(session.Swept{Uploads: 9, Adopted: 1, Orphans: 3, OrphanBytes: 5000}, nil)
	m.Swept(session.Swept{Uploads: 1, Failed: 8}, errors.New("S3 went away")) // it saw a part of them only
	text := scrape(t, m)
	has(t, text,
		`slipway_reaped_total{outcome="salvaged"} 3`,
		`slipway_reaped_total{outcome="lost"} 1`,
		`slipway_reaped_total{outcome="failed"} 1`,
		`slipway_reaped_total{outcome="aborted"} 0`,
		"slipway_unreadable_records 2",
		`slipway_swept_total{outcome="adopted"} 1`,
		`slipway_swept_total{outcome="failed"} 8`,
		"slipway_uploads 9",
		"slipway_orphans 3",
		"slipway_orphan_bytes 5000",
	)
	for _, round := range []string{"reap", "sweep"} {
		if !strings.Contains(text, `slipway_round_last_success_timestamp_seconds{round="`+round+`"} 1.`) { // a time of today
			t.Errorf("a %s that succeeded is not noted", round)
		}
	}
}

// A time of 0 would be an alert at each start, and no orphans a guess.
func TestWhatNoRoundHasSeenHasNoSeries(t *testing.T) {
	m := New()
	m.Reaped(session.Reaped{}, errors.New("Redis is away"))
	m.Swept(session.Swept{Uploads: 1, Orphans: 1}, errors.New("S3 is away"))
	for line := range strings.Lines(scrape(t, m)) {
		for _, name := range []string{"round_last_success_timestamp_seconds", "unreadable_records", "uploads", "orphans", "orphan_bytes"} {
			if strings.HasPrefix(line, prefix+name+" ") || strings.HasPrefix(line, prefix+name+"{") {
				t.Errorf("before the first whole round there is %s", line)
			}
		}
	}
}

func countsOf(t *testing.T, addr string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), "redis://"+addr, "slipway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestCountsAreKeptForAWhile(t *testing.T) {
	redis := miniredis.RunT(t)
	store := countsOf(t, redis.Addr())
	m := New()
	now := time.Now()
	c := &counts{counter: store, idle: time.Hour, calls: m.store, now: func() time.Time { return now }}
	m.registry.MustRegister(c)
	open := func() {
		if _, err := store.Swap(t.Context(), session.Change{Session: sessiontest.NewSession("ann")}); err != nil {
			t.Fatal(err)
		}
	}
	open()
	has(t, scrape(t, m), `slipway_sessions{state="open"} 1`, `slipway_sessions{state="completed"} 0`, "slipway_webhook_backlog 0")
	open()
	now = now.Add(keepCounts - time.Millisecond)
	has(t, scrape(t, m), `slipway_sessions{state="open"} 1`, `slipway_store_request_duration_seconds_count{op="count"} 1`)
	now = now.Add(time.Millisecond)
	has(t, scrape(t, m), `slipway_sessions{state="open"} 2`)
	redis.Close()
	now = now.Add(keepCounts)
	text := scrape(t, m)
	if strings.Contains(text, "slipway_sessions{") || strings.Contains(text, "slipway_webhook_backlog") {
		t.Error("there are counts though Redis is gone")
	}
	has(t, scrape(t, m), `slipway_store_request_errors_total{kind="unavailable",op="count"} 1`)
}
