package httpapi

import (
	"fmt"
	"io"

	"slipway/internal/session"
)

// What a body may be made of. The decoder holds a string until it has all of
// it, and every name of the objects that it is in, to find one that stands
// twice: 4 MiB of names took it 60 MiB and half a second. Each bound is far
// above what we read, for the fields of newer recorders.
const (
	maxDepth       = 32       // objects and lists in one another; ours are 3
	maxNames       = 64       // of one object; ours have 10, and metadata 16
	maxNameLength  = 256      // bytes as written
	maxStringBytes = 64 << 10 // as written; the longest of ours is a session token
)

// outline passes a JSON text on and ends it where it goes past a bound. It
// looks at no more than quotes, brackets, commas and colons: what is wrong
// otherwise, the decoder finds.
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

// Read hands nothing of a chunk on in which the text goes past a bound.
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
