package session_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

// orphan finds the orphan with an upload ID: the bucket is shared by tests.
func (r *recorded) orphan(t *testing.T, upload session.UploadID) (session.Orphan, bool) {
	t.Helper()
	var after session.UploadCursor
	for {
		page, err := r.Broker.Orphans(t.Context(), after, session.MaxOrphans)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Orphans {
			if o.ID == upload {
				return o, true
			}
		}
		if after = page.Next; after == (session.UploadCursor{}) {
			return session.Orphan{}, false
		}
	}
}

func TestAForgottenUploadIsAdoptedAndSalvaged(t *testing.T) {
	r := abandoned(t, map[string]any{"checksum": "sha256"}, session.MinPartSize, 99)
	r.Store.Forget()
	if o, found := r.orphan(t, r.ref.SessionToken.UploadID); !found || o.Reason != session.Forgotten || o.Parts != 2 || o.Bytes != session.MinPartSize+99 || o.Session != r.opened.ID {
		t.Errorf("the orphan is %+v", o)
	}
	r.sweep(t)
	if _, err := r.Store.Get(t.Context(), r.opened.ID); session.KindOf(err) != session.NotFound {
		t.Fatalf("it was adopted within the grace period (%v)", err)
	}
	r.Later(2 * time.Hour)
	r.sweep(t)
	if s := r.state(t); s.State != session.Open || !s.Adopted || s.PartsReported != 2 || s.Algorithm != session.SHA256 {
		t.Errorf("the adopted session is %+v", s)
	}
	r.Later(abandonAfter + time.Hour)
	if r.reap(t); r.state(t).State != session.Open {
		t.Fatal("it was salvaged while a URL signed for it might still be good")
	}
	r.Later(r.Broker.Limits.MaxURLTTL)
	r.reap(t)
	if s := r.state(t); s.State != session.Completed || s.Result.Outcome != session.Salvaged || s.Owner != "ann" || s.ContentType != "video/webm;codecs=vp9" {
		t.Errorf("the finished session is %+v", s)
	}
	r.plays(t, r.bodies...)
}

// unindexed is a store that lost a session from its index, until it is stored
// again.
type unindexed struct {
	*memstore.Store
	lost atomic.Bool
}

func (st *unindexed) Indexed(context.Context, *session.Session) (bool, error) {
	return !st.lost.Load(), nil
}

func (st *unindexed) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	st.lost.Store(false)
	return st.Store.Swap(ctx, c)
}

func TestASessionThatTheStoreLostFromItsIndexIsPutBack(t *testing.T) {
	r := abandoned(t, nil, 99)
	store := &unindexed{Store: r.Store}
	r.Broker.Store = store
	before := r.state(t)
	sweep := func(want int) {
		t.Helper()
		if done, err := r.Broker.Sweep(t.Context()); err != nil || done.Reindexed != want {
			t.Errorf("%d of %d uploads were put back, want %d (%v)", done.Reindexed, done.Uploads, want, err)
		}
	}
	sweep(0)
	store.lost.Store(true)
	sweep(1)
	if after := r.state(t); after.State != session.Open || !after.ActiveAt.Equal(before.ActiveAt) || store.lost.Load() {
		t.Errorf("it was active at %v, and then at %v: %+v", before.ActiveAt, after.ActiveAt, after)
	}
	sweep(0)

	held := *r.state(t)
	held.State = session.Completing
	leased, err := r.Store.Swap(t.Context(), session.Change{Session: &held, From: held.Revision, Lease: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	store.lost.Store(true)
	sweep(0)
	if after := r.state(t); !after.LeaseUntil.Equal(leased.LeaseUntil) {
		t.Errorf("the lease of who completes it ended: %v, and then %v", leased.LeaseUntil, after.LeaseUntil)
	}
}

func TestAnAdoptedSessionLearnsWhoseItIs(t *testing.T) {
	r := abandoned(t, nil, 99)
	r.Store.Forget()
	r.Later(2 * time.Hour)
	r.sweep(t)
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, nil, 0); err != nil {
		t.Fatal(err)
	}
	s := r.state(t)
	if s.Adopted || s.Owner != "ann" || s.ContentType != "video/webm;codecs=vp9" {
		t.Errorf("the session is %+v", s)
	}
	page, err := r.Broker.List(t.Context(), session.Query{Owner: "ann", Limit: 10})
	if err != nil || len(page.Sessions) != 1 {
		t.Errorf("its owner has %d sessions, %v", len(page.Sessions), err)
	}
}

// A script that clears orphans away must not end the recordings in progress
// after Redis was lost.
func TestAForgottenUploadIsNotAborted(t *testing.T) {
	r := abandoned(t, nil, 99)
	r.Store.Forget()
	own := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}
	if err := r.Broker.AbortOrphan(t.Context(), own); session.ReasonOf(err) != "forgotten" {
		t.Errorf("aborting it is answered with %v", err)
	}
	r.complete(t, session.Completed)
}

func TestAnAdoptedSessionsTokenIsRenewed(t *testing.T) {
	r := abandoned(t, nil, 99)
	r.Store.Forget()
	r.Later(3 * 24 * time.Hour)
	r.sweep(t)
	if s := r.state(t); !s.Adopted {
		t.Fatal("it was not adopted")
	}
	if _, err := r.Broker.Renew(t.Context(), *r.ref.SessionToken, "ann"); err != nil {
		t.Errorf("it is answered with %v", err)
	}
}

func TestAnEmptyUploadThatNobodyHasIsAborted(t *testing.T) {
	r := abandoned(t, nil)
	r.Store.Forget()
	r.Later(abandonAfter - time.Hour)
	r.sweep(t)
	if r.uploads(t) != 1 {
		t.Fatal("it was aborted too early")
	}
	r.Later(2*time.Hour + r.Broker.Limits.MaxURLTTL)
	r.sweep(t)
	if n := r.uploads(t); n != 0 {
		t.Errorf("S3 has %d uploads of it", n)
	}
}

