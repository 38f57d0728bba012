package session_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

const (
	abandonAfter = 30 * time.Hour // longer than any URL of the tests lives
	resumeWindow = 7 * 24 * time.Hour
)

// abandoned is a recording that was begun and of which parts arrived: part
// numbers to sizes. Nobody holds its token any more.
func abandoned(t *testing.T, fields map[string]any, sizes ...int) *recorded {
	t.Helper()
	return abandonedAt(t, apitest.Start(t), fields, sizes...)
}

func abandonedAt(t *testing.T, a *apitest.API, fields map[string]any, sizes ...int) *recorded {
	t.Helper()
	r := &recorded{API: a}
	r.bucket = &lossy{Bucket: r.Broker.Bucket}
	r.Broker.Bucket = r.bucket
	r.Broker.Limits.AbandonAfter, r.Broker.Limits.ResumeWindow, r.Broker.Limits.AdoptAfter = abandonAfter, resumeWindow, time.Hour
	r.Broker.Limits.KeepRecord = 30 * 24 * time.Hour
	r.opened = r.Open(t, "ann", fields)
	for i, size := range sizes {
		body := apitest.Noise(size)
		r.bodies = append(r.bodies, body)
		if size == 0 {
			continue // a hole
		}
		part := r.UploadPart(t, r.opened, i+1, body)
		r.claim.Parts = append(r.claim.Parts, session.Part{Number: session.PartNumber(i + 1), Size: int64(size), ETag: session.ETag(part["etag"].(string))})
		r.claim.Size += int64(size)
	}
	cred, err := r.Keyring.Check(r.opened.Token)
	if err != nil {
		t.Fatal(err)
	}
	r.ref = session.Ref{ID: r.opened.ID, SessionToken: cred.SessionToken}
	return r
}

func (r *recorded) reap(t *testing.T) session.Reaped {
	t.Helper()
	done, err := r.Broker.Reap(t.Context())
	if err != nil || done.Failed > 0 {
		t.Fatalf("the reaper did %+v, %v", done, err)
	}
	return done
}

func (r *recorded) sweep(t *testing.T) session.Swept {
	t.Helper()
	done, err := r.Broker.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (r *recorded) state(t *testing.T) *session.Session {
	t.Helper()
	s, err := r.Store.Get(t.Context(), r.opened.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plays downloads the recording and holds it against what was uploaded.
func (r *recorded) plays(t *testing.T, want ...[]byte) {
	t.Helper()
	recording, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(string(recording.Link.URL))
	if err != nil {
		t.Fatal("the download failed")
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Equal(got, bytes.Join(want, nil)) {
		t.Errorf("the recording has %d bytes (%v), want %d, or others", len(got), err, len(bytes.Join(want, nil)))
	}
}

func (r *recorded) key() *string { return aws.String(string(r.Broker.Key(r.opened.ID))) }

// uploads are those that S3 still has for the session's key.
func (r *recorded) uploads(t *testing.T) int {
	t.Helper()
	out, err := r.Client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &r.S3.Bucket, Prefix: r.key()})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}

func TestAnAbandonedRecordingIsSalvaged(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 99)
	r.Later(abandonAfter - time.Minute)
	if done := r.reap(t); done.Salvaged != 0 {
		t.Fatalf("a minute too early the reaper did %+v", done)
	}
	r.Later(time.Hour)
	if done := r.reap(t); done.Salvaged != 1 {
		t.Fatalf("the reaper did %+v", done)
	}
	s := r.state(t)
	if s.State != session.Completed || s.Result.Outcome != session.Salvaged || len(s.Result.Missing) > 0 {
		t.Errorf("the session is %s with %+v", s.State, s.Result)
	}
	r.plays(t, r.bodies...)
	if done := r.reap(t); done.Looked != 0 {
		t.Errorf("the next round looked at %d sessions", done.Looked)
	}
}

func TestARecorderThatComesBackAfterASalvage(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 99)
	r.Later(abandonAfter + time.Hour)
	r.reap(t)
	s, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
	if err != nil || s.Result.Outcome != session.Salvaged {
		t.Errorf("the claim of all there is: answered with %+v, %v", s, err)
	}
	_, _, err = r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, []session.PartToSign{{Number: 3, Size: 1}}, 0)
	if session.KindOf(err) != session.Conflict || session.ReasonOf(err) != "salvaged" {
		t.Errorf("another part: answered with %v, want salvaged", err)
	}
	r.claim.Parts, r.claim.Size = append(r.claim.Parts[:1:1], session.Part{Number: 2, Size: 100}), session.MinPartSize+100
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "salvaged" {
		t.Errorf("the claim of more: answered with %v, want salvaged", err)
	}
}

