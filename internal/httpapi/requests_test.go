package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// Bad input names the field and the limit, and changes nothing.
func TestWhatOpenRefuses(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	cases := []struct{ name, body, reason, field string }{
		{"no body", ``, "not-json", "Content-Type"},
		{"not JSON", `{"content_type":`, "bad-json", "content_type"},
		{"two documents", `{"content_type":"video/webm"}{}`, "bad-json", ""},
		{"not UTF-8", "{\"content_type\":\"video/webm\",\"name\":\"\xff\"}", "bad-json", "name"},
		{"a list", `[]`, "wrong-type", ""},
		{"an unknown field", `{"content_type":"video/webm","part_bytes":1}`, "unknown-field", "part_bytes"},
		{"an unknown field deep inside", `{"content_type":"video/webm","sign":[{"number":1,"size":1,"length":2}]}`, "unknown-field", "sign[0].length"},
		{"a field twice", `{"content_type":"video/webm","name":"a","name":"b"}`, "duplicate-field", "name"},
		{"another case", `{"Content_Type":"video/webm"}`, "unknown-field", "Content_Type"},
		{"a wrong type", `{"content_type":"video/webm","size":"7"}`, "wrong-type", "size"},
		{"a fraction", `{"content_type":"video/webm","size":1.5}`, "wrong-type", "size"},
		{"a number too large", `{"content_type":"video/webm","size":1e30}`, "wrong-type", "size"},
		{"half a content type", `{"content_type":"video"}`, "bad-content-type", "content_type"},
		{"a content type that is not ASCII", `{"content_type":"video/wébm"}`, "bad-content-type", "content_type"},
		{"parameters that are not ASCII", `{"content_type":"video/webm;codecs=é"}`, "bad-content-type", "content_type"},
		{"no content type", `{}`, "bad-content-type", "content_type"},
		{"a page", `{"content_type":"text/html"}`, "content-type-not-allowed", "content_type"},
		{"a line break in the type", `{"content_type":"video/webm\r\nX-Evil: 1"}`, "control-character", "content_type"},
		{"a line break in the name", `{"content_type":"video/webm","name":"a\nb"}`, "control-character", "name"},
		{"a name too long", `{"content_type":"video/webm","name":"` + strings.Repeat("é", 128) + `"}`, "out-of-range", "name"},
		{"a checksum unheard of", `{"content_type":"video/webm","checksum":"sha512"}`, "unknown-value", "checksum"},
		{"a checksum in capitals", `{"content_type":"video/webm","checksum":"SHA256"}`, "unknown-value", "checksum"},
		{"on_abandon unheard of", `{"content_type":"video/webm","on_abandon":"keep"}`, "unknown-value", "on_abandon"},
		{"parts too small", `{"content_type":"video/webm","part_size":5242879}`, "out-of-range", "part_size"},
		{"parts too large", `{"content_type":"video/webm","part_size":5368709121}`, "out-of-range", "part_size"},
		{"a size below zero", `{"content_type":"video/webm","size":-1}`, "out-of-range", "size"},
		{"a reserved metadata name", `{"content_type":"video/webm","metadata":{"slipway-owner":"bob"}}`, "bad-name", "metadata"},
		{"a metadata name in capitals", `{"content_type":"video/webm","metadata":{"Room":"7"}}`, "bad-name", "metadata"},
		{"metadata too long for S3", `{"content_type":"video/webm","metadata":{"a":"` + strings.Repeat("世", 170) + `","b":"` + strings.Repeat("世", 170) + `"}}`, "out-of-range", "metadata"},
		{"part 0", `{"content_type":"video/webm","sign":[{"number":0,"size":1}]}`, "out-of-range", "sign[0].number"},
		{"part 10001", `{"content_type":"video/webm","sign":[{"number":10001,"size":1}]}`, "out-of-range", "sign[0].number"},
		{"a part of no bytes", `{"content_type":"video/webm","sign":[{"number":1,"size":0}]}`, "out-of-range", "sign[0].size"},
		{"a part too large", `{"content_type":"video/webm","sign":[{"number":1,"size":5242881}]}`, "out-of-range", "sign[0].size"},
		{"a checksum in a session without", `{"content_type":"video/webm","sign":[{"number":1,"size":1,"checksum":"` + apitest.Sum(nil) + `"}]}`, "checksum-unexpected", "sign[0].checksum"},
		{"no checksum in a sha256 session", `{"content_type":"video/webm","checksum":"sha256","sign":[{"number":1,"size":1}]}`, "checksum-missing", "sign[0].checksum"},
		{"a checksum that is none", `{"content_type":"video/webm","checksum":"sha256","sign":[{"number":1,"size":1,"checksum":"aGVsbG8gYQ=="}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum that is another's", `{"content_type":"video/webm","checksum":"sha256","sign":[{"number":1,"size":1,"checksum":"1B2M2Y8AsgTpgAmY7PhCfg=="}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum in hex", `{"content_type":"video/webm","checksum":"md5","sign":[{"number":1,"size":1,"checksum":"D41D8CD98F00B204E9800998ECF8427E"}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum in base64 for URLs", `{"content_type":"video/webm","checksum":"crc32c","sign":[{"number":1,"size":1,"checksum":"__-_AA=="}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum without its padding", `{"content_type":"video/webm","checksum":"md5","sign":[{"number":1,"size":1,"checksum":"1B2M2Y8AsgTpgAmY7PhCfg"}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum with bits to spare", `{"content_type":"video/webm","checksum":"md5","sign":[{"number":1,"size":1,"checksum":"1B2M2Y8AsgTpgAmY7PhCfh=="}]}`, "bad-checksum", "sign[0].checksum"},
		{"a checksum with a line break", `{"content_type":"video/webm","checksum":"crc32c","sign":[{"number":1,"size":1,"checksum":"AAAA\nA=="}]}`, "bad-checksum", "sign[0].checksum"},
		{"parts to sign before it is known how", `{"content_type":"video/webm","checksum":"auto","sign":[{"number":1,"size":1}]}`, "checksum-unexpected", "sign"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answer := a.CallRaw(t, "POST", "/v1/sessions", grant, c.body)
			if answer.Status != 400 && answer.Status != 403 {
				t.Fatalf("status %d", answer.Status)
			}
			if p := answer.Problem(t, answer.Status, c.reason); p.Field != c.field {
				t.Errorf("the field named is %q, want %q", p.Field, c.field)
			}
		})
	}
	t.Run("a body too long", func(t *testing.T) {
		p := a.CallRaw(t, "POST", "/v1/sessions", grant, `{"name":"`+strings.Repeat("x", 5<<20)+`"}`).Problem(t, 413, "body")
		if p.Limit != 4<<20 {
			t.Errorf("the limit named is %d", p.Limit)
		}
	})
	var listed struct{ Sessions []any }
	a.Call(t, "GET", "/v1/sessions", a.APIKey, nil).Want(t, 200).Into(t, &listed)
	if len(listed.Sessions) != 0 {
		t.Errorf("%d sessions were opened all the same", len(listed.Sessions))
	}
}

// MediaRecorder.mimeType is what a recorder has, unquoted commas and all.
func TestContentTypesAsBrowsersWriteThem(t *testing.T) {
	a := apitest.Start(t)
	for contentType, extension := range map[string]string{
		"video/webm;codecs=vp8,opus": "w", "video/x-matroska;codecs=avc1": "k", "audio/mp4; codecs=\"mp4a.40.2\"": "n", "VIDEO/MP4": "m", "video/unheard-of": "0",
	} {
		if o := a.Open(t, "ann", map[string]any{"content_type": contentType}); !strings.HasSuffix(string(o.ID), extension) {
			t.Errorf("%s is opened as %s", contentType, o.ID)
		}
	}
}

// The answer says what the session really has, and a recorder goes by that.
func TestAStoreWithoutChecksumsOpensWithout(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.Checksums = []session.ChecksumAlgorithm{}
	o := a.Open(t, "ann", map[string]any{"checksum": "sha256"})
	if o.Checksum != "none" {
		t.Fatalf("the session was opened with %s", o.Checksum)
	}
	parts, size := a.Upload(t, o, apitest.Noise(9))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
}

func TestUnknownFieldsOnPartsAndCompleteAreIgnored(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"battery": 7}).Want(t, 200)
	parts, size := a.Upload(t, o, apitest.Noise(9))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size, "mood": "good"}).Want(t, 200)
}

