package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/alecthomas/kong"

	"slipway/internal/client"
)

// The exit codes that scripts may rely on; docs/ops.md explains them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitDenied      = 5
	exitUnavailable = 6
)

// ended is an end that was explained already, or whose code is not that of its
// error.
type ended struct {
	code int
	error
}

func (e ended) ExitCode() int { return e.code }

func (e ended) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return ended{exitUsage, fmt.Errorf(format, args...)} }

// codeOf is what the program ends with after err.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*kong.ParseError](err); ok {
		return exitUsage
	}
	if e, ok := errors.AsType[interface {
		error
		kong.ExitCoder
	}](err); ok {
		return e.ExitCode()
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		return codeOfAnswer(e)
	}
	return exitFailed
}

// codeOfAnswer goes by the code and not by the status, because a 404 from
// whatever stands at a wrong address says nothing about a session.
func codeOfAnswer(e *client.Error) int {
	switch e.Code {
	case "invalid", "too-large":
		return exitUsage
	case "not-found":
		return exitNotFound
	case "conflict", "precondition-failed":
		return exitConflict
	case "unauthorized", "forbidden":
		return exitDenied
	case "unavailable":
		return exitUnavailable
	}
	if e.Status == http.StatusTooManyRequests {
		return exitUnavailable
	}
	return exitFailed
}

// complain says on stderr what went wrong, if that was not said yet.
func complain(err error) {
	if err == nil || err.Error() == "" {
		return
	}
	fmt.Fprintf(os.Stderr, "broker: %v\n", err)
	if parse, ok := errors.AsType[*kong.ParseError](err); ok {
		fmt.Fprintf(os.Stderr, "see: %s --help\n", command(parse.Context))
	}
}

// command is as much of the command as could be read.
func command(ctx *kong.Context) string {
	node := ctx.Model.Node
	if selected := ctx.Selected(); selected != nil {
		node = selected
	}
	return node.FullPath()
}
