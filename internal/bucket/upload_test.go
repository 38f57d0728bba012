package bucket_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

// onePart is an upload of key with one part, and what Complete takes for it.
func (st stage) onePart(t *testing.T, key session.Key, body string) (session.Upload, []session.Part) {
	t.Helper()
	u := st.upload(t, key, session.SHA256)
	st.put(t, u, 1, []byte(body))
	parts, err := st.ListParts(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return u, parts
}

func (st stage) get(t *testing.T, key session.Key) string {
	t.Helper()
	out, err := st.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &st.server.Bucket, Key: aws.String(string(key))})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(out.Body); err != nil {
		t.Fatal(err)
	}
	return body.String()
}

// isComplete is the request of a complete.
func isComplete(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

// withoutConditions lets only through what a server that knows no
// If-None-Match on complete would take, and counts what it refused.
func withoutConditions(refused *atomic.Int32) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if isComplete(r) && r.Header.Get("If-None-Match") != "" {
			refused.Add(1)
			fail(w, r, http.StatusNotImplemented, "NotImplemented")
			return
		}
		server.ServeHTTP(w, r)
	}
}

func TestASecondUploadNeverReplacesARecording(t *testing.T) {
	var refused atomic.Int32
	direct := open(t)
	for name, st := range map[string]stage{
		"by S3's condition":            direct,
		"where S3 knows no conditions": between(t, direct, bucket.Options{}, withoutConditions(&refused)),
	} {
		t.Run(name, func(t *testing.T) {
			key := session.Key(name)
			first, firstParts := st.onePart(t, key, "the recording")
			second, secondParts := st.onePart(t, key, "another")
			if _, err := st.Complete(t.Context(), first, firstParts, 13); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, err := st.Complete(t.Context(), second, secondParts, 7)
				if session.KindOf(err) != session.Conflict || session.ReasonOf(err) != "key-taken" {
					t.Fatalf("the second upload is answered with %v, want key-taken", err)
				}
			}
			if got := st.get(t, key); got != "the recording" {
				t.Errorf("the recording is %q now", got)
			}
			if parts, err := st.ListParts(t.Context(), second); err != nil || len(parts) != 1 {
				t.Errorf("the second upload has %v (%v)", parts, err)
			}
		})
	}
	if n := refused.Load(); n != 1 {
		t.Errorf("the condition was sent %d times to a server that does not know it, want once", n)
	}
}

// S3 sends its 200 before it knows whether it can complete, and then perhaps
// an error: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
// (read 2026-11-22). Here it did complete, which nobody could know.
func TestATwoHundredWithAnErrorIsAnError(t *testing.T) {
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if !isComplete(r) {
			server.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(httptest.NewRecorder(), r)
		fail(w, r, http.StatusOK, "InternalError")
	})
	u, parts := st.onePart(t, "a.webm", "x")
	if _, err := st.Complete(t.Context(), u, parts, 1); session.KindOf(err) != session.Unavailable {
		t.Errorf("the answer is %v, want unavailable", err)
	}
	if _, err := st.Complete(t.Context(), u, parts, 1); session.KindOf(err) != session.Unavailable {
		t.Errorf("the answer is %v, want unavailable again", err)
	}
	if _, err := st.Head(t.Context(), u.Key); err != nil {
		t.Errorf("the object is not there: %v", err)
	}
}

// What is gone is gone for S3 itself, and not for something on the way that
// answers 404 to everything.
func TestOnlyS3SaysThatAnUploadIsGone(t *testing.T) {
	var lost atomic.Bool
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if lost.Load() {
			http.NotFound(w, r)
			return
		}
		server.ServeHTTP(w, r)
	})
	u, parts := st.onePart(t, "a.webm", "x")
	lost.Store(true)
	for name, err := range maps.All(map[string]error{
		"ListParts": second(st.ListParts(t.Context(), u)),
		"Complete":  second(st.Complete(t.Context(), u, parts, 1)),
		"Abort":     st.Abort(t.Context(), u),
		"Head":      second(st.Head(t.Context(), u.Key)),
	}) {
		if session.KindOf(err) != session.Unavailable {
			t.Errorf("%s says %v, want unavailable", name, err)
		}
	}
	lost.Store(false)
	if _, err := st.Complete(t.Context(), u, parts, 1); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
