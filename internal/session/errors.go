package session

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what the caller can do next. It is the same word in Go, in logs, in the
// HTTP body and in the recorder's error.code.
type Kind int

// The kinds. The zero Kind is Internal, the safest one.
const (
	Internal           Kind = iota // our bug; log it, tell the client nothing
	Invalid                        // this request can never succeed; change it
	Unauthorized                   // no credential, one that is not ours, or one that has expired
	Forbidden                      // the credential is good but does not allow this
	NotFound                       // no such session or recording
	Conflict                       // the session's state, or what S3 holds, forbids it now
	PreconditionFailed             // If-Match named another revision
	TooLarge                       // the request body is too long
	Unavailable                    // S3 or Redis did not answer; try again
	Limited                        // a limit is used up for now; try again after RetryAfter
)

var kindWords = [...]string{"internal", "invalid", "unauthorized", "forbidden", "not-found", "conflict", "precondition-failed", "too-large", "unavailable", "limited"}

// Kinds returns all kinds.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindWords))
	for i := range kinds {
		kinds[i] = Kind(i)
	}
	return kinds
}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindWords) {
		return kindWords[Internal]
	}
	return kindWords[k]
}

// Error is every error of this package. It is made once, where its meaning is
// known, and passed up unchanged.
type Error struct {
	Kind       Kind
	Reason     Reason // what exactly; may be empty
	Detail     string // a sentence for people, without secrets
	Field      string // the field at fault, such as "parts[2].size"
	Limit      int64  // the limit that was passed; 0: none
	RetryAfter time.Duration
	Parts      []Difference
	Safe       int64  // bytes of a recording that is still on its way
	Op         string // where it was made, such as "redisstore.Get"
	Err        error  // the cause; for logs only
}

// Difference is a part on which a claim and S3 disagree. If a side is nil, it does
// not have the part.
type Difference struct {
	Number     PartNumber
	Have, Want *Part // have: S3; want: the claim
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(e.Kind.String())
	if e.Reason != "" {
		b.WriteString(" (" + string(e.Reason) + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err; Internal if err is not an *Error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ReasonOf returns the reason of err, or "".
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

func invalid(field string, reason Reason, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Reason: reason, Field: field, Detail: fmt.Sprintf(format, args...)}
}

func outOfRange(field string, limit int64, format string, args ...any) *Error {
	e := invalid(field, ReasonOutOfRange, format, args...)
	e.Limit = limit
	return e
}

func conflict(reason Reason, format string, args ...any) *Error {
	return &Error{Kind: Conflict, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}
