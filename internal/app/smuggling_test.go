package app

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A proxy and a broker that differ on where a request ends let one client put a
// request into another's mouth. Each of these ends differently for somebody;
// behind each stands what would be smuggled.
func TestAttackRequestSmuggling(t *testing.T) {
	v := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.IdleTimeout })
	smuggled := fmt.Sprintf("POST /v1/grants HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"owner\":\"bob\"}", v.apiKey)
	for _, c := range []struct {
		name, head string
		want       int // of the one answer there is
	}{
		{"a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http.StatusUnauthorized},
		{"chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", http.StatusUnauthorized},
		{"chunks alone", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http.StatusUnauthorized},
		{"two lengths", "Content-Length: 0\r\nContent-Length: 200\r\n\r\n", http.StatusBadRequest},
		{"two lengths in one", "Content-Length: 0, 200\r\n\r\n", http.StatusBadRequest},
		{"a length with a sign", "Content-Length: +0\r\n\r\n", http.StatusBadRequest},
		{"a length in hex", "Content-Length: 0x0\r\n\r\n", http.StatusBadRequest},
		{"a length below zero", "Content-Length: -1\r\n\r\n", http.StatusBadRequest},
		{"a blank before the colon", "Content-Length : 0\r\n\r\n", http.StatusBadRequest},
		{"chunks by another name", "Transfer-Encoding: xchunked\r\n\r\n", http.StatusNotImplemented},
		{"chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", http.StatusNotImplemented},
		{"chunks with a tab", "Transfer-Encoding: \tchunked, identity\r\n\r\n0\r\n\r\n", http.StatusNotImplemented},
		{"a line that ends in CR alone", "X-A: b\rContent-Length: 0\r\n\r\n", http.StatusBadRequest},
		{"a NUL in a header", "X-A: b\x00\r\n\r\n", http.StatusBadRequest},
		{"two hosts", "Host: evil.example\r\nContent-Length: 0\r\n\r\n", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := v.dial(t)
			_, _ = io.WriteString(conn, "POST /v1/grants HTTP/1.1\r\nHost: broker\r\n"+c.head+smuggled)
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("status %d, want %d", res.StatusCode, c.want)
			}
			rest, _ := io.ReadAll(in)
			if len(rest) > 0 {
				t.Errorf("what stands behind is answered too, with %.30q", rest)
			}
		})
	}
}

// What RFC 9112 lets a server read in one way is read in that one: a bare LF
// ends a line (2.2), and a folded line goes on (5.2), so it brings no length.
func TestAttackLinesThatEndOddly(t *testing.T) {
	v := serveImpatiently(t, func(s *http.Server) *time.Duration { return &s.IdleTimeout })
	for name, head := range map[string]string{"bare LF": "Content-Length: 0\n\n", "a folded line": "X-A: b\r\n Content-Length: 70\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			conn := v.dial(t)
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: broker\r\n"+head+"GET /nothing HTTP/1.1\r\nHost: broker\r\n\r\n")
			answers, _ := io.ReadAll(conn)
			if n := strings.Count(string(answers), "HTTP/1.1 200 OK") + strings.Count(string(answers), "HTTP/1.1 404 Not Found"); n != 2 || strings.Count(string(answers), "HTTP/1.1") != 2 {
				t.Errorf("two requests are answered with\n%s", answers)
			}
		})
	}
}
