package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

var (
	anUpload = session.Upload{Key: "k", ID: "u"}
	aPart    = []session.Part{{Number: 1, Size: 1, ETag: `"x"`}}
)

// calls are all requests to S3, of some key and upload.
var calls = map[string]func(context.Context, *bucket.Bucket) error{
	"Ping": func(ctx context.Context, b *bucket.Bucket) error { return b.Ping(ctx) },
	"Create": func(ctx context.Context, b *bucket.Bucket) error {
		_, err := b.Create(ctx, session.NewUpload{Key: "k"})
		return err
	},
	"ListParts": func(ctx context.Context, b *bucket.Bucket) error { _, err := b.ListParts(ctx, anUpload); return err },
	"Complete": func(ctx context.Context, b *bucket.Bucket) error {
		_, err := b.Complete(ctx, anUpload, aPart, 1)
		return err
	},
	"Abort":   func(ctx context.Context, b *bucket.Bucket) error { return b.Abort(ctx, anUpload) },
	"Head":    func(ctx context.Context, b *bucket.Bucket) error { _, err := b.Head(ctx, "k"); return err },
	"Delete":  func(ctx context.Context, b *bucket.Bucket) error { return b.Delete(ctx, "k") },
	"Note":    func(ctx context.Context, b *bucket.Bucket) error { _, err := b.Note(ctx, "k"); return err },
	"SetNote": func(ctx context.Context, b *bucket.Bucket) error { return b.SetNote(ctx, "k", "text") },
	"Uploads": func(ctx context.Context, b *bucket.Bucket) error {
		_, err := b.Uploads(ctx, "", session.UploadCursor{}, 1)
		return err
	},
	"Keys": func(ctx context.Context, b *bucket.Bucket) error { _, err := b.Keys(ctx, "", "", 1); return err },
}

// fail answers as S3 does: with a code in the body, which a HEAD has not.
func fail(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n  \n<Error><Code>%s</Code><Message>planted</Message></Error>", code)
	}
}

// Nobody can say whether S3 acted when it did not answer as it should.
func TestTroubleIsUnavailable(t *testing.T) {
	for _, c := range []struct {
		status        int
		code          string // "": there is no body
		reason        string
		detail        string
		head, detail2 string // to HEAD: the reason and the detail, where they are others
	}{
		{status: 500, reason: "s3", detail: "S3 answered InternalServerError"},
		{status: 500, code: "InternalError", reason: "s3", detail: "S3 answered InternalError", detail2: "S3 answered InternalServerError"},
		{status: 503, code: "SlowDown", reason: "s3", detail: "S3 asks for fewer requests (SlowDown)", detail2: "S3 asks for fewer requests (ServiceUnavailable)"},
		{status: 503, code: "ServiceUnavailable", reason: "s3", detail: "S3 asks for fewer requests (ServiceUnavailable)"},
		{status: 409, code: "ConditionalRequestConflict", reason: "s3", detail: "S3 answered ConditionalRequestConflict", detail2: "S3 answered Conflict"},
		{status: 400, code: "RequestTimeout", reason: "s3", detail: "S3 answered RequestTimeout", detail2: "S3 answered BadRequest"},
		{status: 403, code: "AccessDenied", reason: "s3-denied", detail: "S3 refused the broker's credentials (AccessDenied)", detail2: "S3 refused the broker's credentials (Forbidden)"},
		{status: 400, code: "ExpiredToken", reason: "s3-denied", detail: "S3 refused the broker's credentials (ExpiredToken)", head: "s3", detail2: "S3 answered BadRequest"},
		{status: 403, code: "RequestTimeTooSkewed", reason: "s3-denied", detail: "the broker's clock differs too much from S3's", detail2: "S3 refused the broker's credentials (Forbidden)"},
		{status: 400, code: "KMS.DisabledException", reason: "s3-denied", detail: "S3 could not use the KMS key (KMS.DisabledException)", head: "s3", detail2: "S3 answered BadRequest"},
		{status: 301, code: "PermanentRedirect", reason: "wrong-region", detail: "the bucket is in another region than the broker was told"},
		{status: 400, code: "AuthorizationHeaderMalformed", reason: "wrong-region", detail: "the bucket is in another region than the broker was told", head: "s3", detail2: "S3 answered BadRequest"},
		{status: 404, code: "NoSuchBucket", reason: "no-such-bucket", detail: "the bucket does not exist"},
		{status: 404, reason: "s3", detail: "S3 answered NotFound", head: "no-such-bucket", detail2: "the bucket does not exist"},
	} {
		b := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if c.code == "" {
				w.WriteHeader(c.status)
				return
			}
			fail(w, r, c.status, c.code)
		})
		for name, call := range calls {
			t.Run(fmt.Sprintf("%s meets %d %s", name, c.status, c.code), func(t *testing.T) {
				reason, detail := c.reason, c.detail
				if name == "Head" || name == "Ping" {
					reason, detail = orElse(c.head, reason), orElse(c.detail2, detail)
				}
				err := call(t.Context(), b)
				got, ok := errors.AsType[*session.Error](err)
				if !ok || got.Kind != session.Unavailable || string(got.Reason) != reason || got.Detail != detail || got.RetryAfter == 0 {
					t.Errorf("the answer is %v, want unavailable (%s): %s", err, reason, detail)
				}
			})
		}
	}
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestNoAnswerIsUnavailable(t *testing.T) {
	cut := answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	silent := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client left
		<-r.Context().Done()
	})
	for name, call := range calls {
		for how, b := range map[string]*bucket.Bucket{"a cut": cut, "silence": silent} {
			t.Run(name+" meets "+how, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				if err := call(ctx, b); session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != "s3" {
					t.Errorf("the answer is %v, want unavailable", err)
				}
			})
		}
	}
}

// The SDK takes any 200 for a success, whoever it comes from.
func TestATwoHundredThatIsNotS3sIsUnavailable(t *testing.T) {
	for what, body := range map[string]string{
		"no body":        "",
		"a login page":   "<html><body>Welcome</body></html>",
		"an empty shell": `<?xml version="1.0" encoding="UTF-8"?><Result></Result>`,
		"half an answer": `<?xml version="1.0" encoding="UTF-8"?><Result><Bucket>b</Bucket><Name>b</Name><ETag>"x`,
	} {
		b := answering(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		for name, call := range calls {
			if name == "Ping" || name == "Delete" {
				continue // S3's own answer holds nothing either
			}
			t.Run(name+" meets "+what, func(t *testing.T) {
				if err := call(t.Context(), b); session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != "s3" {
					t.Errorf("the answer is %v, want unavailable", err)
				}
			})
		}
	}
}
