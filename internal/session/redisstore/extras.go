package redisstore

import (
	"encoding/binary"
	"time"

	"slipway/internal/session"
)

// extras goes through the fields that few sessions have. They stand at the end
// of the body, together, and only where one of them is set: the others pay no
// byte for them.
func (c *codec) extras(s *session.Session) {
	if c.in == nil && !hasExtras(s) || c.in != nil && c.in.s == "" {
		return
	}
	c.bool(&s.Adopted)
	c.time(&s.HoleAt)
	if s.Intent != nil {
		c.numbers(&s.Intent.Missing)
		text(c, &s.Intent.Claim)
	}
	if s.Result != nil {
		c.numbers(&s.Result.Missing)
		text(c, &s.Result.Claim)
	}
	if c.in == nil || c.in.s != "" {
		c.int(&s.Announced)
	}
	lasts := c.in == nil && (*durationOf(s) != 0 || s.Unsized)
	if i := s.Intent; i != nil && (c.in == nil && (s.WhenWhole || lasts || !i.AskedAt.IsZero()) || c.in != nil && c.in.s != "") {
		c.time(&i.AskedAt)
	}
	if c.in == nil && (s.WhenWhole || lasts) || c.in != nil && c.in.s != "" {
		c.probe(s)
	}
	if lasts || c.in != nil && c.in.s != "" {
		c.millis(durationOf(s))
	}
	if c.in == nil && s.Unsized || c.in != nil && c.in.s != "" {
		c.bool(&s.Unsized)
		s.WhenWhole = s.WhenWhole && !s.Unsized // it is probed too, and for something else
	}
}

// probe goes through the schedule of probes. One that saw notProbed bytes is
// none: it stands there because something stands behind it. A broker without
// durations takes it for one; it has no effect on what is finished.
func (c *codec) probe(s *session.Session) {
	if c.in == nil && !s.Probed() {
		s.Probe = session.Probe{Seen: notProbed}
	}
	c.time(&s.Probe.At)
	c.int((*int64)(&s.Probe.Every))
	c.int(&s.Probe.Seen)
	probed := s.Probe.Seen != notProbed
	if c.in != nil {
		s.WhenWhole = probed
	}
	if !probed {
		s.Probe = session.Probe{}
	}
}

const notProbed = -1

// durationOf is where a session keeps how long its recording is.
func durationOf(s *session.Session) *time.Duration {
	switch {
	case s.Result != nil:
		return &s.Result.Duration
	case s.Intent != nil:
		return &s.Intent.Duration
	}
	return new(time.Duration)
}

// millis keeps whole milliseconds.
func (c *codec) millis(d *time.Duration) {
	ms := d.Milliseconds()
	c.int(&ms)
	if c.in != nil {
		*d = time.Duration(ms) * time.Millisecond
	}
}

func hasExtras(s *session.Session) bool {
	return s.Adopted || !s.HoleAt.IsZero() || s.Announced != 0 || s.Probed() || *durationOf(s) != 0 ||
		s.Intent != nil && (len(s.Intent.Missing) > 0 || s.Intent.Claim != "" || !s.Intent.AskedAt.IsZero()) ||
		s.Result != nil && (len(s.Result.Missing) > 0 || s.Result.Claim != "")
}

func (c *codec) bool(v *bool) {
	var n int64
	if *v {
		n = 1
	}
	c.int(&n)
	*v = n != 0
}

// numbers goes through part numbers, up to MaxPartNumber of them, as runs: how
// many runs, then of each how far it begins after the one before, and its
// length: 10 kB at worst.
func (c *codec) numbers(v *[]session.PartNumber) {
	if c.in != nil {
		*v = readNumbers(c.in)
		return
	}
	var runs int64
	var b []byte
	var end session.PartNumber
	for i := 0; i < len(*v); runs++ {
		length := 1
		for i+length < len(*v) && (*v)[i+length] == (*v)[i]+session.PartNumber(length) {
			length++
		}
		b = binary.AppendVarint(b, int64((*v)[i]-end))
		b = binary.AppendVarint(b, int64(length))
		end = (*v)[i] + session.PartNumber(length)
		i += length
	}
	c.out = append(binary.AppendVarint(c.out, runs), b...)
}

func readNumbers(r *reader) (numbers []session.PartNumber) {
	var next session.PartNumber
	for runs := r.varint(); runs > 0 && r.err == nil; runs-- {
		next += session.PartNumber(r.varint())
		length := r.varint()
		if length < 1 || length > int64(session.MaxPartNumber-len(numbers)) {
			r.err = errUnreadable
			return nil
		}
		for range length {
			numbers = append(numbers, next)
			next++
		}
	}
	return numbers
}
