package client

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"slipway/internal/session"
)

// Error is a refusal: the broker's own words, or what came instead. Its texts
// have no control characters, because terminals obey those.
type Error struct {
	Status     int    // of HTTP; 0: there was no answer
	Code       string // what the caller can do next; docs/protocol.md lists them. "unavailable" if there was no answer, "" if something other than a broker answered
	Reason     string // what exactly happened; may be empty
	Detail     string
	RequestID  string        // finds the line in the broker's log; empty if no broker answered
	RetryAfter time.Duration // 0: the broker did not say
	Err        error         // the cause, if there was no answer
}

// NoAnswer is the reason if no answer came, or half of one.
const NoAnswer = "no-answer"

// Reasons that no broker gives.
const (
	pending     session.Reason = "pending"
	silent      session.Reason = "silent"
	streamEnded session.Reason = "stream-ended"
)

func (e *Error) Error() string {
	text := e.Code
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	if text != "" {
		text += ": "
	}
	text += e.Detail
	if e.RequestID != "" {
		text += " (request_id " + e.RequestID + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// passes says whether the same request may succeed a little later.
func (e *Error) passes() bool {
	return e.Code == session.Unavailable.String() || e.Status == http.StatusTooManyRequests
}

const maxProblem = 1 << 20 // bytes; the longest names 10,000 parts that differ

// refusal reads an answer that is not a success.
func (c *Client) refusal(res *http.Response) *Error {
	e := &Error{Status: res.StatusCode, RetryAfter: retryAfter(res.Header)}
	var p struct {
		Code         string `json:"code"`
		Reason       string `json:"reason"`
		Detail       string `json:"detail"`
		RequestID    string `json:"request_id"`
		RetryAfterMs int64  `json:"retry_after_ms"`
	}
	if err := json.UnmarshalRead(io.LimitReader(res.Body, maxProblem), &p); err != nil || p.Code == "" {
		return c.notOurs(e, res)
	}
	e.Code, e.Reason, e.Detail, e.RequestID = printable(p.Code), printable(p.Reason), printable(p.Detail), printable(p.RequestID)
	if p.RetryAfterMs > 0 {
		e.RetryAfter = time.Duration(p.RetryAfterMs) * time.Millisecond
	}
	return e
}

// notOurs is an answer that no broker gives: a proxy answered, or another
// server at a wrong address.
func (c *Client) notOurs(e *Error, res *http.Response) *Error {
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Code = session.Unavailable.String()
	}
	e.Detail = fmt.Sprintf("%s answered %d %s, and not as a broker does", c.base, e.Status, http.StatusText(e.Status))
	if to := res.Header.Get("Location"); to != "" {
		e.Detail += "; it points to " + printable(to)
	}
	return e
}

// retryAfter reads the header as brokers and most proxies write it: in seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(time.Hour/time.Second))) * time.Second
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
