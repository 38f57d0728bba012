package httpapi_test

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

type orphan struct {
	Key      string
	UploadID string     `json:"upload_id"`
	Session  session.ID `json:"session_id"`
	Reason   string
	AgeMs    int64 `json:"age_ms"`
	Parts    int
	Bytes    int64
	Cost     float64   `json:"monthly_cost_usd"`
	AdoptAt  time.Time `json:"adopt_at"`
}

// orphans reads the whole list in pages of n uploads.
func orphans(t *testing.T, a *apitest.API, n string) (all []orphan) {
	t.Helper()
	for cursor := ""; ; {
		var page struct {
			Orphans    []orphan
			NextCursor string `json:"next_cursor"`
		}
		a.Call(t, "GET", "/v1/orphans?limit="+n+"&cursor="+cursor, a.APIKey, nil).Want(t, 200).Into(t, &page)
		all = append(all, page.Orphans...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

func abortOrphan(t *testing.T, a *apitest.API, key, id string) apitest.Answer {
	t.Helper()
	return a.Call(t, "DELETE", "/v1/orphans/"+url.PathEscape(id)+"?key="+url.QueryEscape(key), a.APIKey, nil)
}

func TestOrphansAreListedAndAborted(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.KeyPrefix = "orphans/"
	key := "orphans/somebody else's näme?.txt"
	foreign, err := a.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &a.S3.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	forgotten := a.Open(t, "ann", nil)
	a.UploadPart(t, forgotten, 1, apitest.Noise(5*mib))
	a.Store.Forget()
	live := a.Open(t, "ann", nil)

	for _, n := range []string{"1", "100"} {
		all := orphans(t, a, n)
		if len(all) != 2 {
			t.Fatalf("%d orphans in pages of %s: %+v", len(all), n, all)
		}
		f, other := all[0], all[1]
		if f.Reason != "forgotten" {
			f, other = other, f
		}
		if f.Session != forgotten.ID || f.Reason != "forgotten" || f.Parts != 1 || f.Bytes != 5*mib || f.AgeMs < 0 || f.AgeMs > 60_000 || time.Until(f.AdoptAt) > time.Hour || time.Until(f.AdoptAt) < 59*time.Minute {
			t.Errorf("the forgotten one is %+v", f)
		}
		if want := 5.0 / 1024 * 0.023; math.Abs(f.Cost-want) > 1e-9 {
			t.Errorf("5 MiB cost %v a month, want %v", f.Cost, want)
		}
		if other.Key != key || other.UploadID != *foreign.UploadId || other.Reason != "foreign-key" || other.Session != "" || other.Cost != 0 || !other.AdoptAt.IsZero() {
			t.Errorf("somebody else's is %+v", other)
		}
	}

	record, err := a.Store.Get(t.Context(), live.ID)
	if err != nil {
		t.Fatal(err)
	}
	abortOrphan(t, a, string(a.Broker.Key(live.ID)), string(record.UploadID)).Problem(t, 409, "in-use")
	abortOrphan(t, a, "elsewhere/a", "a").Problem(t, 400, "foreign-key")
	for range 2 {
		abortOrphan(t, a, key, *foreign.UploadId).Want(t, 204)
	}
	abortOrphan(t, a, string(a.Broker.Key(forgotten.ID)), orphans(t, a, "100")[0].UploadID).Problem(t, 409, "forgotten")
	if left := orphans(t, a, "100"); len(left) != 1 {
		t.Errorf("left are %+v", left)
	}
	a.Call(t, "POST", path(live, "/parts"), live.Token, map[string]any{}).Want(t, 200)
}

// aborting notes which upload S3 is asked to abort.
type aborting struct {
	session.Bucket
	upload session.Upload
}

func (b *aborting) Abort(ctx context.Context, u session.Upload) error {
	b.upload = u
	return b.Bucket.Abort(ctx, u)
}

// Upload IDs are whatever an S3 server makes of them.
func TestAnUploadIDIsTakenAsItIs(t *testing.T) {
	a := apitest.Start(t)
	b := &aborting{Bucket: a.Broker.Bucket}
	a.Broker.Bucket = b
	for _, id := range []string{"plain", "a/b", "a+b==", "100%", "%2F", "ä b", "a.b_c-d", "..a", "a?b#c", strings.Repeat("x", 300)} {
		b.upload = session.Upload{}
		answer := abortOrphan(t, a, "recordings/a b%2F", id)
		if b.upload.ID != session.UploadID(id) || b.upload.Key != "recordings/a b%2F" {
			t.Errorf("%q is taken for %q of %q (%d)", id, b.upload.ID, b.upload.Key, answer.Status)
		}
	}
}

func TestWhatTheListOfOrphansRefuses(t *testing.T) {
	a := apitest.Start(t)
	for query, field := range map[string]string{"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "cursor=!": "cursor", "cursor=.": "cursor", "cursor=YQ": "cursor", "cursor=cmVjb3JkaW5ncy9h": "", "cursor=YQ.!": "cursor"} {
		answer := a.CallRaw(t, "GET", "/v1/orphans?"+query, a.APIKey, "")
		if field == "" {
			answer.Want(t, 200)
		} else if answer.Status != 400 || !strings.Contains(string(answer.Body), `"field":"`+field+`"`) {
			t.Errorf("%s is answered with %d: %s", query, answer.Status, answer.Body)
		}
	}
}
