package bucket_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/session"
)

func TestANoteIsKeptUntilItIsReplacedOrDeleted(t *testing.T) {
	st := open(t)
	const key = "recordings/links/a"
	want := func(text string, kind session.Kind) {
		t.Helper()
		got, err := st.Note(t.Context(), key)
		if got != text || err != nil && session.KindOf(err) != kind || text == "" && err == nil {
			t.Fatalf("the note is %q (%v), want %q", got, err, text)
		}
	}
	want("", session.NotFound)
	for _, text := range []string{"one", "another"} {
		if err := st.SetNote(t.Context(), key, text); err != nil {
			t.Fatal(err)
		}
		want(text, 0)
	}
	for range 2 {
		if err := st.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		want("", session.NotFound)
	}
}

// Object Lock wants a checksum of all that is kept for a time, the note that
// revokes links too.
func TestANoteIsTakenByABucketWithRetention(t *testing.T) {
	st := open(t, func(c *devs3.Config) { c.RetentionDays = 1 })
	for _, text := range []string{"one", "another"} {
		if err := st.SetNote(t.Context(), "recordings/links/a", text); err != nil {
			t.Fatal(err)
		}
		if got, err := st.Note(t.Context(), "recordings/links/a"); got != text {
			t.Fatalf("the note is %q (%v), want %q", got, err, text)
		}
	}
}

// What is not understood must not read as "there is no note".
func TestWhatIsNoNoteIsUnavailable(t *testing.T) {
	st := open(t)
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"empty": {"", false}, "as long as one may be": {strings.Repeat("x", 256), true}, "longer": {strings.Repeat("x", 257), false},
	} {
		if err := st.SetNote(t.Context(), "n", c.text); err != nil {
			t.Fatal(err)
		}
		got, err := st.Note(t.Context(), "n")
		if c.ok && (err != nil || got != c.text) || !c.ok && session.KindOf(err) != session.Unavailable {
			t.Errorf("%s: %d bytes (%v)", name, len(got), err)
		}
	}
}

func TestANoteIsEncryptedAsRecordingsAre(t *testing.T) {
	keep := bucket.Keep{Encryption: types.ServerSideEncryptionAwsKms, KMSKey: "alias/recordings", StorageClass: types.StorageClassGlacierIr, Tags: map[string]string{"keep": "1d"}}
	asked := http.Header{}
	st := between(t, open(t), bucket.Options{Keep: keep}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		asked = r.Header.Clone()
		server.ServeHTTP(w, r)
	})
	if err := st.SetNote(t.Context(), "n", "text"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "alias/recordings", "X-Amz-Storage-Class": "", "X-Amz-Tagging": "",
	} {
		if got := asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
