package session_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/devs3"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// elsewhereEnv names an S3 server that nobody here wrote, as
// http://KEY:SECRET@host:port/bucket. The bucket is created where it is missing.
const elsewhereEnv = "BROKER_TEST_S3"

// patience is how often a server of which we know nothing is asked again.
const patience = 30

// salvaged salvages, and waits where S3 takes longer over it than the broker does.
func salvaged(t *testing.T, b *session.Broker, id session.ID) *session.Session {
	t.Helper()
	for range patience {
		s, err := b.Salvage(t.Context(), session.Ref{ID: id}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == session.Completed {
			return s
		}
		time.Sleep(session.RetryAfter)
	}
	t.Fatal("it is not completed")
	return nil
}

// elsewhere is a broker over that server.
func elsewhere(t *testing.T) *apitest.API {
	t.Helper()
	at, err := url.Parse(os.Getenv(elsewhereEnv))
	if err != nil || at.Host == "" {
		t.Skip(elsewhereEnv + " names no server")
	}
	secret, _ := at.User.Password()
	a := apitest.Start(t)
	a.Over(t, &devs3.Server{Endpoint: at.Scheme + "://" + at.Host, Bucket: strings.Trim(at.Path, "/"), Region: "us-east-1", AccessKey: at.User.Username(), SecretKey: secret})
	_, _ = a.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &a.S3.Bucket})
	return a
}

// uploaded is a recording of three parts, of which the first was PUT twice, as
// a recorder does at stop. It claims the last PUT of each.
func uploaded(t *testing.T, a *apitest.API, checksum string) (o apitest.Opened, claim []map[string]any, whole []byte) {
	t.Helper()
	o = a.Open(t, "ann", map[string]any{"checksum": checksum})
	bodies := [][]byte{apitest.Noise(session.MinPartSize), apitest.Noise(session.MinPartSize), apitest.Noise(1000)}
	a.UploadPart(t, o, 1, apitest.Noise(session.MinPartSize))
	for i, body := range bodies {
		claim = append(claim, a.UploadPart(t, o, i+1, body))
		whole = append(whole, body...)
	}
	return o, claim, whole
}

func wholeIs(t *testing.T, a *apitest.API, id session.ID, whole []byte) {
	t.Helper()
	link, err := a.Broker.Signer.SignGet(t.Context(), a.Broker.Key(id), session.Playback{ContentType: "video/webm", Disposition: "inline"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(string(link.URL))
	if err != nil {
		t.Fatal("no answer to the GET")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Equal(body, whole) {
		t.Errorf("played are %d bytes, SHA-256 %x (%d, %v); recorded were %d, %x", len(body), sha256.Sum256(body), res.StatusCode, err, len(whole), sha256.Sum256(whole))
	}
}

// What holds against our own S3 server has to hold elsewhere.
func TestARecordingElsewhere(t *testing.T) {
	a := elsewhere(t)
	for _, checksum := range []string{"none", "sha256", "crc32c", "md5", "auto"} {
		for i := range 6 {
			t.Run(fmt.Sprint(checksum, " completed ", i), func(t *testing.T) {
				o, claim, whole := uploaded(t, a, checksum)
				t.Logf("%s became %s", checksum, o.Checksum)
				hidden := i%2 == 1 && o.Checksum != "none"
				if hidden { // as from a page that cannot read ETags
					for _, part := range claim {
						delete(part, "etag")
					}
				}
				complete := func() apitest.Answer {
					t.Helper()
					return a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/complete", o.Token, map[string]any{"parts": claim, "size": len(whole)})
				}
				first := complete()
				for tries := 1; first.Status == http.StatusAccepted && tries < patience; tries++ { // which is right where S3 takes long
					time.Sleep(session.RetryAfter)
					first = complete()
				}
				first.Want(t, 200)
				wholeIs(t, a, o.ID, whole)
				complete().Want(t, 200)
				if hidden { // not every server's objects tell a checksum, or an ETag that can be foretold
					return
				}
				a.Store.Forget()
				complete().Want(t, 200)
			})
			t.Run(fmt.Sprint(checksum, " salvaged ", i), func(t *testing.T) {
				o, claim, whole := uploaded(t, a, checksum)
				a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/parts", o.Token, map[string]any{"uploaded": claim}).Want(t, 200)
				if s := salvaged(t, a.Broker, o.ID); s.Result.Size != int64(len(whole)) || len(s.Result.Missing) > 0 {
					t.Fatalf("salvaged is %+v", s)
				}
				wholeIs(t, a, o.ID, whole)
			})
		}
		t.Run(checksum+" aborted", func(t *testing.T) {
			o, _, _ := uploaded(t, a, checksum)
			a.Call(t, "DELETE", "/v1/sessions/"+string(o.ID), o.Token, nil).Want(t, 200)
			found, err := a.Broker.Bucket.Uploads(t.Context(), string(a.Broker.Key(o.ID)), session.UploadCursor{}, 10)
			if err != nil || len(found.Uploads) > 0 {
				t.Errorf("listed are %v (%v)", found, err)
			}
		})
	}
	t.Run("an unfinished one is listed", func(t *testing.T) {
		o, _, _ := uploaded(t, a, "none")
		found := false
		var after session.UploadCursor
		for {
			page, err := a.Broker.Bucket.Uploads(t.Context(), a.Broker.Limits.KeyPrefix, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page.Uploads {
				found = found || u.Key == a.Broker.Key(o.ID)
			}
			if after = page.Next; after == (session.UploadCursor{}) {
				break
			}
		}
		if !found {
			t.Error("it is not")
		}
	})
}