func TestASecondUploadOfASessionIsLeftForPeople(t *testing.T) {
	r := abandoned(t, nil, 99)
	out, err := r.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &r.S3.Bucket, Key: r.key()})
	if err != nil {
		t.Fatal(err)
	}
	other := session.UploadID(aws.ToString(out.UploadId))
	if o, found := r.orphan(t, other); !found || o.Reason != session.OtherUpload {
		t.Errorf("the orphan is %+v", o)
	}
	if _, found := r.orphan(t, r.ref.SessionToken.UploadID); found {
		t.Error("the session's own upload is called an orphan")
	}
	own := session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}
	if err := r.Broker.AbortOrphan(t.Context(), own); session.ReasonOf(err) != "in-use" {
		t.Errorf("aborting the session's own upload is answered with %v", err)
	}
	for range 2 {
		if err := r.Broker.AbortOrphan(t.Context(), session.Upload{Key: own.Key, ID: other}); err != nil {
			t.Error(err)
		}
	}
	if err := r.Broker.AbortOrphan(t.Context(), session.Upload{Key: "elsewhere/x", ID: other}); session.KindOf(err) != session.Invalid {
		t.Errorf("a key outside our prefix is answered with %v", err)
	}
	if n := r.uploads(t); n != 1 {
		t.Errorf("S3 has %d uploads of it, want the session's own", n)
	}
}

// Whoever opens again after the Store was lost goes on with the first upload.
func TestARepeatedOpenFindsItsUpload(t *testing.T) {
	r := abandoned(t, nil)
	g := session.Grant{Owner: "bob"}
	req := session.OpenRequest{ContentType: "video/webm", IdempotencyKey: "one"}
	first, err := r.Broker.Open(t.Context(), g, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.opened.ID = first.Session.ID
	r.UploadPart(t, apitest.Opened{ID: first.Session.ID, Token: r.Keyring.SignSessionToken(first.Session.SessionToken(r.Broker.Bucket.Name()))}, 1, apitest.Noise(99))
	r.Store.Forget()
	again, err := r.Broker.Open(t.Context(), g, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.Session.UploadID != first.Session.UploadID || again.Session.PartsReported != 1 || r.uploads(t) != 1 {
		t.Errorf("it has another upload, or %d parts instead of 1, or S3 has %d uploads", again.Session.PartsReported, r.uploads(t))
	}
}

// An upload of its key that came late, or was left behind, does not hide it.
func TestARepeatedOpenFindsItsRecording(t *testing.T) {
	r := abandoned(t, nil)
	g, req := session.Grant{Owner: "bob"}, session.OpenRequest{ContentType: "video/webm", IdempotencyKey: "one"}
	first, err := r.Broker.Open(t.Context(), g, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.opened.ID = first.Session.ID
	r.UploadPart(t, apitest.Opened{ID: first.Session.ID, Token: r.Keyring.SignSessionToken(first.Session.SessionToken(r.Broker.Bucket.Name()))}, 1, apitest.Noise(99))
	salvaged(t, r.Broker, first.Session.ID) // forgotten before, it would be open again
	if _, err := r.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &r.S3.Bucket, Key: r.key()}); err != nil {
		t.Fatal(err)
	}
	r.Store.Forget()
	again, err := r.Broker.Open(t.Context(), g, req, nil)
	if err != nil || again.Session.State != session.Completed {
		t.Errorf("it is answered with %+v, %v", again.Session, err)
	}
}

func TestRebuildTellsTheStoreWhatTheBucketKnows(t *testing.T) {
	finished := record(t)
	finished.complete(t, session.Completed)
	open := abandoned(t, nil, 99)
	finished.Store.Forget()
	open.Store.Forget()
	var pages int
	done, err := open.Broker.Rebuild(t.Context(), func(session.Rebuilt) { pages++ })
	if err != nil || done.Restored < 1 || done.Adopted < 1 || pages == 0 {
		t.Fatalf("it did %+v in %d pages, %v", done, pages, err)
	}
	if s := open.state(t); s.State != session.Open || !s.Adopted {
		t.Errorf("the unfinished one is %+v", s)
	}
	s, err := open.Store.Get(t.Context(), finished.opened.ID)
	if err != nil || s.State != session.Completed || s.Owner != "ann" || s.Result.Size != finished.claim.Size {
		t.Errorf("the finished one is %+v, %v", s, err)
	}
	again, err := open.Broker.Rebuild(t.Context(), func(session.Rebuilt) {})
	if err != nil || again.Restored+again.Adopted > 0 {
		t.Errorf("the second time it did %+v, %v", again, err)
	}
}

func TestAnExpiredTokenIsRenewed(t *testing.T) {
	for _, forget := range []bool{false, true} {
		r := abandoned(t, nil, 99)
		r.Later(3 * 24 * time.Hour)
		if forget {
			r.Store.Forget()
		}
		if _, err := r.Broker.Renew(t.Context(), *r.ref.SessionToken, "bob"); session.KindOf(err) != session.NotFound {
			t.Errorf("somebody else is answered with %v", err)
		}
		s, err := r.Broker.Renew(t.Context(), *r.ref.SessionToken, "ann")
		if err != nil || !s.SessionToken("").ExpiresAt.After(r.Broker.Now()) {
			t.Fatalf("it is answered with %+v, %v", s, err)
		}
		if stored := r.state(t); !stored.ExpiresAt.After(r.Broker.Now()) {
			t.Errorf("the record's token ends at %v", stored.ExpiresAt)
		}
	}
}
