package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/session"
)

const anID = session.ID("00aaaaaaaaaaaaaaaaaaaaaaaaaaw")

// proxy answers like a proxy in front of a broker: badly, times times, and then
// it lets through an answer as brokers give it.
func proxy(t *testing.T, times int32, badly http.HandlerFunc, answer string) (*Client, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= times {
			badly(w, r)
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	c, err := New(s.URL, "sk_test")
	if err != nil {
		t.Fatal(err)
	}
	return c, &calls
}

func refuse(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name, value, found := strings.Cut(header, ": "); found {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func cutInTheMiddle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"id":`))
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	aborted := `{"id":"` + string(anID) + `","state":"aborted"}`
	for _, c := range []struct {
		name  string
		badly http.HandlerFunc
	}{
		{"a bad gateway", refuse(502, "", "<html>")},
		{"a broker whose Redis is away", refuse(503, "", `{"code":"unavailable","reason":"redis","detail":"x"}`)},
		{"too many requests", refuse(429, "Retry-After: 0", `{"code":"limited","detail":"x"}`)},
		{"a connection that is cut", cut},
		{"half an answer", cutInTheMiddle},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, calls := proxy(t, tries-1, c.badly, aborted)
			if done, err := client.Abort(t.Context(), anID, 0); err != nil || done.V.State != session.Aborted || calls.Load() != tries {
				t.Errorf("%d calls: %+v, %v", calls.Load(), done.V, err)
			}
			client, calls = proxy(t, tries, c.badly, aborted)
			if _, err := client.Abort(t.Context(), anID, 0); err == nil || calls.Load() != tries {
				t.Errorf("after %d calls: %v", calls.Load(), err)
			}
		})
	}
}

func TestWhatDoesNotPassIsNotTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		badly http.HandlerFunc
		want  string
	}{
		{"a refusal", refuse(409, "", `{"code":"conflict","reason":"empty","detail":"nothing was uploaded","request_id":"ABC"}`), "conflict (empty): nothing was uploaded (request_id ABC)"},
		{"a refusal that would steer a terminal", refuse(409, "", `{"code":"conflict","detail":"a\u001b[31mb"}`), "conflict: a�[31mb"},
		{"a broker that wants to be left alone for long", refuse(503, "Retry-After: 31", `{"code":"unavailable","detail":"x"}`), "unavailable: x"},
		{"another server", refuse(404, "", "<html>"), "URL answered 404 Not Found, and not as a broker does"},
		{"another server that says yes", refuse(200, "", "<html>"), "URL answered 200 OK, and not as a broker does"},
		{"a redirect", refuse(302, "Location: https://elsewhere.example/", ""), "URL answered 302 Found, and not as a broker does; it points to https://elsewhere.example/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, calls := proxy(t, tries, c.badly, "")
			_, err := client.Show(t.Context(), anID)
			if err == nil || strings.ReplaceAll(err.Error(), client.base, "URL") != c.want || calls.Load() != 1 {
				t.Errorf("after %d calls: %v", calls.Load(), err)
			}
		})
	}
}

func TestAskedWaitIsKept(t *testing.T) {
	client, _ := proxy(t, 1, refuse(503, "", `{"code":"unavailable","detail":"x","retry_after_ms":600}`), `{}`)
	start := time.Now()
	if _, err := client.Show(t.Context(), anID); err != nil || time.Since(start) < 600*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

func TestAGrantIsAskedForOnce(t *testing.T) {
	client, calls := proxy(t, 1, cut, `{}`)
	_, err := client.NewGrant(t.Context(), GrantRequest{Owner: "ann"})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != NoAnswer || calls.Load() != 1 {
		t.Errorf("after %d calls: %v", calls.Load(), err)
	}
}

func TestWhatTakesLongIsAskedForAgain(t *testing.T) {
	pending := refuse(202, "", `{"id":"`+string(anID)+`","state":"completing","retry_after_ms":1}`)
	client, calls := proxy(t, 2, pending, `{"id":"`+string(anID)+`","state":"completed"}`)
	if done, err := client.Salvage(t.Context(), anID, 7); err != nil || done.V.State != session.Completed || calls.Load() != 3 {
		t.Errorf("after %d calls: %+v, %v", calls.Load(), done.V, err)
	}
}
