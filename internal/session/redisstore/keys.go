package redisstore

import (
	"encoding/base32"
	"fmt"

	"slipway/internal/session"
)

// keys makes the keys of one tag. The braces are Redis Cluster's hash tag:
// all of a tag's keys are in one slot, so one script may touch them.
//
//	{slipway:2c}s…       a record; … is a packed name
//	{slipway:2c}p…       its parts, where they are many: number to entry
//	{slipway:2c}o…       the live sessions of owner …
//	{slipway:2c}b…       the bytes of today of owner …
//	{slipway:2c}r…       until when a session's rate is used up; … is a packed name
//	{slipway:2c}w…       until when the rate of owner … is used up
//	{slipway:2c}t        nothing: whether Redis takes a write is tried here
//	{slipway:2c}:open    the open sessions by last activity; so for each state
//	{slipway:2c}:whole   open sessions that are completed when whole, by when they are probed
//	{slipway:2c}:forget  the finished sessions by when they are forgotten
//	{slipway:2c}:events  the last events, a stream
//	{slipway:2c}:due     the notices of the outbox, by when they are due
//	{slipway:2c}:queue   the same, by when they happened
//	{slipway:2c}:notice  the notices themselves: Event.ID to notice
//	{slipway:2c}:whose   the same: Event.ID to a hash of the owner
//	{slipway:2c}:aborts  those of aborts, by when they happened
//	{slipway:2c}:ready   those that were found due, by turn; see ready.lua
//	{slipway:2c}:turns   the owners of these, by their last turn
//	{slipway:2c}x…       the notices that swap … dropped, for a minute
type keys string

func (s *Store) keys(tag int) keys { return keys(fmt.Sprintf("{%s:%02x}", s.prefix, tag)) }

func (k keys) record(n name) string             { return string(k) + "s" + string(n) }
func (k keys) parts(n name) string              { return string(k) + "p" + string(n) }
func (k keys) owner(o session.Owner) string     { return string(k) + "o" + string(o) }
func (k keys) day(o session.Owner) string       { return string(k) + "b" + string(o) }
func (k keys) rate(n name) string               { return string(k) + "r" + string(n) }
func (k keys) ownerRate(o session.Owner) string { return string(k) + "w" + string(o) }
func (k keys) try() string                      { return string(k) + "t" }
func (k keys) state(state session.State) string { return string(k) + ":" + string(state) }
func (k keys) whole() string                    { return string(k) + ":whole" }
func (k keys) forget() string                   { return string(k) + ":forget" }
func (k keys) events() string                   { return string(k) + ":events" }
func (k keys) due() string                      { return string(k) + ":due" }
func (k keys) queue() string                    { return string(k) + ":queue" }
func (k keys) notices() string                  { return string(k) + ":notice" }
func (k keys) whose() string                    { return string(k) + ":whose" }
func (k keys) aborts() string                   { return string(k) + ":aborts" }
func (k keys) ready() string                    { return string(k) + ":ready" }
func (k keys) turns() string                    { return string(k) + ":turns" }
func (k keys) dropped(operation string) string  { return string(k) + "x" + operation }

// outbox are the keys of the outbox, in the order of outbox_of in common.lua.
func (k keys) outbox() []string {
	return []string{k.due(), k.queue(), k.notices(), k.whose(), k.aborts(), k.ready(), k.turns()}
}

// states gives each state its number in a record and its place among
// swap.lua's keys: the index here, plus one. Live ones come first. It is
// stored; a new state goes to the end, and swap.lua is told.
var states = []session.State{session.Open, session.Completing, session.Aborting, session.Completed, session.Aborted, session.Deleted}

// liveStates are those that are not finished.
var liveStates = states[:3]

func stateNumber(state session.State) int {
	for i, s := range states {
		if s == state {
			return i + 1
		}
	}
	return 0
}

// name is a session.ID without its tag and type, packed: 17 bytes that sort
// as the 26 characters do. The 9 bytes are saved in a key and in two sets, and
// bring a session's record and index under 900 bytes.
type name string

// sorted is base32 with the digits of IDs in ASCII order, which is what makes
// packed names sort as IDs do.
var sorted = base32.NewEncoding("234567abcdefghijklmnopqrstuvwxyz").WithPadding(base32.NoPadding)

const (
	nameStart  = 2  // of an ID: after the tag
	nameEnd    = 28 // before the type
	packedText = 24 // characters that make whole bytes; the two left over stay text
)

// packName returns false if id is not what session.ParseID returns.
func packName(id session.ID) (name, bool) {
	if len(id) != nameEnd+1 || id.Tag() >= session.Tags {
		return "", false
	}
	text := string(id[nameStart:nameEnd])
	bits, err := sorted.DecodeString(text[:packedText])
	if err != nil {
		return "", false
	}
	return name(bits) + name(text[packedText:]), true
}

// id is what packName was given; its type letter has to come from elsewhere.
func (n name) id(tag int, code byte) (session.ID, bool) {
	if len(n) != 17 {
		return "", false
	}
	return session.ID(fmt.Sprintf("%02x%s%s%c", tag, sorted.EncodeToString([]byte(n[:15])), string(n[15:]), code)), true
}
