// Package sessiontest is the meaning of session.Store, session.EventLog and
// session.Outbox: what TestStore accepts is a Store, and what a use case may
// rely on stands here as a test.
package sessiontest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
)

// Store keeps sessions, and tells what happened to them in the very steps that
// change them; so it is one thing.
type Store interface {
	session.Store
	session.EventLog
	session.Outbox
}

// Factory makes an empty Store, and a function that advances the Store's
// clock, or nil where the clock is the real one.
type Factory func(t *testing.T) (Store, func(time.Duration))

// TestStore holds the Stores that open makes against the contract. The tests
// run in parallel, each on a Store of its own.
func TestStore(t *testing.T, open Factory) {
	for _, group := range [][]test{getTests, swapTests, leaseTests, quietTests, adoptTests, reportTests, partTests, listTests, walkTests, quotaTests, dayTests, rateTests, wholeTests, eventTests, outboxTests, raceTests, contextTests} {
		for _, tc := range group {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				store, advance := open(t)
				tc.check(&suite{T: t, store: store, advance: advance})
			})
		}
	}
}

// test is one fact about every Store.
type test struct {
	fact  string
	check func(*suite)
}

// suite is a test at work on one Store.
type suite struct {
	*testing.T
	store   Store
	advance func(time.Duration)
}

// NewID makes an ID as the use cases do: all of an owner's sessions share a
// tag, and those of nobody are spread. code is the letter of a media type.
func NewID(owner session.Owner, code byte) session.ID {
	var random [16]byte
	_, _ = rand.Read(random[:])
	tag := session.TagOf(owner)
	if owner == "" {
		tag = int(random[15]) % session.Tags
	}
	bits := base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(random[:])
	id, err := session.ParseID(fmt.Sprintf("%02x%s%c", tag, bits, code))
	if err != nil {
		panic(err)
	}
	return id
}

// NewSession is an open session of owner with something in every field that a
// use case sets.
func NewSession(owner session.Owner) *session.Session {
	opened := time.Now().UTC().Truncate(time.Millisecond)
	return &session.Session{
		ID: NewID(owner, 'w'), Owner: owner, Name: "Weekly sync", ContentType: "video/webm;codecs=vp9,opus",
		Algorithm: session.SHA256, UploadID: "c4c0c5d3-62f4-44d6-8f7b-6d3f6f0a9f1e", PartSize: 5 << 20, MaxBytes: 20 << 30,
		OnAbandon: session.Salvage, OpenedAt: opened, ExpiresAt: opened.Add(7 * 24 * time.Hour), Request: "9f86d081884c7d65",
		State: session.Open,
	}
}

// NewPart is a part with an ETag as S3 makes them.
func NewPart(n session.PartNumber, size int64) session.Part {
	return session.Part{Number: n, Size: size, ETag: session.ETag(fmt.Sprintf("%q", fmt.Sprintf("%030xff", n)))}
}

// wait lets d pass on the Store's clock.
func (s *suite) wait(d time.Duration) {
	if s.advance != nil {
		s.advance(d)
		return
	}
	time.Sleep(d)
}

func (s *suite) create(rec *session.Session, parts ...session.Part) *session.Session {
	s.Helper()
	return s.swap(session.Change{Session: rec, Parts: parts})
}

func (s *suite) swap(c session.Change) *session.Session {
	s.Helper()
	stored, err := s.store.Swap(s.Context(), c)
	if err != nil {
		s.Fatalf("Swap to %s from revision %d: %v", c.Session.State, c.From, err)
	}
	return stored
}

// move takes rec to another state, with no lease.
func (s *suite) move(rec *session.Session, to session.State) *session.Session {
	s.Helper()
	next := *rec
	next.State = to
	return s.swap(session.Change{Session: &next, From: rec.Revision})
}

func (s *suite) get(id session.ID) *session.Session {
	s.Helper()
	rec, err := s.store.Get(s.Context(), id)
	if err != nil {
		s.Fatalf("Get: %v", err)
	}
	return rec
}

func (s *suite) report(id session.ID, r session.Report) *session.Session {
	s.Helper()
	rec, err := s.store.Report(s.Context(), id, r)
	if err != nil {
		s.Fatalf("Report: %v", err)
	}
	return rec
}

func (s *suite) parts(id session.ID) []session.Part {
	s.Helper()
	parts, err := s.store.Parts(s.Context(), id)
	if err != nil {
		s.Fatalf("Parts: %v", err)
	}
	return parts
}

func (s *suite) list(q session.Query) session.Page {
	s.Helper()
	page, err := s.store.List(s.Context(), q)
	if err != nil {
		s.Fatalf("List: %v", err)
	}
	return page
}

// walk lists to the end, limit rows at a time, and returns the IDs in order.
// between is called after each page; nil does nothing.
func (s *suite) walk(q session.Query, between func()) []session.ID {
	s.Helper()
	var ids []session.ID
	for range 1000 {
		page := s.list(q)
		if len(page.Sessions) > q.Limit {
			s.Fatalf("a page of %d sessions, and the limit is %d", len(page.Sessions), q.Limit)
		}
		for _, rec := range page.Sessions {
			ids = append(ids, rec.ID)
		}
		if (page.Next == session.Cursor{}) {
			return ids
		}
		q.After = page.Next
		if between != nil {
			between()
		}
	}
	s.Fatal("the walk does not end")
	return nil
}

// fails checks an error's kind and reason.
func (s *suite) fails(what string, err error, kind session.Kind, reason session.Reason) {
	s.Helper()
	if err == nil || session.KindOf(err) != kind || reason != "" && session.ReasonOf(err) != reason {
		s.Errorf("%s: %v; want %v %s", what, err, kind, reason)
	}
}

// same compares records but for ReadAt, which differs with every reading.
func (s *suite) same(what string, got, want *session.Session) {
	s.Helper()
	if g, w := print(got), print(want); g != w {
		s.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// print spells out all fields but ReadAt, pointers followed.
func print(rec *session.Session) string {
	c := *rec
	c.ReadAt, c.Intent, c.Result = time.Time{}, nil, nil
	var b strings.Builder
	fmt.Fprintf(&b, "%+q", []any{c})
	for _, more := range []any{rec.Intent, rec.Result} {
		fmt.Fprintf(&b, " %+q", more)
	}
	return b.String()
}

// between checks that at lies in from..to.
func (s *suite) between(what string, at, from, to time.Time) {
	s.Helper()
	if at.Before(from) || at.After(to) {
		s.Errorf("%s is %v; want %v to %v", what, at, from, to)
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
