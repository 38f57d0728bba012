package app

import (
	"log/slog"
	"net/http"
	"time"
)

// What a slow or greedy client can hold. A connection costs memory as long as
// it is open. So everything that a client can draw out has an end; a stream of
// events sets ends of its own, block by block. The system's limit on open
// files bounds the number of connections. If we set a lower bound, anybody who
// reaches it could lock all others out (docs/decisions.md#d56).
const (
	headerWithin = 10 * time.Second
	headerBytes  = 16 << 10         // the longest of ours is a grant with 16 content types, about 5 KiB
	bodyWithin   = 60 * time.Second // with the header; a list of 10,000 parts takes that long at 200 kbit/s
	answerWithin = 3 * time.Minute  // from the header on; the longest call is a complete that waits for S3, the longest answer 10,000 URLs
	idleWithin   = 2 * time.Minute
)

func newServer(h http.Handler, o Options) *http.Server {
	return &http.Server{
		Handler: h, TLSConfig: o.TLS,
		ReadHeaderTimeout: headerWithin, MaxHeaderBytes: headerBytes, ReadTimeout: bodyWithin, WriteTimeout: answerWithin, IdleTimeout: idleWithin,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
}
