package sessiontest

import (
	"slices"
	"strings"
	"time"

	"slipway/internal/session"
)

func manyParts(n int) []session.Part {
	parts := make([]session.Part, n)
	for i := range parts {
		parts[i] = NewPart(session.PartNumber(i+1), 5<<20)
	}
	return parts
}

func (s *suite) sameParts(got []session.Part, want ...session.Part) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%d parts: %#v\nwant %d: %#v", len(got), got[:min(len(got), 3)], len(want), want[:min(len(want), 3)])
	}
}

// counts holds what rec says was reported against what it should be.
func (s *suite) counts(what string, rec *session.Session, parts int, bytes int64) {
	s.Helper()
	if rec.PartsReported != parts || rec.BytesReported != bytes {
		s.Errorf("%s: %d parts, %d bytes; want %d and %d", what, rec.PartsReported, rec.BytesReported, parts, bytes)
	}
}

var reportTests = []test{
	{"a report makes a new revision and leaves the rest alone", func(s *suite) {
		rec := s.create(NewSession("ann"))
		got := s.report(rec.ID, session.Report{})
		want := *rec
		if got.Revision <= rec.Revision {
			s.Errorf("revision %d after %d", got.Revision, rec.Revision)
		}
		want.Revision, want.ActiveAt = got.Revision, got.ActiveAt
		s.same("as returned", got, &want)
		s.same("as read", s.get(rec.ID), &want)
	}},
	{"a report is a sign of life", func(s *suite) {
		rec := s.create(NewSession("ann"))
		s.wait(short)
		if got := s.report(rec.ID, session.Report{}); got.ActiveAt.Sub(rec.ActiveAt) < short {
			s.Errorf("ActiveAt went from %v to %v; waited %v", rec.ActiveAt, got.ActiveAt, short)
		}
	}},
	{"ActiveAt never moves back, though the clock may", func(s *suite) {
		if s.advance == nil {
			s.Skip("time is real here")
		}
		rec := s.create(NewSession("ann"))
		s.advance(-time.Hour)
		if got := s.report(rec.ID, session.Report{}).ActiveAt; got != rec.ActiveAt {
			s.Errorf("%v after a report; want %v", got, rec.ActiveAt)
		}
		if got := s.move(s.get(rec.ID), session.Completing).ActiveAt; got != rec.ActiveAt {
			s.Errorf("%v after a swap; want %v", got, rec.ActiveAt)
		}
	}},
	{"URLsExpireAt only moves forward", func(s *suite) {
		rec := s.create(NewSession("ann"))
		at := rec.OpenedAt.Add(time.Hour)
		for _, step := range []struct{ report, want time.Time }{
			{time.Time{}, time.Time{}}, {at, at}, {at.Add(-time.Minute), at}, {time.Time{}, at}, {at.Add(time.Minute), at.Add(time.Minute)},
		} {
			if got := s.report(rec.ID, session.Report{URLsExpireAt: step.report}).URLsExpireAt; got != step.want {
				s.Errorf("after a report of %v: %v; want %v", step.report, got, step.want)
			}
		}
	}},
	{"a part reported again counts once, with its last size", func(s *suite) {
		rec := s.create(NewSession("ann"))
		steps := []struct {
			parts []session.Part
			n     int
			bytes int64
		}{
			{[]session.Part{NewPart(1, 5<<20)}, 1, 5 << 20},
			{[]session.Part{NewPart(1, 5<<20)}, 1, 5 << 20},
			{[]session.Part{NewPart(1, 7), NewPart(2, 0)}, 2, 7},
			{[]session.Part{NewPart(2, 100)}, 2, 107},
			{[]session.Part{NewPart(3, 1), NewPart(3, 1000)}, 3, 1107},
		}
		for _, step := range steps {
			s.counts("as returned", s.report(rec.ID, session.Report{Parts: step.parts}), step.n, step.bytes)
		}
		s.counts("as read", s.get(rec.ID), 3, 1107)
		s.sameParts(s.parts(rec.ID), NewPart(1, 7), NewPart(2, 100), NewPart(3, 1000))
	}},
	{"parts known at creation count too", func(s *suite) {
		rec := NewSession("ann")
		s.counts("as created", s.create(rec, NewPart(2, 7), NewPart(1, 5)), 2, 12)
		s.counts("as reported", s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(2, 8), NewPart(3, 1)}}), 3, 14)
		s.sameParts(s.parts(rec.ID), NewPart(1, 5), NewPart(2, 8), NewPart(3, 1))
	}},
	{"a session that is not open takes no report", func(s *suite) {
		for _, state := range []session.State{session.Completing, session.Completed, session.Aborting, session.Aborted, session.Deleted} {
			rec := s.create(NewSession("ann"), NewPart(1, 5))
			closed := s.move(rec, state)
			got := s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(1, 6), NewPart(2, 7)}, URLsExpireAt: time.Now().Add(time.Hour)})
			s.same(string(state)+" as returned", got, closed)
			s.same(string(state)+" as read", s.get(rec.ID), closed)
			if state.Finished() {
				s.sameParts(s.parts(rec.ID))
			} else {
				s.sameParts(s.parts(rec.ID), NewPart(1, 5))
			}
		}
	}},
	{"the parts of what is finished go at once, and their counts stay", func(s *suite) {
		for _, state := range []session.State{session.Completed, session.Aborted, session.Deleted} {
			for _, n := range []int{3, 200} {
				for _, keep := range []time.Duration{0, time.Hour} {
					rec := s.create(NewSession("ann"), manyParts(n)...)
					done := *rec
					done.State = state
					s.counts("as "+string(state), s.swap(session.Change{Session: &done, From: rec.Revision, Keep: keep}), n, int64(n)*5<<20)
					s.sameParts(s.parts(rec.ID))
					s.counts("as read", s.get(rec.ID), n, int64(n)*5<<20)
				}
			}
		}
	}},
	{"a report finds the session whatever the type letter", func(s *suite) {
		rec := s.create(NewSession("ann"))
		if got := s.report(session.ID(rec.ID.Name()+"m"), session.Report{}); got.ID != rec.ID || got.Revision <= rec.Revision {
			s.Errorf("ID %s, revision %d; want %s and more than %d", got.ID, got.Revision, rec.ID, rec.Revision)
		}
	}},
}