func TestARecordingWithAHoleWaitsForItsRecorder(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 0, 99)
	r.Later(abandonAfter + time.Hour)
	r.reap(t)
	if s := r.state(t); s.State != session.Open {
		t.Fatalf("the session is %s", s.State)
	}
	if done := r.reap(t); done.Looked != 0 {
		t.Errorf("S3 was asked again though nothing changed: %+v", done)
	}
	r.Later(resumeWindow)
	if done := r.reap(t); done.Salvaged != 1 {
		t.Fatalf("after the resume window the reaper did %+v", done)
	}
	if s := r.state(t); !slices.Equal(s.Result.Missing, []session.PartNumber{2}) {
		t.Errorf("missing is %v, want 2", s.Result.Missing)
	}
	r.plays(t, r.bodies...)
}

// A phone announced two parts and sent one: that is not all of it.
func TestWhatWasAnnouncedIsWaitedFor(t *testing.T) {
	r := abandoned(t, map[string]any{"size": session.MinPartSize + 99}, session.MinPartSize)
	r.Later(abandonAfter + time.Hour)
	if r.reap(t); r.state(t).State != session.Open {
		t.Fatalf("the session is %s", r.state(t).State)
	}
	r.Later(resumeWindow)
	r.reap(t)
	if s := r.state(t); s.State != session.Completed || !slices.Equal(s.Result.Missing, []session.PartNumber{2}) {
		t.Errorf("the session is %s with %+v", s.State, s.Result)
	}
}

func TestAFilledHoleIsSeenAtOnce(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 0, 99)
	r.Later(abandonAfter + time.Hour)
	r.reap(t)
	r.bodies[1] = apitest.Noise(session.MinPartSize)
	upload := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}
	_, urls, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, []session.PartToSign{{Number: 2, Size: session.MinPartSize}}, time.Minute)
	if err != nil {
		t.Fatal(err, upload)
	}
	apitest.Put(t, apitest.URL{URL: string(urls[0].URL)}, r.bodies[1])
	r.Later(abandonAfter + time.Hour)
	if done := r.reap(t); done.Salvaged != 1 {
		t.Fatalf("the reaper did %+v", done)
	}
	r.plays(t, r.bodies...)
}

// Phones sign once and upload for hours; their parts alone say that they live.
func TestSignsOfLife(t *testing.T) {
	for _, tc := range []struct {
		name string
		live func(*testing.T, *recorded)
	}{
		{"a heartbeat", func(t *testing.T, r *recorded) {
			if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, nil, 0); err != nil {
				t.Fatal(err)
			}
		}},
		{"a URL that still lives", func(t *testing.T, r *recorded) {
			r.Later(-23 * time.Hour)
			if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, []session.PartToSign{{Number: 2, Size: 1}}, 24*time.Hour); err != nil {
				t.Fatal(err)
			}
			r.Later(23 * time.Hour)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := abandoned(t, nil, 99)
			r.Later(abandonAfter + time.Hour)
			tc.live(t, r)
			r.Later(abandonAfter - 2*time.Hour)
			r.reap(t)
			if s := r.state(t); s.State != session.Open {
				t.Errorf("the session is %s", s.State)
			}
			r.Later(3 * time.Hour)
			if done := r.reap(t); done.Salvaged != 1 {
				t.Errorf("in the end the reaper did %+v", done)
			}
		})
	}
}

func TestAPartThatArrivesIsASignOfLife(t *testing.T) {
	r := &recorded{API: apitest.Start(t)}
	r.Broker.Limits.AbandonAfter, r.Broker.Limits.ResumeWindow = time.Hour, resumeWindow
	r.Later(-3 * time.Hour) // S3 knows only the true time
	r.opened = r.Open(t, "ann", nil)
	r.UploadPart(t, r.opened, 1, apitest.Noise(99))
	r.Later(3 * time.Hour)
	r.reap(t)
	if s := r.state(t); s.State != session.Open {
		t.Fatalf("a part came a moment ago, and the session is %s", s.State)
	}
	r.Later(2 * time.Hour)
	if done := r.reap(t); done.Salvaged != 1 {
		t.Errorf("in the end the reaper did %+v", done)
	}
}

func TestWhatTheReaperAborts(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fields map[string]any
		sizes  []int
	}{
		{name: "nothing uploaded"},
		{name: "opened to be aborted", fields: map[string]any{"on_abandon": "abort"}, sizes: []int{99}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := abandoned(t, tc.fields, tc.sizes...)
			r.Later(abandonAfter + time.Hour)
			if done := r.reap(t); done.Aborted != 1 {
				t.Errorf("the reaper did %+v", done)
			}
			if s := r.state(t); s.State != session.Aborted || r.uploads(t) != 0 {
				t.Errorf("the session is %s, and S3 has %d uploads of it", s.State, r.uploads(t))
			}
		})
	}
}

