package apitest

import (
	"io"
	"net/http"
	"sync/atomic"
)

// countBodies counts into taken the bytes of bodies that a handler has dealt
// with: it has asked for the next.
func countBodies(taken *atomic.Int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = &countedBody{ReadCloser: r.Body, taken: taken}
		}
		next.ServeHTTP(w, r)
	})
}

type countedBody struct {
	io.ReadCloser
	taken *atomic.Int64
	read  int // last
}

func (b *countedBody) Read(p []byte) (n int, err error) {
	b.taken.Add(int64(b.read))
	b.read, err = b.ReadCloser.Read(p)
	return b.read, err
}
