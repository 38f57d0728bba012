package sessiontest

import (
	"strings"
	"time"

	"slipway/internal/session"
)

// short is long enough to be told from the next millisecond on a busy
// machine, and what tests wait for where time is real.
const short = 60 * time.Millisecond

var getTests = []test{
	{"an unknown session is not found", func(s *suite) {
		rec := NewSession("ann")
		_, err := s.store.Get(s.Context(), rec.ID)
		s.fails("Get", err, session.NotFound, "")
		_, err = s.store.Parts(s.Context(), rec.ID)
		s.fails("Parts", err, session.NotFound, "")
		_, err = s.store.Report(s.Context(), rec.ID, session.Report{})
		s.fails("Report", err, session.NotFound, "")
		_, err = s.store.Swap(s.Context(), session.Change{Session: rec, From: 1})
		s.fails("Swap", err, session.NotFound, "")
	}},
	{"what was created is read back field by field", func(s *suite) {
		for name, rec := range unusual() {
			want := *rec
			stored := s.create(rec)
			want.Revision, want.ActiveAt = stored.Revision, stored.ActiveAt
			s.same(name+" as created", stored, &want)
			s.same(name+" as read", s.get(rec.ID), &want)
		}
	}},
	{"a copy handed out is the caller's own", func(s *suite) {
		rec := NewSession("ann")
		rec.Intent = &session.Intent{Digest: "d", Missing: []session.PartNumber{1}}
		stored := s.create(rec)
		rec.Intent.Digest, stored.Intent.Digest = "scribble", "scribble"
		rec.Intent.Missing[0], stored.Intent.Missing[0] = 2, 3
		if got := s.get(rec.ID).Intent; got.Digest != "d" || got.Missing[0] != 1 {
			s.Errorf("the record's intent changed to %+v from outside", got)
		}
	}},
	{"Get finds a record by its ID's name, whatever the type letter", func(s *suite) {
		rec := NewSession("ann")
		s.create(rec)
		other := session.ID(rec.ID.Name() + "m")
		s.same("under another type", s.get(other), s.get(rec.ID))
	}},
	{"ReadAt is the store's time of reading", func(s *suite) {
		rec := NewSession("ann")
		stored := s.create(rec)
		s.wait(short)
		if got := s.get(rec.ID).ReadAt.Sub(stored.ActiveAt); got < short || got > time.Minute {
			s.Errorf("read %v after it was created; waited %v", got, short)
		}
	}},
	{"instants are kept in milliseconds", func(s *suite) {
		rec := NewSession("ann")
		rec.OpenedAt = time.Date(2026, 11, 22, 1, 2, 3, 456_789_000, time.FixedZone("", 3600))
		stored := s.create(rec)
		if want := time.Date(2026, 11, 22, 0, 2, 3, 456_000_000, time.UTC); stored.OpenedAt != want {
			s.Errorf("OpenedAt %v; want %v", stored.OpenedAt, want)
		}
	}},
	{"it answers a ping", func(s *suite) {
		if err := s.store.Ping(s.Context()); err != nil {
			s.Error(err)
		}
	}},
}