// A broker died with an intent; its recorder never asks again.
func TestTheReaperFinishesWhatADeadBrokerBegan(t *testing.T) {
	r := record(t)
	r.bucket.cut.Store(true)
	r.complete(t, session.Completing)
	r.bucket.cut.Store(false)
	if done := r.reap(t); done.Finished != 0 {
		t.Errorf("while the lease runs the reaper did %+v", done)
	}
	r.pastTheLease()
	if done := r.reap(t); done.Finished != 1 {
		t.Errorf("the reaper did %+v", done)
	}
	if s := r.state(t); s.State != session.Completed || s.Result.Outcome != session.AsClaimed {
		t.Errorf("the session is %s with %+v", s.State, s.Result)
	}
}

func TestALostSessionEndsWithTheResumeWindow(t *testing.T) {
	r := abandoned(t, nil, 99)
	_, err := r.Client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &r.S3.Bucket, Key: r.key(), UploadId: aws.String(string(r.ref.SessionToken.UploadID))})
	if err != nil {
		t.Fatal(err)
	}
	r.Later(abandonAfter + time.Hour)
	r.reap(t)
	if s := r.state(t); s.State != session.Open {
		t.Fatalf("on weak evidence the session is %s", s.State)
	}
	r.Later(resumeWindow)
	if done := r.reap(t); done.Lost != 1 {
		t.Fatalf("after the resume window the reaper did %+v", done)
	}
	r.Later(time.Second)
	if _, err := r.Broker.Show(t.Context(), r.ref); session.ReasonOf(err) != "lost" {
		t.Errorf("it is answered with %v, want lost", err)
	}
}

// lateComplete is a bucket where a complete that nobody listens to any more is
// quicker than an abort.
type lateComplete struct {
	session.Bucket
	late func()
}

func (l lateComplete) Abort(ctx context.Context, u session.Upload) error {
	l.late()
	return l.Bucket.Abort(ctx, u)
}

func TestAnAbortThatComesAfterALateComplete(t *testing.T) {
	r := record(t)
	upload := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID, Algorithm: session.SHA256}
	r.Broker.Bucket = lateComplete{Bucket: r.bucket, late: func() {
		if _, err := r.bucket.Complete(t.Context(), upload, r.claim.Parts, r.claim.Size); err != nil {
			t.Error(err)
		}
	}}
	_, err := r.Broker.Abort(t.Context(), r.ref, 0)
	if session.ReasonOf(err) != "completed" {
		t.Errorf("it is answered with %v, want completed", err)
	}
	r.complete(t, session.Completed)
	r.plays(t, r.bodies...)
}

func TestSalvageOnlyIfNothingChanged(t *testing.T) {
	r := abandoned(t, nil, 99)
	seen := r.state(t).Revision
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Broker.Salvage(t.Context(), r.ref, seen); session.KindOf(err) != session.PreconditionFailed {
		t.Errorf("after a sign of life it is answered with %v", err)
	}
	seen = r.state(t).Revision
	for range 2 { // it can be repeated
		s, err := r.Broker.Salvage(t.Context(), r.ref, seen)
		if err != nil || s.State != session.Completed || s.Result.Outcome != session.Salvaged {
			t.Errorf("it is answered with %+v, %v", s, err)
		}
	}
}

func TestNothingIsNotSalvaged(t *testing.T) {
	r := abandoned(t, nil)
	if _, err := r.Broker.Salvage(t.Context(), r.ref, 0); session.ReasonOf(err) != "empty" {
		t.Errorf("it is answered with %v, want empty", err)
	}
}

// A part lands while the salvage is under way: somebody is there after all.
func TestASalvageMeetsALivePart(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize)
	_, urls, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, []session.PartToSign{{Number: 2, Size: 99}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r.bodies = append(r.bodies, apitest.Noise(99))
	r.Broker.Bucket = &secondListing{Bucket: r.bucket, before: func() { apitest.Put(t, apitest.URL{URL: string(urls[0].URL)}, r.bodies[1]) }}
	s, err := r.Broker.Salvage(t.Context(), r.ref, 0)
	if err != nil || s.State != session.Completed {
		t.Fatalf("it is answered with %+v, %v", s, err)
	}
	r.plays(t, r.bodies...)
}

// secondListing does something before parts are listed for the second time.
type secondListing struct {
	session.Bucket
	before func()
	n      int
}

func (l *secondListing) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	if l.n++; l.n == 2 {
		l.before()
	}
	return l.Bucket.ListParts(ctx, u)
}
