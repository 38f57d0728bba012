package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// byKeyOnly is a recording over an S3 server that lists uploads by their exact
// key alone, and a broker that knows it.
func byKeyOnly(t *testing.T, sizes ...int) *recorded {
	t.Helper()
	a := apitest.Start(t)
	a.Over(t, devs3test.Start(t, func(c *devs3.Config) { c.ListsByKeyOnly = true }))
	a.Broker.Limits.ListsByKeyOnly = true
	return abandonedAt(t, a, nil, sizes...)
}

// secondUpload opens another upload of the recording's key, as a broker does
// that lost a race and died before it aborted its own.
func (r *recorded) secondUpload(t *testing.T) session.UploadID {
	t.Helper()
	out, err := r.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &r.S3.Bucket, Key: r.key()})
	if err != nil {
		t.Fatal(err)
	}
	return session.UploadID(aws.ToString(out.UploadId))
}

func TestWhereS3ListsByKeyTheUploadsOfRecordedSessionsAreFound(t *testing.T) {
	r := byKeyOnly(t, 99)
	other := r.secondUpload(t)
	if o, found := r.orphan(t, other); !found || o.Reason != session.OtherUpload {
		t.Errorf("the second upload is %+v", o)
	}
	if _, found := r.orphan(t, r.ref.SessionToken.UploadID); found {
		t.Error("the session's own upload is called an orphan")
	}
	r.Broker.Limits.ListsByKeyOnly = false
	if _, found := r.orphan(t, other); found {
		t.Error("the server lists by prefix, and the test shows nothing")
	}
}

func TestWhereS3ListsByKeyWhatAnEndedSessionLeftIsFound(t *testing.T) {
	r := byKeyOnly(t, 99)
	r.complete(t, session.Completed)
	left := r.secondUpload(t)
	if o, found := r.orphan(t, left); !found || o.Reason != session.OtherUpload {
		t.Errorf("what is left is %+v", o)
	}
}

// The pages of such a listing are places among the records.
func TestWhereS3ListsByKeyEachPageGoesOn(t *testing.T) {
	r := byKeyOnly(t, 99)
	want := []session.UploadID{r.secondUpload(t)}
	for range 3 {
		o := r.Open(t, "ann", nil)
		next := &recorded{API: r.API, opened: o}
		want = append(want, next.secondUpload(t))
	}
	var got []session.UploadID
	var after session.UploadCursor
	for pages := 0; pages == 0 || after != (session.UploadCursor{}); pages++ {
		page, err := r.Broker.Orphans(t.Context(), after, 1)
		if err != nil || pages > 20 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, o := range page.Orphans {
			got = append(got, o.ID)
		}
		after = page.Next
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("listed are %v, want %v", got, want)
	}
	for _, bad := range []session.UploadCursor{{Key: "recordings/x", ID: "u"}, {Key: "recordings/x", ID: "completed/1"}, {Key: r.Broker.Key(r.opened.ID), ID: "completed/x"}} {
		if _, err := r.Broker.Orphans(t.Context(), bad, 1); session.KindOf(err) != session.Invalid {
			t.Errorf("the cursor %v is answered with %v", bad, err)
		}
	}
}

func TestWhereS3ListsByKeyTheSweepFreesWhatIsEmpty(t *testing.T) {
	r := byKeyOnly(t, 99)
	r.secondUpload(t)
	r.Later(abandonAfter + r.Broker.Limits.MaxURLTTL + time.Hour)
	if done := r.sweep(t); done.Uploads != 2 || done.Aborted != 1 || r.uploads(t) != 1 {
		t.Errorf("the sweep did %+v, and S3 has %d uploads", done, r.uploads(t))
	}
	r.complete(t, session.Completed)
	r.secondUpload(t)
	if done := r.sweep(t); done.Uploads != 0 || r.uploads(t) != 1 {
		t.Errorf("the sweep asked for sessions that are over: %+v", done)
	}
}

// What the Store forgot is on no record: its ID brings it back.
func TestWhereS3ListsByKeyAForgottenUploadComesBackByItsID(t *testing.T) {
	r := byKeyOnly(t, 99)
	whole := abandonedAt(t, r.API, nil, 50)
	whole.complete(t, session.Completed)
	r.Store.Forget()
	tell := func(session.Rebuilt) {}
	if done, err := r.Broker.Rebuild(t.Context(), tell); err != nil || done.Uploads != 0 || done.Restored != 1 {
		t.Errorf("without IDs it did %+v (%v)", done, err)
	}
	r.Store.Forget()
	unknown := r.Open(t, "ann", nil).ID
	r.Store.Forget()
	ids := []session.ID{r.opened.ID, whole.opened.ID, unknown}
	done, err := r.Broker.RebuildThese(t.Context(), ids, tell)
	if err != nil || done.Adopted != 1 || done.Restored != 1 || done.Skipped != 1 || done.Uploads != 2 {
		t.Fatalf("it did %+v (%v)", done, err)
	}
	if s := r.state(t); s.State != session.Open || !s.Adopted || s.PartsReported != 1 {
		t.Errorf("the unfinished one is %+v", s)
	}
	if s := whole.state(t); s.State != session.Completed {
		t.Errorf("the finished one is %+v", s)
	}
	if again, err := r.Broker.RebuildThese(t.Context(), ids, tell); err != nil || again.Adopted+again.Restored > 0 {
		t.Errorf("the second time it did %+v (%v)", again, err)
	}
}
