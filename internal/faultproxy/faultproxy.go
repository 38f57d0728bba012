// Package faultproxy stands between the clients of an S3 server and the
// server. It does to their requests what networks and S3 do on a bad day. It
// is for tests.
//
// Requests keep their Host, which SigV4 signs. So sign for the proxy's
// address.
package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Proxy is an HTTP server that passes requests on, most of the time.
type Proxy struct {
	URL string // where it listens, on loopback

	target    *url.URL
	server    *http.Server
	transport *http.Transport
	closing   chan struct{} // ends every wait

	mu           sync.Mutex // guards all below
	rng          *rand.Rand
	rate         float64
	stalledUntil time.Time
	hits         map[Kind]int
	requests     int
}

// Start starts a proxy in front of the server at target, a URL without a path.
// The proxy makes no faults until Rate is called. The same seed draws the same
// faults in the same order; which request gets which fault depends on the
// order in which they arrive.
func Start(target string, seed uint64) (*Proxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		URL: "http://" + l.Addr().String(), target: to, closing: make(chan struct{}),
		transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		rng:       rand.New(rand.NewPCG(seed, 0)), hits: make(map[Kind]int),
	}
	p.server = &http.Server{
		Handler: p, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // handlers that outlive their client
	}
	go func() { _ = p.server.Serve(l) }() // ends with Close
	return p, nil
}

// closeWithin bounds the requests that are under way when the proxy is closed.
const closeWithin = 10 * time.Second

// Close ends the proxy. Requests that are kept go to the server at once.
func (p *Proxy) Close() error {
	close(p.closing)
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	err := p.server.Shutdown(ctx)
	p.transport.CloseIdleConnections()
	return err
}

// Rate sets the share of requests, from 0 to 1, that meet a fault.
func (p *Proxy) Rate(rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// Stall keeps every request that comes within d from now until d is over. Then
// the server gets it, even if its client has left.
func (p *Proxy) Stall(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalledUntil = time.Now().Add(d)
}

// Hits returns how many requests came, and how many met which fault.
func (p *Proxy) Hits() (requests int, hits map[Kind]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests, maps.Clone(p.hits)
}

// ServeHTTP passes one request on, or spoils it.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.meet(w, r, p.draw(r)) }

// meet does to r what f says.
func (p *Proxy) meet(w http.ResponseWriter, r *http.Request, f fault) {
	switch f.kind {
	case none:
		p.pass(w, r.Context(), r, r.Body)
	case Delayed:
		p.wait(f.wait)
		p.pass(w, r.Context(), r, r.Body)
	case Late, Stalled:
		p.keep(w, r, f.wait)
	case Refused:
		refuse(w, r)
	case Disowned:
		p.disown(w, r)
	case Cut:
		p.cut(w, r, f.at)
	case Unanswered:
		p.truncate(w, r, 0)
	case Truncated:
		p.truncate(w, r, f.at)
	case ErrorIn200:
		errorIn200(w, r)
	}
}

// ask sends r on with another body.
func (p *Proxy) ask(ctx context.Context, r *http.Request, body io.Reader) (*http.Response, error) {
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.target.Scheme, p.target.Host, ""
	out.Body = http.NoBody
	if r.ContentLength != 0 {
		out.Body = io.NopCloser(body)
	}
	return p.transport.RoundTrip(out)
}

// pass sends r on and its answer back.
func (p *Proxy) pass(w http.ResponseWriter, ctx context.Context, r *http.Request, body io.Reader) {
	res, err := p.ask(ctx, r, body)
	if err != nil {
		reset(w)
		return
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // the client may have left
}

// keep takes the whole request and delivers it later. The server does not
// notice if the client has left.
func (p *Proxy) keep(w http.ResponseWriter, r *http.Request, d time.Duration) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		reset(w)
		return
	}
	p.wait(d)
	p.pass(w, context.WithoutCancel(r.Context()), r, bytes.NewReader(body))
}

// cut lets the share at of the body through and breaks both connections. If a
// request has no body, the server does not see it.
func (p *Proxy) cut(w http.ResponseWriter, r *http.Request, at float64) {
	defer reset(w)
	if r.ContentLength <= 0 {
		return
	}
	part := io.LimitReader(r.Body, int64(at*float64(r.ContentLength)))
	res, err := p.ask(r.Context(), r, io.MultiReader(part, broken{}))
	if err == nil { // the server refused before it read the body
		_ = res.Body.Close()
	}
}

// truncate lets the server carry the request out. Of the answer, with its
// header, it lets the share at through, and then breaks the connection.
func (p *Proxy) truncate(w http.ResponseWriter, r *http.Request, at float64) {
	defer reset(w)
	res, err := p.ask(r.Context(), r, r.Body)
	if err != nil {
		return
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	answer, err := httputil.DumpResponse(res, true)
	if err != nil || at == 0 {
		return
	}
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_, _ = conn.Write(answer[:int(at*float64(len(answer)))])
		_ = conn.Close() // with a reset, the client might lose what was written
	}
}

// disown lets the server carry the request out, and answers with an error.
func (p *Proxy) disown(w http.ResponseWriter, r *http.Request) {
	res, err := p.ask(r.Context(), r, r.Body)
	if err != nil {
		reset(w)
		return
	}
	_ = res.Body.Close()
	answer(w, http.StatusInternalServerError, "InternalError")
}

func refuse(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a client that is still sending reads no answer
	answer(w, http.StatusServiceUnavailable, "SlowDown")
}

func errorIn200(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	answer(w, http.StatusOK, "InternalError")
}

// answer is an error as S3 writes it.
func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>"+code+"</Code><Message>a fault that the test made</Message></Error>")
}

// reset breaks the client's connection with an RST, if it is still ours.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (p *Proxy) wait(d time.Duration) {
	select {
	case <-p.closing:
	case <-time.After(d):
	}
}

// broken is a body that cannot be read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cut") }
