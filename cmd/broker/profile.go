//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof" // at /debug/pprof of the default mux, which nothing else serves
)

// profileAddr is where a broker that was built with the tag profile shows what
// it spends its time on; see docs/benchmarks.md. No other broker has this.
const profileAddr = "127.0.0.1:6060"

func init() {
	go func() { panic(http.ListenAndServe(profileAddr, nil)) }()
}