func TestPathsThatNameNothing(t *testing.T) {
	a := apitest.Start(t)
	unknown := "00" + strings.Repeat("a", 26) + "w"
	for path, reason := range map[string]string{
		"/v1/sessions/" + unknown:                  "unknown-session",
		"/v1/sessions/..%2f..%2fetc":               "bad-id",
		"/v1/sessions/" + strings.ToUpper(unknown): "bad-id",
		"/v1/sessions/40" + unknown[2:]:            "bad-id", // no such tag
		"/v1/sessions/" + unknown[:28] + "z":       "bad-id", // no such type
		"/v1/sessions/" + unknown[:27] + "bw":      "bad-id", // another spelling of the same bits
		"/v1/sessions/" + unknown + "%00":          "bad-id",
		"/v1/nothing":                              "no-such-path",
		"/web/..%2f..%2fgo.mod":                    "no-such-path",
	} {
		t.Run(path, func(t *testing.T) {
			a.CallRaw(t, "GET", path, a.APIKey, "").Problem(t, 404, reason)
		})
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	a := apitest.Start(t)
	for path, want := range map[string]string{"/v1/sessions": "OPTIONS, GET, POST", "/v1/grants": "OPTIONS, POST", "/healthz": "OPTIONS, GET, HEAD"} {
		answer := a.CallRaw(t, "PUT", path, a.APIKey, "")
		answer.Problem(t, 405, "method-not-allowed")
		if allow := answer.Header.Get("Allow"); allow != want {
			t.Errorf("%s allows %q, want %q", path, allow, want)
		}
	}
}

func TestAnIdempotencyKeyOpensOnce(t *testing.T) {
	a := apitest.Start(t)
	open := func(grant string, body map[string]any) apitest.Answer {
		return a.Call(t, "POST", "/v1/sessions", grant, body, "Idempotency-Key", "k1")
	}
	ann, body := a.Grant(t, "ann"), map[string]any{"content_type": "video/webm"}
	var first, again, bobs apitest.Opened
	open(ann, body).Want(t, 201).Into(t, &first)
	open(ann, body).Want(t, 201).Into(t, &again)
	if first.ID != again.ID {
		t.Error("the same request opened two sessions")
	}
	open(a.Grant(t, "bob"), body).Want(t, 201).Into(t, &bobs)
	if first.ID == bobs.ID {
		t.Error("another owner's key landed on her session")
	}
	open(ann, map[string]any{"content_type": "video/webm", "name": "other"}).Problem(t, 409, "idempotency-key-reused")
	open(ann, map[string]any{"content_type": "audio/webm"}).Problem(t, 409, "idempotency-key-reused")

	// Forgotten by the Store and finished: opening it again must not overwrite it.
	parts, size := a.Upload(t, first, apitest.Noise(10))
	a.Call(t, "POST", path(first, "/complete"), first.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	a.Store.Forget()
	open(ann, body).Want(t, 201).Into(t, &again)
	if again.State != "completed" || again.ID != first.ID {
		t.Errorf("it was opened again as %s, %s", again.ID, again.State)
	}
}

func TestTwoApplicationsShareNoIdempotencyKeys(t *testing.T) {
	a := apitest.Start(t)
	open := func(principal string) session.ID {
		opened, err := a.Broker.Open(t.Context(), session.Grant{Principal: principal}, session.OpenRequest{ContentType: "video/webm", IdempotencyKey: "job-1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return opened.Session.ID
	}
	one := open("one")
	if open("other") == one {
		t.Error("two API keys landed on one session")
	}
	if open("one") != one {
		t.Error("one API key landed on two sessions")
	}
}

func TestListsHoldTenThousandPartsAndNoMore(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.MaxBytes = session.MaxPartNumber * session.MinPartSize
	o := a.Open(t, "ann", nil)
	entries := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"number":%d,"size":1}`, i+1)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	a.CallRaw(t, "POST", path(o, "/parts"), o.Token, `{"uploaded":`+entries(10_000)+`}`).Want(t, 200)
	for _, field := range []string{"uploaded", "sign"} {
		p := a.CallRaw(t, "POST", path(o, "/parts"), o.Token, `{"`+field+`":`+entries(10_001)+`}`).Problem(t, 400, "out-of-range")
		if p.Field != field || p.Limit != 10_000 {
			t.Errorf("the limit named is %d of %s", p.Limit, p.Field)
		}
	}
}

func TestManyOpensWithOneKeyMakeOneSession(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	ids := make(chan apitest.Opened)
	for range 8 {
		go func() {
			var o apitest.Opened
			defer func() { ids <- o }() // also where it is refused, so that the test ends and says so
			a.Call(t, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm"}, "Idempotency-Key", "race").Want(t, 201).Into(t, &o)
		}()
	}
	opened := map[string]bool{}
	for range 8 {
		o := <-ids
		opened[string(o.ID)] = true
		a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Want(t, 200)
	}
	if len(opened) != 1 {
		t.Errorf("%d sessions were opened", len(opened))
	}
}

func TestSignedURLs(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", map[string]any{"sign": []any{map[string]any{"number": 2, "size": 7}, map[string]any{"number": 1, "size": 8}}})
	if len(o.URLs) != 2 || o.URLs[0].Number != 2 || o.URLs[1].Number != 1 {
		t.Fatalf("open answered with %d URLs, or in another order than asked", len(o.URLs))
	}
	if o.URLs[0].Headers["content-length"] != "7" || o.URLs[0].ExpiresInMs > 15*60*1000 || o.URLs[0].ExpiresInMs < 14*60*1000 {
		t.Errorf("URL 2 is good for %d ms with headers %v", o.URLs[0].ExpiresInMs, o.URLs[0].Headers)
	}
	for _, length := range []int{6, 8} {
		if res := apitest.Put(t, o.URLs[0], apitest.Noise(length)); res.StatusCode != http.StatusForbidden {
			t.Errorf("S3 took %d bytes for a URL signed for 7: %s", length, res.Status)
		}
	}
	if res := apitest.Put(t, o.URLs[0], apitest.Noise(7)); res.StatusCode != http.StatusOK {
		t.Errorf("S3 refused the 7 bytes it was signed for: %s", res.Status)
	}
	for ttl, ok := range map[int]bool{0: false, 1: true, 604800: true, 604801: false} {
		answer := a.CallBad(t, "POST", path(o, "/parts"), o.Token, map[string]any{"ttl_s": ttl, "sign": []any{map[string]any{"number": 1, "size": 1}}})
		if (answer.Status == 200) != ok {
			t.Errorf("a ttl of %d s is answered with %d", ttl, answer.Status)
		}
	}
}

func TestListing(t *testing.T) {
	a := apitest.Start(t)
	var want []string
	for i := range 5 {
		want = append(want, string(a.Open(t, fmt.Sprintf("owner %d", i%2), nil).ID))
	}
	list := func(query string) (ids []string, next string) {
		var page struct {
			Sessions   []struct{ ID string }
			NextCursor string `json:"next_cursor"`
		}
		a.Call(t, "GET", "/v1/sessions?"+query, a.APIKey, nil).Want(t, 200).Into(t, &page)
		for _, s := range page.Sessions {
			ids = append(ids, s.ID)
		}
		return ids, page.NextCursor
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		ids, next := list("limit=2&cursor=" + cursor)
		for _, id := range ids {
			seen[id] = true
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(seen) != len(want) {
		t.Errorf("pages of 2 show %d of %d sessions", len(seen), len(want))
	}
	if ids, _ := list("owner=owner+1"); len(ids) != 2 {
		t.Errorf("owner 1 has %d sessions, want 2", len(ids))
	}
	if ids, _ := list("idle_for=10m"); len(ids) != 0 {
		t.Errorf("%d sessions are idle that were just opened", len(ids))
	}
	for query, field := range map[string]string{"limit=0": "limit", "limit=1001": "limit", "limit=x": "limit", "state=lost": "state", "idle_for=soon": "idle_for", "cursor=!": "cursor"} {
		if p := a.CallRaw(t, "GET", "/v1/sessions?"+query, a.APIKey, ""); p.Status != 400 || !strings.Contains(string(p.Body), `"field":"`+field+`"`) {
			t.Errorf("%s is answered with %s", query, p.Body)
		}
	}
}

// illegible is a Store that holds a record of another making.
type illegible struct {
	session.Store
	id session.ID
}

func (s illegible) List(ctx context.Context, q session.Query) (session.Page, error) {
	page, err := s.Store.List(ctx, q)
	page.Unreadable = append(page.Unreadable, s.id)
	return page, err
}

func TestAListingNamesWhatItCannotRead(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Store = illegible{a.Store, "00" + session.ID(strings.Repeat("a", 26)) + "0"}
	a.Open(t, "ann", nil)
	var page struct{ Sessions, Unreadable []any }
	a.Call(t, "GET", "/v1/sessions", a.APIKey, nil).Want(t, 200).Into(t, &page)
	if len(page.Sessions) != 1 || len(page.Unreadable) != 1 || page.Unreadable[0] != "00"+strings.Repeat("a", 26)+"0" {
		t.Errorf("%d are listed, and unreadable are %v", len(page.Sessions), page.Unreadable)
	}
}

// An ops script lists, and acts on what it saw.
func TestIfMatchProtectsASessionThatCameBackToLife(t *testing.T) {
	a := apitest.Start(t)
	for name, act := range map[string]func(o apitest.Opened, revision string) apitest.Answer{
		"abort": func(o apitest.Opened, revision string) apitest.Answer {
			return a.Call(t, "DELETE", path(o, ""), a.APIKey, nil, "If-Match", revision)
		},
		"salvage": func(o apitest.Opened, revision string) apitest.Answer {
			return a.Call(t, "POST", path(o, "/salvage"), a.APIKey, nil, "If-Match", revision)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := a.Open(t, "owner of "+name, nil)
			a.UploadPart(t, o, 1, apitest.Noise(9))
			listed := func() string {
				var page struct{ Sessions []struct{ Revision int64 } }
				a.Call(t, "GET", "/v1/sessions?owner=owner+of+"+name, a.APIKey, nil).Want(t, 200).Into(t, &page)
				return fmt.Sprintf(`"%d"`, page.Sessions[0].Revision)
			}
			seen := listed()
			a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Want(t, 200) // a mere sign of life
			act(o, seen).Problem(t, 412, "revision")
			if now := a.Call(t, "GET", path(o, ""), a.APIKey, nil).Want(t, 200).Header.Get("ETag"); now != listed() {
				t.Errorf("the session is at %s and listed at %s", now, listed())
			}
			act(o, listed()).Want(t, 200)
		})
	}
}

func TestTheServiceAnswers(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.yaml"} {
		a.Call(t, "GET", path, "", nil).Want(t, 200)
	}
	a.Call(t, "HEAD", "/healthz", "", nil).Want(t, 200)
}
