package session_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// lossy is a real bucket on a bad day.
type lossy struct {
	session.Bucket
	before func()      // runs before CompleteMultipartUpload is sent
	after  func()      // runs after it was answered
	lose   atomic.Bool // the answer never arrives
	cut    atomic.Bool // nor does the request
	atWork atomic.Bool // S3 knows the upload no more, and the object not yet
	calls  atomic.Int32
	mu     sync.Mutex // guards until
	until  time.Time  // when the last ListParts would have had to end; zero: never
}

func (l *lossy) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	l.mu.Lock()
	l.until, _ = ctx.Deadline()
	l.mu.Unlock()
	if l.atWork.Load() {
		return nil, notYet
	}
	return l.Bucket.ListParts(ctx, u)
}

var notYet = &session.Error{Kind: session.NotFound, Reason: "not-in-s3", Detail: "planted: S3 does not know it"}

func (l *lossy) Head(ctx context.Context, key session.Key) (session.Object, error) {
	if l.atWork.Load() {
		return session.Object{}, notYet
	}
	return l.Bucket.Head(ctx, key)
}

func (l *lossy) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	away := &session.Error{Kind: session.Unavailable, Detail: "planted: no answer"}
	if l.cut.Load() {
		return session.Object{}, away
	}
	l.calls.Add(1)
	if l.before != nil {
		l.before()
	}
	obj, err := l.Bucket.Complete(ctx, u, parts, size)
	if l.after != nil {
		l.after()
	}
	if l.lose.Load() {
		return session.Object{}, away
	}
	return obj, err
}

// recorded is a session with two parts in S3, and the claim for them.
type recorded struct {
	*apitest.API
	bucket *lossy
	opened apitest.Opened
	ref    session.Ref
	claim  session.Claim
	bodies [][]byte
	stale  []byte // of part 2, as an old PUT would bring it
}

func record(t *testing.T) *recorded {
	t.Helper()
	return recordWith(t, session.SHA256)
}

// recordWith has the claim name the parts' ETags and checksums, where there are
// any.
func recordWith(t *testing.T, algorithm session.ChecksumAlgorithm) *recorded {
	t.Helper()
	r := &recorded{API: apitest.Start(t)}
	r.bucket = &lossy{Bucket: r.Broker.Bucket}
	r.Broker.Bucket = r.bucket
	r.opened = r.Open(t, "ann", map[string]any{"checksum": algorithm})
	r.bodies, r.stale = [][]byte{apitest.Noise(session.MinPartSize), apitest.Noise(99)}, apitest.Noise(99)
	for i, body := range r.bodies {
		part := r.UploadPart(t, r.opened, i+1, body)
		r.claim.Parts = append(r.claim.Parts, session.Part{Number: session.PartNumber(i + 1), Size: int64(len(body)), ETag: session.ETag(part["etag"].(string)), Checksum: algorithm.Sum(body)})
		r.claim.Size += int64(len(body))
	}
	cred, err := r.Keyring.Check(r.opened.Token)
	if err != nil {
		t.Fatal(err)
	}
	r.ref = session.Ref{ID: r.opened.ID, SessionToken: cred.SessionToken}
	return r
}

func (r *recorded) complete(t *testing.T, want session.State) {
	t.Helper()
	s, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
	if err != nil {
		t.Fatal(err)
	}
	if s.State != want {
		t.Fatalf("the session is %s, want %s", s.State, want)
	}
}

// presign signs a PUT of body that is made later.
func (r *recorded) presign(t *testing.T, number session.PartNumber, body []byte) apitest.URL {
	t.Helper()
	algorithm := session.ChecksumAlgorithm(r.opened.Checksum)
	upload := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID, Algorithm: algorithm}
	part := session.PartToSign{Number: number, Size: int64(len(body)), Checksum: algorithm.Sum(body)}
	signed, err := r.Broker.Signer.SignParts(t.Context(), upload, []session.PartToSign{part}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return apitest.URL{URL: string(signed[0].URL), Headers: headersOf(algorithm, part.Checksum)}
}

func headersOf(algorithm session.ChecksumAlgorithm, sum session.Checksum) map[string]string {
	if sum == "" {
		return nil
	}
	return map[string]string{algorithm.Header(): string(sum)}
}

// withEach runs f with a recording of each kind.
func withEach(t *testing.T, f func(*testing.T, *recorded)) {
	t.Helper()
	for _, algorithm := range append([]session.ChecksumAlgorithm{session.NoChecksum}, bound...) {
		t.Run(string(algorithm), func(t *testing.T) { f(t, recordWith(t, algorithm)) })
	}
}

