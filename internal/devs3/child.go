package devs3

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// childEnv marks the process that becomes the S3 server. It is an environment
// variable and not an argument, so that it does not mix with a test binary's
// own flags. It is not a secret; the settings arrive on stdin.
const childEnv = "SLIPWAY_S3_CHILD"

// RunChild is the first line of main, or of TestMain, in every program that
// calls Start. In the process that Start made it serves until its parent is
// gone and then exits; in every other it returns at once.
func RunChild() {
	ranChild.Store(true)
	if os.Getenv(childEnv) == "" {
		return
	}
	os.Exit(runChild())
}

// runChild is the child's main. Its stdin is its lifeline: settings first, then
// silence until the parent closes it, or dies and the kernel closes it. (Linux
// could also signal a parent's death, but that fires when the parent's *thread*
// ends, which in Go means nothing.)
//
// Ctrl-C in a terminal reaches the whole process group, and the parent still
// needs S3 while it shuts down: so the child ignores the signals that ask
// nicely.
func runChild() int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	answers := json.NewEncoder(os.Stdout)
	quiet()

	stdin := bufio.NewReader(os.Stdin)
	line, err := stdin.ReadBytes('\n')
	if err != nil {
		return 0 // the parent was gone before it said what it wanted
	}
	var cfg Config
	if err := json.Unmarshal(line, &cfg); err != nil {
		answers.Encode(hello{Error: "settings: " + err.Error()})
		return 1
	}
	parentGone := make(chan struct{})
	go func() { // ends when the parent does, and this process right after
		io.Copy(io.Discard, stdin)
		close(parentGone)
	}()
	err = serve(cfg, func(endpoint string) { answers.Encode(hello{Endpoint: endpoint}) }, parentGone)
	if err != nil {
		answers.Encode(hello{Error: err.Error(), AddrTaken: errors.Is(err, syscall.EADDRINUSE)})
		return 1
	}
	return 0
}

// quiet keeps the library's messages from the terminal. What the library
// prints to stdout is dropped. What it prints to stderr (its own failures) is
// kept, one line at a time and without query strings. A crash of the Go
// runtime is written past all this and stays whole.
func quiet() {
	stderr := os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	os.Stderr = w
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
	}
	go func() { // ends with the process
		lines := bufio.NewReader(r)
		for {
			line, err := lines.ReadString('\n')
			if line != "" {
				fmt.Fprint(stderr, "devs3: ", redact(line))
			}
			if err != nil {
				return
			}
		}
	}()
}
