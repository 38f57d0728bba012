package bucket_test

import (
	"net/http"
	"testing"

	"slipway/internal/bucket"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
)

func TestAMissingBucketIsNoMissingRecording(t *testing.T) {
	server := devs3test.Start(t)
	other := bucket.New(devs3test.Client(server), bucket.Options{Endpoint: server.Endpoint, Bucket: "misnamed"})
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			if err := call(t.Context(), other); session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != "no-such-bucket" {
				t.Errorf("the answer is %v, want no-such-bucket", err)
			}
		})
	}
}

func TestARecordingIsOnlyMissingIfItsBucketAnswers(t *testing.T) {
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.URL.Path == "/recordings" { // HeadBucket
			fail(w, r, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		server.ServeHTTP(w, r)
	})
	if _, err := st.Head(t.Context(), "nothing.webm"); session.KindOf(err) != session.Unavailable {
		t.Errorf("the answer is %v, want unavailable", err)
	}
}

// The ETag of what is encrypted with anything but S3's own keys is no MD5:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (read 2026-11-22).
func TestAnETagIsOpaqueWithOtherKeysThanS3s(t *testing.T) {
	for _, c := range []struct {
		name, header, value string
		want                bool
	}{
		{"no encryption", "X-Any", "", false},
		{"S3's own keys", "X-Amz-Server-Side-Encryption", "AES256", false},
		{"KMS", "X-Amz-Server-Side-Encryption", "aws:kms", true},
		{"KMS twice", "X-Amz-Server-Side-Encryption", "aws:kms:dsse", true},
		{"the customer's key", "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				w.Header().Set(c.header, c.value)
				server.ServeHTTP(w, r)
			})
			u, parts := st.onePart(t, "a.webm", "x")
			if _, err := st.Complete(t.Context(), u, parts, 1); err != nil {
				t.Fatal(err)
			}
			if obj, err := st.Head(t.Context(), u.Key); err != nil || obj.OpaqueETag != c.want {
				t.Errorf("opaque: %t (%v), want %t", obj.OpaqueETag, err, c.want)
			}
		})
	}
}

// A bucket that was just listed is there, so nobody has to ask for it again.
func TestABucketThatWasListedIsNotAskedForAgain(t *testing.T) {
	asked := 0
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.URL.Path == "/recordings" && r.Method == http.MethodHead {
			asked++
		}
		server.ServeHTTP(w, r)
	})
	for _, want := range []int{1, 1} {
		if _, err := st.Head(t.Context(), "nothing.webm"); session.KindOf(err) != session.NotFound {
			t.Errorf("the answer is %v, want not found", err)
		}
		if asked != want {
			t.Errorf("the bucket was asked for %d times; want %d", asked, want)
		}
		if _, err := st.Uploads(t.Context(), "nothing.webm", session.UploadCursor{}, 1); err != nil {
			t.Fatal(err)
		}
	}
}
