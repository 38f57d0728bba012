package load

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) Target {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return Target{Addrs: []string{strings.TrimPrefix(s.URL, "http://")}, Request: func(int, int) []byte { return []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }}
}

func TestALateAnswerDelaysTheNextOnPaper(t *testing.T) {
	const pause = 200 * time.Millisecond
	first := true
	target := serve(t, func(http.ResponseWriter, *http.Request) {
		if first { // one connection: one request at a time
			first = false
			time.Sleep(pause)
		}
	})
	r, err := Run(target, Plan{Conns: 1, For: time.Minute, Rate: 100, Most: 10})
	if err != nil || r.Requests != 10 {
		t.Fatalf("%d requests, %v; want 10", r.Requests, err)
	}
	// The last was due at 90 ms and could only be sent at 200 ms.
	if fastest := r.Late[0]; fastest < pause-90*time.Millisecond {
		t.Errorf("a request that was held up counts %v", fastest)
	}
}

func TestWhoDoesNotKeepUpSendsFewer(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) })
	r, err := Run(target, Plan{Conns: 1, For: 200 * time.Millisecond, Rate: 1000})
	if err != nil || r.Requests < 1 || r.Requests > 10 {
		t.Errorf("%d of 200 requests, %v; want 10 at most", r.Requests, err)
	}
}

func TestMostEndsARun(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, most := range []int{1, 7, 8} {
		if r, err := Run(target, Plan{Conns: 4, For: time.Minute, Most: most}); err != nil || r.Requests != most {
			t.Errorf("%d requests, %v; want %d", r.Requests, err, most)
		}
	}
}

func TestARefusalFailsTheRun(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusRequestHeaderFieldsTooLarge)
	})
	_, err := Run(target, Plan{Conns: 2, For: time.Second, Most: 2})
	if r, ok := errors.AsType[*Refused](err); !ok || r.Status != 431 {
		t.Errorf("%v", err)
	}
}