// pastTheLease lets the lease of a broker that died run out.
func (r *recorded) pastTheLease() { r.Later(r.Broker.Limits.CompleteWithin + time.Minute) }

func TestAnAnswerThatNeverCameIsSettledByTheObject(t *testing.T) {
	withEach(t, func(t *testing.T, r *recorded) {
		r.bucket.lose.Store(true)
		r.complete(t, session.Completing)
		r.bucket.lose.Store(false)
		r.complete(t, session.Completing) // the lease still runs
		r.pastTheLease()
		r.complete(t, session.Completed)
		if n := r.bucket.calls.Load(); n != 1 {
			t.Errorf("S3 was asked %d times to complete", n)
		}
	})
}

func TestATakeoverReplaysTheStoredIntent(t *testing.T) {
	withEach(t, func(t *testing.T, r *recorded) {
		r.bucket.cut.Store(true)
		r.complete(t, session.Completing)
		r.bucket.cut.Store(false)
		r.pastTheLease()
		r.bucket.until = time.Time{}
		r.complete(t, session.Completed)
		// All of a takeover's work has to end before its lease does.
		if until := r.bucket.until; until.IsZero() || until.After(time.Now().Add(r.Broker.Limits.CompleteWithin)) {
			t.Errorf("the takeover's ListParts may run until %v", until)
		}
	})
}

func TestAPartOverwrittenUnderAnIntentReopensTheSession(t *testing.T) {
	withEach(t, func(t *testing.T, r *recorded) {
		r.bucket.cut.Store(true)
		r.complete(t, session.Completing)
		r.bucket.cut.Store(false)
		stale := r.presign(t, 2, r.stale)
		if res := apitest.Put(t, stale, r.stale); res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
		r.pastTheLease()
		_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
		if session.ReasonOf(err) != "parts-differ" {
			t.Fatalf("the answer is %v, want parts-differ", err)
		}
		r.UploadPart(t, r.opened, 2, r.bodies[1])
		r.complete(t, session.Completed)
	})
}

// S3 refuses the pinned ETag when a stale PUT lands between ListParts and
// CompleteMultipartUpload.
func TestAPartOverwrittenAtTheLastMomentIsNamed(t *testing.T) {
	withEach(t, func(t *testing.T, r *recorded) {
		stale := r.presign(t, 2, r.stale)
		var once sync.Once
		r.bucket.before = func() { once.Do(func() { apitest.Put(t, stale, r.stale) }) }
		_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
		if session.ReasonOf(err) != "parts-differ" {
			t.Fatalf("the answer is %v, want parts-differ", err)
		}
		r.UploadPart(t, r.opened, 2, r.bodies[1])
		r.complete(t, session.Completed)
	})
}

func TestTheStoreForgetsAtTheWorstMoment(t *testing.T) {
	withEach(t, func(t *testing.T, r *recorded) {
		r.bucket.after = r.Store.Forget
		r.complete(t, session.Completed)
	})
}

func TestManyCompletesAtOnceMakeOneRequest(t *testing.T) {
	r := record(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
			if err != nil || s.State != session.Completed && s.State != session.Completing {
				t.Errorf("one of them was answered with %v, %v", s, err)
			}
		})
	}
	wg.Wait()
	r.complete(t, session.Completed)
	if n := r.bucket.calls.Load(); n != 1 {
		t.Errorf("S3 was asked %d times to complete", n)
	}
}

func TestASessionOfAnotherBucketIsNotLost(t *testing.T) {
	r := record(t)
	elsewhere := *r.ref.SessionToken
	elsewhere.Bucket = "https://other.example/bucket"
	ref := session.Ref{ID: elsewhere.ID, SessionToken: &elsewhere}
	calls := map[string]func() error{
		"complete": func() error { _, err := r.Broker.Complete(t.Context(), ref, r.claim); return err },
		"parts":    func() error { _, _, err := r.Broker.Parts(t.Context(), &elsewhere, nil, nil, 0); return err },
		"abort":    func() error { _, err := r.Broker.Abort(t.Context(), ref, 0); return err },
		"show":     func() error { _, err := r.Broker.Show(t.Context(), ref); return err },
	}
	for _, known := range []bool{true, false} {
		for name, call := range calls {
			if err := call(); session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != "other-bucket" {
				t.Errorf("%s, with the record known %v, is answered with %v; want unavailable", name, known, err)
			}
		}
		r.Store.Forget()
	}
}