var partTests = []test{
	{"parts come in order of number", func(s *suite) {
		rec := s.create(NewSession("ann"))
		var want []session.Part
		for _, n := range []session.PartNumber{10_000, 2, 300, 11, 1, 9_999, 256, 255} {
			s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(n, int64(n))}})
			want = append(want, NewPart(n, int64(n)))
		}
		slices.SortFunc(want, func(a, b session.Part) int { return int(a.Number - b.Number) })
		s.sameParts(s.parts(rec.ID), want...)
	}},
	{"a session without parts has none", func(s *suite) {
		s.sameParts(s.parts(s.create(NewSession("ann")).ID))
	}},
	{"any ETag survives", func(s *suite) {
		rec := s.create(NewSession("ann"))
		want := []session.Part{}
		for i, etag := range oddETags() {
			want = append(want, session.Part{Number: session.PartNumber(i + 1), Size: int64(i), ETag: etag})
		}
		s.report(rec.ID, session.Report{Parts: want})
		s.sameParts(s.parts(rec.ID), want...)
	}},
	{"sizes survive up to S3's largest", func(s *suite) {
		rec := s.create(NewSession("ann"))
		want := []session.Part{}
		sum := int64(0)
		for i, size := range []int64{0, 1, 255, 256, 65_536, 5<<20 - 1, 5 << 20, 5<<20 + 1, 1 << 24, 1<<32 - 1, 1 << 32, session.MaxPartSize} {
			want = append(want, NewPart(session.PartNumber(i+1), size))
			sum += size
		}
		s.counts("as returned", s.report(rec.ID, session.Report{Parts: want}), len(want), sum)
		s.sameParts(s.parts(rec.ID), want...)
	}},
	{"only number, size and ETag are kept", func(s *suite) {
		rec := s.create(NewSession("ann"))
		full := NewPart(1, 5)
		full.Checksum, full.StoredAt = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=", time.Now()
		s.report(rec.ID, session.Report{Parts: []session.Part{full}})
		s.sameParts(s.parts(rec.ID), NewPart(1, 5))
	}},
	{"counts hold however many parts there are", func(s *suite) {
		rec := s.create(NewSession("ann"))
		for n := session.PartNumber(1); n <= 140; n++ { // past every size at which a store may change its ways
			s.counts("first", s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(n, 10)}}), int(n), 10*int64(n))
		}
		s.counts("again", s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(1, 11), NewPart(140, 9), NewPart(141, 1)}}), 141, 1401)
		if got := len(s.parts(rec.ID)); got != 141 {
			s.Errorf("%d parts; want 141", got)
		}
	}},
	{"10,000 parts fit in one report", func(s *suite) {
		all := manyParts(session.MaxPartNumber)
		rec := s.create(NewSession("ann"))
		s.counts("first", s.report(rec.ID, session.Report{Parts: all}), len(all), int64(len(all))*5<<20)
		s.counts("again", s.report(rec.ID, session.Report{Parts: all}), len(all), int64(len(all))*5<<20)
		s.sameParts(s.parts(rec.ID), all...)
	}},
	{"10,000 parts can be known at creation", func(s *suite) {
		all := manyParts(session.MaxPartNumber)
		rec := NewSession("ann")
		s.counts("created", s.create(rec, all...), len(all), int64(len(all))*5<<20)
		s.sameParts(s.parts(rec.ID), all...)
	}},
}

// oddETags are ETags as some servers make them, and as none should.
func oddETags() []session.ETag {
	long := `"` + strings.Repeat("~", 1022) + `"`
	return []session.ETag{
		`"d41d8cd98f00b204e9800998ecf8427e"`, `"D41D8CD98F00B204E9800998ECF8427E"`, `"d41d8cd98f00b204e9800998ecf8427e-1"`, `d41d8cd98f00b204e9800998ecf8427e`,
		`"d41d8cd98f00b204e9800998ecf8427"`, `"d41d8cd98f00b204e9800998ecf8427g"`, `W/"x"`, `""`, "", `"a"`, "\"\x00\x01\n\xff\"", "\"0123456789abcdef\"", session.ETag(long),
	}
}
