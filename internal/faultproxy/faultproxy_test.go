package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"
)

const said = "here is the answer"

// behind is the server that a proxy stands in front of.
type behind struct {
	mu     sync.Mutex // guards bodies and hosts
	bodies []string   // of the requests that arrived whole
	hosts  []string
}

func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bodies, b.hosts = append(b.bodies, string(body)), append(b.hosts, r.Host)
	_, _ = io.WriteString(w, said)
}

func (b *behind) arrived() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.bodies)
}

func start(t *testing.T) (*Proxy, *behind) {
	t.Helper()
	b := &behind{}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	p, err := Start(server.URL, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, b
}

// put sends a body of a size like a part's and returns what came of it.
func put(ctx context.Context, url string) (status int, answer string, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(make([]byte, 5<<20)))
	if err != nil {
		return 0, "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

// What the client sees and what the server does are two things.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		arrives bool
		status  int  // of the answer; 0: there is none
		whole   bool // the answer is the server's own
	}{
		{none, true, 200, true},
		{Delayed, true, 200, true},
		{Late, true, 200, true},
		{Refused, false, 503, false},
		{Disowned, true, 500, false},
		{Cut, false, 0, false},
		{Unanswered, true, 0, false},
		{Truncated, true, 0, false},
		{ErrorIn200, false, 200, false},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			p, server := start(t)
			f := fault{kind: c.kind, at: 0.5, wait: 50 * time.Millisecond}
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.meet(w, r, f) }))
			defer front.Close()
			status, answer, err := put(t.Context(), front.URL)
			if status != c.status || (err == nil) != (c.status != 0) || (answer == said) != c.whole {
				t.Errorf("the client sees %d %q, %v", status, answer, err)
			}
			if arrived := server.arrived() == 1; arrived != c.arrives {
				t.Errorf("it arrived: %v", arrived)
			}
		})
	}
}

func TestHalfAnAnswerIsCutInItsBody(t *testing.T) {
	p, _ := start(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.meet(w, r, fault{kind: Truncated, at: 0.98}) }))
	defer front.Close()
	if status, answer, err := put(t.Context(), front.URL); status != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || answer == said {
		t.Errorf("%d %q, %v", status, answer, err)
	}
}

func TestALostAnswerIsAReset(t *testing.T) {
	p, _ := start(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.meet(w, r, fault{kind: Unanswered}) }))
	defer front.Close()
	if _, _, err := put(t.Context(), front.URL); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %v", err)
	}
}

func TestAStalledRequestArrivesAfterItsClientLeft(t *testing.T) {
	p, server := start(t)
	p.Stall(400 * time.Millisecond)
	ctx, leave := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer leave()
	if _, _, err := put(ctx, p.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the client sees %v", err)
	}
	if server.arrived() != 0 {
		t.Error("it arrived during the stall")
	}
	for deadline := time.Now().Add(5 * time.Second); server.arrived() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never arrived")
		}
	}
	if _, hits := p.Hits(); hits[Stalled] != 1 {
		t.Errorf("counted: %v", hits)
	}
}

func TestTheHostStaysAsItWasSigned(t *testing.T) {
	p, server := start(t)
	if _, _, err := put(t.Context(), p.URL); err != nil {
		t.Fatal(err)
	}
	if got, want := "http://"+server.hosts[0], p.URL; got != want {
		t.Errorf("the server is told %s, the client asked %s", got, want)
	}
}

func TestTheSameSeedDrawsTheSameFaults(t *testing.T) {
	drawn := func() (faults []fault) {
		p, _ := start(t)
		p.Rate(0.5)
		for range 100 {
			faults = append(faults, p.draw(httptest.NewRequest(http.MethodPost, "/b/k?uploadId=1", nil)))
		}
		return faults
	}
	first, second := drawn(), drawn()
	seen := map[Kind]bool{}
	for i := range first {
		if seen[first[i].kind] = true; first[i] != second[i] {
			t.Errorf("request %d meets %v, and %v the second time", i, first[i], second[i])
		}
	}
	if len(seen) != len(Kinds)+1 {
		t.Errorf("half of 100 requests meet %v only", seen)
	}
}