// unusual are records at the edges of what a field can hold.
func unusual() map[string]*session.Session {
	printable := make([]byte, 1000)
	for i := range printable {
		printable[i] = byte('!' + i%('~'-'!'+1))
	}
	all := map[string]*session.Session{
		"plain": NewSession("ann"), "of nobody": NewSession(""), "bare": {ID: NewID("ann", '0'), Owner: "ann", State: session.Open},
		"odd text": NewSession("Zoë 🎥\u2028\u202e"), "broken text": NewSession("\xff\x00 \n\"\\{}"), "completing": NewSession("ann"), "completed": NewSession("ann"),
		"known elsewhere": NewSession("ann"), "long ago": NewSession("ann"), "adopted": NewSession(""), "with a hole": NewSession("ann"), "salvaged": NewSession("ann"),
		"of known length": NewSession("ann"), "of known length, completing": NewSession("ann"), "of known length, when whole": whenWhole("ann", time.Minute),
	}
	odd := all["odd text"]
	odd.Name, odd.ContentType, odd.UploadID, odd.Request = strings.Repeat("é\x7f ", 60), `audio/x;p="a,b"`, session.UploadID(printable), "ABCDEF"
	broken := all["broken text"]
	broken.Name, broken.UploadID, broken.Request, broken.Algorithm, broken.OnAbandon = "a\nb\x00c\xfe", "2~\n1 o ", "0x", "crc", "\x01"
	all["completing"].State = session.Completing
	all["completing"].Intent = &session.Intent{Outcome: session.Salvaged, Digest: "9f86d081884c7d659a2feaa0c55ad015",
		Parts: session.MaxPartNumber, Size: 5 << 40, ETag: `"d41d8cd98f00b204e9800998ecf8427e-10000"`, Checksum: "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=-10000"}
	all["completed"].State = session.Completed
	all["completed"].Result = &session.Result{Outcome: session.AsClaimed, Size: 1, ETag: `W/"odd"`, Claimed: `"d41d8cd98f00b204e9800998ecf8427e-2"`, Checksum: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-2"}
	all["completed"].Intent = &session.Intent{}
	for _, algorithm := range []session.ChecksumAlgorithm{session.NoChecksum, session.SHA256, session.CRC32C, session.MD5} {
		of := NewSession("ann")
		of.Algorithm, of.State = algorithm, session.Completing
		of.Intent = &session.Intent{Outcome: session.AsClaimed, Digest: "9f86d081884c7d659a2feaa0c55ad015", Parts: 3, Size: 15 << 20, ETag: `"d41d8cd98f00b204e9800998ecf8427e-3"`}
		if sum := algorithm.Sum([]byte("parts")); algorithm.Kept() {
			of.Intent.Checksum = sum + "-3"
		}
		all["with checksum "+string(algorithm)] = of
	}
	all["adopted"].Adopted = true
	all["with a hole"].HoleAt = time.UnixMilli(1_790_000_000_001).UTC()
	all["salvaged"].State = session.Completed
	all["salvaged"].Intent = &session.Intent{Outcome: session.Salvaged, Missing: []session.PartNumber{1, 2, 3, 7, 9_999, session.MaxPartNumber}}
	all["salvaged"].Result = &session.Result{Outcome: session.Salvaged, Missing: everySecond()}
	all["of known length"].State = session.Completed
	all["of known length"].Result = &session.Result{Outcome: session.AsClaimed, Size: 1, Duration: time.Millisecond}
	all["of known length, completing"].State = session.Completing
	all["of known length, completing"].Intent = &session.Intent{Outcome: session.AsClaimed, Claim: "x", Duration: session.MaxDuration}
	all["of known length, when whole"].State = session.Completed
	all["of known length, when whole"].Result = &session.Result{Outcome: session.AsClaimed, Size: 1, Duration: 90 * time.Minute}
	all["known elsewhere"].URLsExpireAt = time.UnixMilli(1_790_000_000_001).UTC()
	all["known elsewhere"].MaxBytes = 1<<63 - 1
	all["long ago"].OpenedAt, all["long ago"].ExpiresAt = time.UnixMilli(0).UTC(), time.Time{}
	return all
}

// everySecond is the worst that can be missing: nothing stands together.
func everySecond() (numbers []session.PartNumber) {
	for n := session.PartNumber(1); n <= session.MaxPartNumber; n += 2 {
		numbers = append(numbers, n)
	}
	return numbers
}

var swapTests = []test{
	{"to create over a session is a stale conflict", func(s *suite) {
		rec := NewSession("ann")
		before := s.create(rec)
		_, err := s.store.Swap(s.Context(), session.Change{Session: rec})
		s.fails("the same ID", err, session.Conflict, "stale")
		other := *rec
		other.ID, other.ContentType = session.ID(rec.ID.Name()+"m"), "video/mp4"
		_, err = s.store.Swap(s.Context(), session.Change{Session: &other, Parts: []session.Part{NewPart(1, 1)}})
		s.fails("the same name with another type", err, session.Conflict, "stale")
		s.same("the first session", s.get(rec.ID), before)
	}},
	{"a swap replaces the record and makes a higher revision", func(s *suite) {
		rec := s.create(NewSession("ann"))
		next := *rec
		next.Name, next.State, next.Intent = "renamed", session.Completing, &session.Intent{Outcome: session.AsClaimed, Parts: 3}
		stored := s.swap(session.Change{Session: &next, From: rec.Revision})
		if stored.Revision <= rec.Revision {
			s.Errorf("revision %d after %d", stored.Revision, rec.Revision)
		}
		next.Revision, next.ActiveAt = stored.Revision, stored.ActiveAt
		s.same("as stored", stored, &next)
		s.same("as read", s.get(rec.ID), &next)
		next.Intent, next.State = nil, session.Open
		if got := s.swap(session.Change{Session: &next, From: stored.Revision}); got.Revision <= stored.Revision || got.Intent != nil {
			s.Errorf("revision %d after %d, intent %v; want a higher one and none", got.Revision, stored.Revision, got.Intent)
		}
	}},
	{"a swap from an old revision is a stale conflict and changes nothing", func(s *suite) {
		rec := s.create(NewSession("ann"))
		now := s.report(rec.ID, session.Report{Parts: []session.Part{NewPart(1, 5)}})
		for _, from := range []session.Revision{0, rec.Revision, now.Revision + 1} {
			next := *rec
			next.State = session.Aborting
			_, err := s.store.Swap(s.Context(), session.Change{Session: &next, From: from, Lease: time.Hour, Parts: []session.Part{NewPart(2, 5)}})
			s.fails("Swap", err, session.Conflict, "stale")
		}
		s.same("the record", s.get(rec.ID), now)
		if got := s.list(session.Query{State: session.Aborting, Limit: 9}).Sessions; len(got) != 0 {
			s.Errorf("%d sessions are listed as aborting", len(got))
		}
	}},
	{"a swap is a sign of life", func(s *suite) {
		rec := s.create(NewSession("ann"))
		s.wait(short)
		if moved := s.move(rec, session.Completing); moved.ActiveAt.Sub(rec.ActiveAt) < short {
			s.Errorf("ActiveAt went from %v to %v; waited %v", rec.ActiveAt, moved.ActiveAt, short)
		}
	}},
	{"parts and their counts outlive a swap", func(s *suite) {
		rec := s.create(NewSession("ann"), NewPart(2, 7), NewPart(1, 5))
		next := *rec
		next.PartsReported, next.BytesReported = 99, 99
		moved := s.swap(session.Change{Session: &next, From: rec.Revision, Parts: []session.Part{NewPart(9, 9)}})
		if moved.PartsReported != 2 || moved.BytesReported != 12 {
			s.Errorf("%d parts, %d bytes; want 2 and 12", moved.PartsReported, moved.BytesReported)
		}
		s.sameParts(s.parts(rec.ID), NewPart(1, 5), NewPart(2, 7))
	}},
	{"a deleted session's ID starts over", func(s *suite) {
		rec := s.create(NewSession("ann"), NewPart(1, 5))
		done := *rec
		done.State = session.Aborted
		s.swap(session.Change{Session: &done, From: rec.Revision, Keep: short})
		s.wait(2 * short)
		again := *rec
		again.Revision = 77
		stored := s.create(&again)
		if stored.Revision <= rec.Revision+1 || stored.PartsReported != 0 || len(s.parts(rec.ID)) != 0 {
			s.Errorf("revision %d, %d parts; want one that the first never had, and none", stored.Revision, stored.PartsReported)
		}
		s.wait(2 * short)
		s.move(s.get(rec.ID), session.Completing)
	}},
}

var leaseTests = []test{
	{"a lease is stamped on the store's clock", func(s *suite) {
		rec := s.create(NewSession("ann"))
		if !rec.LeaseUntil.IsZero() {
			s.Errorf("a session without a lease has one until %v", rec.LeaseUntil)
		}
		next := *rec
		next.State, next.LeaseUntil = session.Completing, time.Now().Add(24*time.Hour)
		leased := s.swap(session.Change{Session: &next, From: rec.Revision, Lease: 30 * time.Second})
		if got := leased.LeaseUntil.Sub(leased.ActiveAt); got != 30*time.Second {
			s.Errorf("the lease ends %v after the change; want 30s", got)
		}
		s.between("ReadAt of the answer", leased.ReadAt, leased.ActiveAt, leased.ActiveAt.Add(time.Minute))
		s.same("as read", s.get(rec.ID), leased)
	}},
	{"the next swap without a lease clears it", func(s *suite) {
		rec := NewSession("ann")
		rec.State = session.Completing
		leased := s.swap(session.Change{Session: rec, Lease: time.Hour})
		if moved := s.move(leased, session.Open); !moved.LeaseUntil.IsZero() {
			s.Errorf("leased until %v", moved.LeaseUntil)
		}
	}},
	{"Keep forgets the record, its parts and its place in every listing", func(s *suite) {
		rec := s.create(NewSession("ann"), manyParts(200)...)
		done := *rec
		done.State = session.Completed
		s.swap(session.Change{Session: &done, From: rec.Revision, Keep: 5 * short})
		if got := s.list(session.Query{State: session.Completed, Limit: 9}).Sessions; len(got) != 1 {
			s.Errorf("%d completed sessions are listed before the time is up; want 1", len(got))
		}
		s.wait(6 * short)
		_, err := s.store.Get(s.Context(), rec.ID)
		s.fails("Get", err, session.NotFound, "")
		_, err = s.store.Parts(s.Context(), rec.ID)
		s.fails("Parts", err, session.NotFound, "")
		for _, q := range []session.Query{{}, {State: session.Completed}, {Owner: "ann"}, {Owner: "ann", State: session.Completed}} {
			q.Limit = 9
			if got := s.list(q).Sessions; len(got) != 0 {
				s.Errorf("%+v still lists %d sessions", q, len(got))
			}
		}
	}},
	{"a swap without Keep stays", func(s *suite) {
		rec := s.create(NewSession("ann"), manyParts(200)...)
		done := *rec
		done.State = session.Completed
		completed := s.swap(session.Change{Session: &done, From: rec.Revision, Keep: 2 * short})
		s.move(completed, session.Deleted)
		s.wait(3 * short)
		s.counts("as read", s.get(rec.ID), 200, 200*5<<20)
		if got := s.list(session.Query{State: session.Deleted, Limit: 9}).Sessions; len(got) != 1 {
			s.Errorf("%d deleted sessions are listed; want 1", len(got))
		}
	}},
	{"a finished session does not come back to life", func(s *suite) {
		for _, state := range []session.State{session.Completed, session.Aborted, session.Deleted} {
			done := s.move(s.create(NewSession("ann"), NewPart(1, 5)), state)
			for _, live := range []session.State{session.Open, session.Completing, session.Aborting} {
				next := *done
				next.State = live
				_, err := s.store.Swap(s.Context(), session.Change{Session: &next, From: done.Revision, Lease: time.Hour, Event: eventOf(done), Notify: true})
				s.fails(string(state)+" to "+string(live), err, session.Internal, "")
				s.same("as it was", s.get(done.ID), done)
			}
		}
		s.takes(time.Hour, 0)
		if got := s.list(session.Query{State: session.Open, Limit: 9}).Sessions; len(got) != 0 {
			s.Errorf("%d open sessions are listed", len(got))
		}
	}},
	{"only finished sessions can be kept for a time", func(s *suite) {
		_, err := s.store.Swap(s.Context(), session.Change{Session: NewSession("ann"), Keep: time.Hour})
		s.fails("Swap", err, session.Internal, "")
	}},
}
