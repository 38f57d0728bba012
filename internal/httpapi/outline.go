package httpapi

import (
	"fmt"
	"io"

	"slipway/internal/session"
)

// Limits for the contents of a body. The decoder keeps a string in memory until it has
// read all of it, and every name of the open objects, to find names that come twice. A
// body of 4 MiB of names took 60 MiB and half a second. Each limit is far above what we
// read, so that newer recorders can send more fields.
const (
	maxDepth       = 32       // objects and lists in one another; ours are 3
	maxNames       = 64       // of one object; ours have 10, and metadata 16
	maxNameLength  = 256      // bytes as written
	maxStringBytes = 64 << 10 // as written; the longest of ours is a session token
)

// outline passes on a JSON text, and ends it with an error at the first limit that it
// exceeds. It looks only at quotes, brackets, commas and colons. The decoder finds all
// other mistakes.
type outline struct {
	io.Reader
	levels [maxDepth + 1]level // the first is the text itself
	depth  int
	string struct {
		open, escaped, name bool
		length              int // bytes, so far
	}
}

// level is an object or a list that is not closed yet.
type level struct {
	object bool
	valued bool // the next string in it is a value, and no name
	names  int
}

// Read passes on nothing of a chunk in which the text exceeds a limit.
func (o *outline) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	for _, b := range p[:n] {
		if bad := o.step(b); bad != nil {
			return 0, bad
		}
	}
	return n, err
}

func (o *outline) step(b byte) error {
	if o.string.open {
		return o.inString(b)
	}
	here := &o.levels[o.depth]
	switch b {
	case '"':
		return o.begin(here)
	case '{', '[':
		if o.depth == maxDepth {
			return beyond(maxDepth, "objects and lists in one another")
		}
		o.depth++
		o.levels[o.depth] = level{object: b == '{'}
	case '}', ']':
		o.depth = max(0, o.depth-1)
	case ':':
		here.valued = true
	case ',':
		here.valued = false
	}
	return nil
}

// begin opens a string in the level here.
func (o *outline) begin(here *level) error {
	o.string.open, o.string.length, o.string.name = true, 0, here.object && !here.valued
	if !o.string.name {
		return nil
	}
	if here.names++; here.names > maxNames {
		return beyond(maxNames, "fields in one object")
	}
	return nil
}

func (o *outline) inString(b byte) error {
	s := &o.string
	s.length++
	switch {
	case s.escaped:
		s.escaped = false
	case b == '\\':
		s.escaped = true
	case b == '"':
		s.open = false
	case s.name && s.length > maxNameLength:
		return beyond(maxNameLength, "bytes in the name of a field")
	case s.length > maxStringBytes:
		return &session.Error{Kind: session.TooLarge, Reason: session.ReasonBody, Limit: maxStringBytes, Detail: fmt.Sprintf("a string in the body is longer than %d bytes", maxStringBytes)}
	}
	return nil
}

func beyond(limit int64, what string) error {
	return &session.Error{Kind: session.Invalid, Reason: session.ReasonOutOfRange, Limit: limit, Detail: fmt.Sprintf("the body has more than %d %s", limit, what)}
}
