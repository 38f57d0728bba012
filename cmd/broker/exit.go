package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/alecthomas/kong"

	"slipway/internal/client"
	"slipway/internal/session"
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

// ended is an end that was explained already, or whose exit code does not
// follow from its error.
type ended struct {
	code int
	error
}

func (e ended) ExitCode() int { return e.code }

func (e ended) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return ended{exitUsage, fmt.Errorf(format, args...)} }

// codeOf is the exit code of the program after err.
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

// exitCodes has one for every code of a broker's answer.
var exitCodes = map[string]int{
	session.Internal.String():           exitFailed,
	session.Invalid.String():            exitUsage,
	session.TooLarge.String():           exitUsage,
	session.NotFound.String():           exitNotFound,
	session.Conflict.String():           exitConflict,
	session.PreconditionFailed.String(): exitConflict,
	session.Unauthorized.String():       exitDenied,
	session.Forbidden.String():          exitDenied,
	session.Unavailable.String():        exitUnavailable,
	session.Limited.String():            exitUnavailable,
}

// codeOfAnswer looks at the code and not at the status, because a 404 from
// another server at a wrong address says nothing about a session.
func codeOfAnswer(e *client.Error) int {
	if code, ok := exitCodes[e.Code]; ok {
		return code
	}
	if e.Status == http.StatusTooManyRequests {
		return exitUnavailable
	}
	return exitFailed
}

// complain says on stderr what went wrong, unless that was said already.
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
