package httpapi_test

import (
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
)

// pages are content types that begin as a video's and that a browser plays as a
// page: of a list it takes the last type (seen with Chromium 156 and Firefox
// ESR 153, which ran the script).
var pages = []string{"video/webm;codecs=vp9,text/html", "video/webm;a, text/html", "video/webm,text/html", "video/webm;x=\",text/html", "audio/mp4;a=b,application/xhtml+xml;c=d"}

func TestAttackAPageThatPassesForAVideo(t *testing.T) {
	a := newTarget(t)
	grant := a.Grant(t, "ann")
	a.LeavesNoTrace(t, func() {
		for _, contentType := range append(pages, "text/html", "image/svg+xml", "application/pdf", "video", "*/*", "video/", "video/webm\r\nX-Evil: 1") {
			body := map[string]any{"content_type": contentType}
			for _, bearer := range []string{grant, a.APIKey} {
				if answer := a.CallBad(t, "POST", "/v1/sessions", bearer, body); answer.Status != 400 && answer.Status != 403 {
					t.Errorf("%q is opened, with status %d", contentType, answer.Status)
				}
			}
			a.CallBad(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": "ann", "content_types": []string{contentType}}).Problem(t, 400, "bad-content-type")
		}
	})
}

// play returns what S3 answers to the URL that a recording is played from.
func (a *target) play(t *testing.T, id string) *http.Response {
	t.Helper()
	var r struct{ URL string }
	a.Call(t, "GET", "/v1/recordings/"+id, a.APIKey, nil).Want(t, 200).Into(t, &r)
	res, err := http.Get(r.URL)
	if err != nil {
		t.Fatal("GET from S3 failed")
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// What stands in the bucket already is played as what its ID says.
func TestAttackAPageInTheBucket(t *testing.T) {
	a := newTarget(t)
	a.completes(t)
	for _, contentType := range append(pages, "text/html") {
		_, err := a.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &a.S3.Bucket, Key: aws.String(string(a.Broker.Key(a.o.ID))),
			Body: strings.NewReader("<script>"), ContentType: aws.String(contentType)})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.play(t, string(a.o.ID)).Header.Get("Content-Type"); got != "video/webm" {
			t.Errorf("%q is played as %q", contentType, got)
		}
	}
}

// A name is kept as it was written; neither the key nor the name of a file
// follow it anywhere.
func TestAttackAName(t *testing.T) {
	a := newTarget(t)
	for _, name := range []string{
		"../../../etc/passwd", `..\..\boot.ini`, "/etc/passwd", "%2e%2e%2f", "..", ".", "a/../../b", `"; filename="evil.html`, "x.html", "\u202egpj.exe", "a\u2066b\u2069c\u200f",
		"<script>alert(1)</script>", "=?utf-8?q?evil?=", "{{7*7}}", "${jndi:ldap://evil}", "\u2028\u2029\ufeff", strings.Repeat("é", 127), "'; DROP TABLE", "CON", "a:b}{c",
	} {
		t.Run(name, func(t *testing.T) {
			o := a.Open(t, "ann", map[string]any{"name": name, "metadata": map[string]string{"note": name}})
			parts, size := a.Upload(t, o, apitest.Noise(5))
			var done, r struct{ Key, Name string }
			a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200).Into(t, &done)
			a.Call(t, "GET", "/v1/recordings/"+string(o.ID), a.APIKey, nil).Want(t, 200).Into(t, &r)
			if want := a.Broker.Limits.KeyPrefix + string(o.ID) + ".webm"; done.Key != want || r.Name != name {
				t.Errorf("the key is %s and the name %q", done.Key, r.Name)
			}
			kind, params, err := mime.ParseMediaType(a.play(t, string(o.ID)).Header.Get("Content-Disposition"))
			file := params["filename"]
			if err != nil || kind != "attachment" || len(params) != 1 || !strings.HasSuffix(file, ".webm") || strings.ContainsAny(file, "/\\\u202e\u2066\u2069\u200f") {
				t.Errorf("it downloads as %s %q (%v)", kind, params, err)
			}
		})
	}
	a.LeavesNoTrace(t, func() {
		grant := a.Grant(t, "ann")
		for _, name := range []string{"a\x00b", "a\nb", "a\rb", "a\tb", "\x1b[2J", "\x7f", "\u0085", "\u009b2J"} {
			for _, fields := range []map[string]any{{"name": name}, {"metadata": map[string]string{"note": name}}} {
				fields["content_type"] = "video/webm"
				a.Call(t, "POST", "/v1/sessions", grant, fields).Problem(t, 400, "control-character")
			}
			a.Call(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": name}).Problem(t, 400, "control-character")
		}
	})
}