// Whoever lets go of the recording at the answer "completed" must have been
// talking of the same recording.
func TestACompletedSessionIsNotWhatAnotherClaimSays(t *testing.T) {
	for _, forget := range []bool{false, true} {
		r := record(t)
		r.complete(t, session.Completed)
		if forget {
			r.Store.Forget()
		}
		r.complete(t, session.Completed)
		r.claim.Parts[1].Checksum = session.Checksum(apitest.Sum(r.stale))
		_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
		if session.ReasonOf(err) != "completed-otherwise" {
			t.Errorf("another checksum of the same size, record forgotten %v, is answered with %v", forget, err)
		}
	}
}

// A complete, an abort and a look at the same moment: each answer is true.
func TestACompleteAndAnAbortAtTheSameMoment(t *testing.T) {
	for range 8 {
		r := record(t)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				s, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
				if reason := session.ReasonOf(err); err != nil && reason != "aborted" && reason != "busy" {
					t.Errorf("complete is answered with %v, %v", s, err)
				}
			})
		}
		wg.Go(func() {
			if _, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil && session.KindOf(err) != session.Conflict {
				t.Errorf("abort is answered with %v", err)
			}
		})
		wg.Go(func() {
			for range 10 {
				view, err := r.Broker.Show(t.Context(), r.ref)
				if err != nil || view.State == session.Open && len(view.Parts) != 2 {
					t.Errorf("show says %v with %d parts (%v)", view.Session, len(view.Parts), err)
				}
				if _, err := r.Broker.Watch(t.Context(), r.ref); session.ReasonOf(err) == "lost" {
					t.Error("watch says it is lost")
				}
			}
		})
		wg.Wait()
	}
}

// Sizes alone show nothing: a stale part is often as long as the right one.
func TestAClaimWithoutETagsHoldsOnlyWhileItIsKnown(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 99)
	for i := range r.claim.Parts {
		r.claim.Parts[i].ETag = "" // a page whose bucket does not expose it
	}
	r.complete(t, session.Completed)
	r.complete(t, session.Completed)
	r.Store.Forget()
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "completed-otherwise" {
		t.Errorf("once the record is lost it is answered with %v", err)
	}
}

// stale is a none session whose part 1 was reported, and then an older PUT of
// the same length landed.
func stale(t *testing.T) *recorded {
	t.Helper()
	r := abandoned(t, nil, session.MinPartSize, 99)
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, r.claim.Parts, nil, 0); err != nil {
		t.Fatal(err)
	}
	r.UploadPart(t, r.opened, 1, apitest.Noise(session.MinPartSize))
	return r
}

func TestASilentClaimIsWhatWasReported(t *testing.T) {
	r := stale(t)
	right := r.claim.Parts[0].ETag
	for i := range r.claim.Parts {
		r.claim.Parts[i].ETag = ""
	}
	_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
	e, ok := errors.AsType[*session.Error](err)
	if !ok || e.Reason != "parts-differ" || len(e.Parts) != 1 || e.Parts[0].Number != 1 || e.Parts[0].Want.ETag != right || e.Parts[0].Have.ETag == right {
		t.Fatalf("it is answered with %v", err)
	}
	view, err := r.Broker.Show(t.Context(), r.ref)
	if err != nil || !slices.Equal(view.Missing, []session.PartNumber{1}) {
		t.Errorf("missing are %v (%v)", view.Missing, err)
	}
	r.UploadPart(t, r.opened, 1, r.bodies[0])
	r.complete(t, session.Completed)
	r.plays(t, r.bodies...)
}

// evicting is a store that has lost what was reported, and still counts it.
type evicting struct{ session.Store }

func (evicting) Parts(context.Context, session.ID) ([]session.Part, error) { return nil, nil }

func TestASilentClaimOfWhatTheStoreLostIsRefused(t *testing.T) {
	r := stale(t)
	for i := range r.claim.Parts {
		r.claim.Parts[i].ETag = ""
	}
	r.Broker.Store = evicting{r.Broker.Store}
	_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
	if e, ok := errors.AsType[*session.Error](err); !ok || e.Reason != "parts-differ" || len(e.Parts) != len(r.claim.Parts) {
		t.Fatalf("it is answered with %v", err)
	}
	done, err := r.Broker.Salvage(t.Context(), session.Ref{ID: r.opened.ID}, 0)
	if err != nil || done.State != session.Completed {
		t.Errorf("a salvage is answered with %v", err)
	}
}

// What the claim says goes before what was reported.
func TestAClaimWithETagsNeedsNoReport(t *testing.T) {
	r := stale(t)
	view, err := r.Broker.Show(t.Context(), r.ref)
	if err != nil {
		t.Fatal(err)
	}
	r.claim.Parts[0].ETag, r.claim.Parts[1].ETag = view.Parts[0].ETag, ""
	r.complete(t, session.Completed)
}

func TestAClaimHalfOfETagsShowsNothing(t *testing.T) {
	r := record(t)
	r.complete(t, session.Completed)
	r.claim.Parts[0].ETag, r.claim.Parts[1].Checksum = "", ""
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "completed-otherwise" {
		t.Errorf("it is answered with %v", err)
	}
}

// The object alone does not say whether it was salvaged, so who merely looks
// does not make it news.
func TestOnlyAClaimTellsThatAForgottenSessionIsCompleted(t *testing.T) {
	r := record(t)
	r.complete(t, session.Completed)
	r.Store.Forget()
	since := r.Broker.Now().Add(-time.Second)
	if _, err := r.Broker.Show(t.Context(), r.ref); err != nil {
		t.Fatal(err)
	}
	if told := r.told(t, since); len(told) != 0 {
		t.Errorf("a look tells of %v", told)
	}
	r.Store.Forget()
	r.complete(t, session.Completed)
	if told := r.told(t, since); len(told) != 1 || told[0].Type != session.EventCompleted {
		t.Errorf("a claim tells of %v", told)
	}
}

// told are the events since then.
func (r *recorded) told(t *testing.T, since time.Time) (events []session.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	for e := range r.Store.Follow(ctx, since) {
		events = append(events, e)
	}
	return events
}

func TestADeniedCompleteIsToldAsSuch(t *testing.T) {
	r := record(t)
	r.Broker.Bucket = denied{r.bucket}
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "s3-denied" {
		t.Errorf("it is answered with %v", err)
	}
	r.Broker.Bucket = r.bucket
	r.pastTheLease()
	r.complete(t, session.Completed)
}

// denied is a bucket whose policy lacks something that completing takes.
type denied struct{ session.Bucket }

func (denied) Complete(context.Context, session.Upload, []session.Part, int64) (session.Object, error) {
	return session.Object{}, &session.Error{Kind: session.Unavailable, Reason: "s3-denied", Detail: "planted"}
}

// S3 that completes for longer than anybody waits knows neither the upload nor
// the object. A recorder that took that for lost would send everything again.
func TestASlowCompleteIsNotLost(t *testing.T) {
	r := record(t)
	r.Broker.Limits.ResumeWindow = resumeWindow
	r.bucket.cut.Store(true)
	r.complete(t, session.Completing)
	r.bucket.atWork.Store(true)
	for range 5 { // 50 minutes
		r.Later(10 * time.Minute)
		r.complete(t, session.Completing)
		if view, err := r.Broker.Show(t.Context(), r.ref); err != nil || view.State != session.Completing {
			t.Fatalf("it is shown as %+v, %v", view.Session, err)
		}
		if _, err := r.Broker.Watch(t.Context(), r.ref); session.ReasonOf(err) != "not-completed" {
			t.Fatalf("who wants to watch it is told %v", err)
		}
		if done := r.reap(t); done.Lost > 0 {
			t.Fatalf("the reaper did %+v", done)
		}
	}
	upload := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID, Algorithm: session.SHA256}
	if _, err := r.bucket.Bucket.Complete(t.Context(), upload, r.claim.Parts, r.claim.Size); err != nil {
		t.Fatal(err)
	}
	r.bucket.atWork.Store(false)
	r.Later(10 * time.Minute)
	r.complete(t, session.Completed)
}

// asked is a recording of whose complete S3 has not heard.
func asked(t *testing.T) *recorded {
	t.Helper()
	r := record(t)
	r.bucket.cut.Store(true)
	r.complete(t, session.Completing)
	return r
}

func TestASlowCompleteThatIsAskedForAnewHasItsHourAnew(t *testing.T) {
	r := asked(t)
	r.Later(50 * time.Minute)
	r.complete(t, session.Completing) // the upload is there, and S3 is asked once more
	r.bucket.atWork.Store(true)
	r.Later(50 * time.Minute)
	r.complete(t, session.Completing)
}

func TestWhatS3DoesNotKnowAnHourAfterItWasAskedIsLost(t *testing.T) {
	r := asked(t)
	r.bucket.atWork.Store(true)
	r.Later(time.Hour)
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "lost" {
		t.Errorf("it is answered with %v, want lost", err)
	}
}
