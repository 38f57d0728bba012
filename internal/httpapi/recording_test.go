package httpapi_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

const mib = 1 << 20

// The whole way of a recording, as a recorder goes it.
func TestARecordingFromOpenToPlayback(t *testing.T) {
	for _, checksum := range []string{"none", "sha256"} {
		t.Run("checksum "+checksum, func(t *testing.T) {
			a := apitest.Start(t)
			o := a.Open(t, "ann", map[string]any{"checksum": checksum, "name": "Grüße, 世界", "metadata": map[string]string{"room": "Küche 7"}})
			if o.Checksum != checksum || o.PartSize != session.MinPartSize || o.State != "open" {
				t.Fatalf("opened with checksum %s, parts of %d bytes, state %s", o.Checksum, o.PartSize, o.State)
			}
			bodies := [][]byte{apitest.Noise(5 * mib), apitest.Noise(5 * mib), apitest.Noise(1234)}
			parts, size := a.Upload(t, o, bodies...)

			var done struct {
				State, Key, ETag, Outcome string
				Size                      int64
				WatchURL                  string `json:"watch_url"`
			}
			claim := map[string]any{"parts": parts, "size": size}
			a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200).Into(t, &done)
			if done.Size != size || done.Outcome != "completed" || done.Key != "recordings/"+string(o.ID)+".webm" || done.WatchURL != o.WatchURL {
				t.Fatalf("completed as %+v", done)
			}

			page, share, _ := strings.Cut(o.WatchURL, "#")
			if page != "https://broker.example/watch/"+string(o.ID) {
				t.Fatalf("the watch page is %s", page)
			}
			var r struct {
				URL, Name   string
				ContentType string `json:"content_type"`
				Size        int64
			}
			a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Want(t, 200).Into(t, &r)
			if r.Name != "Grüße, 世界" || r.Size != size || r.ContentType != "video/webm;codecs=vp9" {
				t.Fatalf("the recording is %q, %d bytes, %s", r.Name, r.Size, r.ContentType)
			}
			res, err := http.Get(r.URL)
			if err != nil {
				t.Fatal("GET from S3 failed")
			}
			defer res.Body.Close()
			got, err := io.ReadAll(res.Body)
			if err != nil || !bytes.Equal(got, bytes.Join(bodies, nil)) {
				t.Fatalf("read %d bytes back (%v), which are not the %d that were sent", len(got), err, size)
			}
			if d := res.Header.Get("Content-Disposition"); !strings.Contains(d, "filename*=utf-8''Gr%C3%BC%C3%9Fe") {
				t.Errorf("it downloads as %s", d)
			}
		})
	}
}

// What a recorder says of how long it recorded, everybody is told in ms.
func TestADurationIsShown(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(100))
	complete := func(ms any) apitest.Answer {
		t.Helper()
		return a.CallBad(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size, "duration_ms": ms})
	}
	for _, c := range []struct {
		ms     any
		reason string
		limit  int64
	}{
		{int64(-1), "out-of-range", 0}, {int64(31_536_000_001), "out-of-range", 31_536_000_000}, {int64(1<<63 - 1), "out-of-range", 31_536_000_000},
		{int64(-1 << 63), "out-of-range", 0}, {1.5, "wrong-type", 0}, {"1", "wrong-type", 0},
	} {
		if p := complete(c.ms).Problem(t, 400, c.reason); p.Field != "duration_ms" || p.Limit != c.limit {
			t.Errorf("%v: the field is %s and the limit %d; want duration_ms and %d", c.ms, p.Field, p.Limit, c.limit)
		}
	}
	complete(int64(31_536_000_000)).Want(t, 200)
	var shown struct {
		DurationMs int64 `json:"duration_ms"`
	}
	_, share, _ := strings.Cut(o.WatchURL, "#")
	for path, token := range map[string]string{path(o, ""): o.Token, "/v1/recordings/" + string(o.ID): share} {
		shown.DurationMs = 0
		if a.Call(t, "GET", path, token, nil).Want(t, 200).Into(t, &shown); shown.DurationMs != 31_536_000_000 {
			t.Errorf("it is shown as %d ms", shown.DurationMs)
		}
	}
}

func TestADurationThatNobodyKnowsIsLeftOut(t *testing.T) {
	a := apitest.Start(t)
	for _, more := range []map[string]any{{}, {"duration_ms": 0}} {
		o := a.Open(t, "ann", nil)
		parts, size := a.Upload(t, o, apitest.Noise(100))
		claim := map[string]any{"parts": parts, "size": size}
		maps.Copy(claim, more)
		a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
		if body := a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200).Body; bytes.Contains(body, []byte("duration_ms")) {
			t.Errorf("with %v it is shown", more)
		}
	}
}

func path(o apitest.Opened, rest string) string { return "/v1/sessions/" + string(o.ID) + rest }

func TestCompleteAndAbortCanBeRepeated(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(100))
	claim := map[string]any{"parts": parts, "size": size}
	first := a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
	second := a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
	if !bytes.Equal(first.Body, second.Body) {
		t.Error("the second complete got another answer than the first")
	}
	a.Call(t, "DELETE", path(o, ""), o.Token, nil).Problem(t, 409, "completed")

	o = a.Open(t, "ann", nil)
	a.Upload(t, o, apitest.Noise(100))
	for range 2 {
		a.Call(t, "DELETE", path(o, ""), o.Token, nil).Want(t, 200)
	}
	a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Problem(t, 409, "aborted")
}

// What complete refuses, it leaves as it was: each case ends with the right
// claim, which succeeds.
func TestCompleteHoldsTheClaimAgainstS3(t *testing.T) {
	one, two, three := apitest.Noise(5*mib), apitest.Noise(5*mib), apitest.Noise(77)
	type parts = []map[string]any
	cases := []struct {
		name   string
		spoil  func(p parts) (parts, int64)
		status int
		reason string
		field  string
		number int // of the first part that differs
	}{
		{"a hole", func(p parts) (parts, int64) { return parts{p[0], p[2]}, 5*mib + 77 }, 400, "hole", "parts[1].number", 0},
		{"a part twice", func(p parts) (parts, int64) { return parts{p[0], p[0]}, 10 * mib }, 400, "hole", "parts[1].number", 0},
		{"no part at all", func(parts) (parts, int64) { return parts{}, 1 }, 400, "missing", "parts", 0},
		{"a wrong sum", func(p parts) (parts, int64) { return p, 10*mib + 78 }, 400, "wrong-size", "size", 0},
		{"a part's wrong size", func(p parts) (parts, int64) { return parts{p[0], p[1], with(p[2], "size", 78)}, 10*mib + 78 }, 409, "parts-differ", "", 3},
		{"another ETag", func(p parts) (parts, int64) { return parts{p[0], with(p[1], "etag", p[0]["etag"]), p[2]}, 10*mib + 77 }, 409, "parts-differ", "", 2},
		{"a part that never came", func(p parts) (parts, int64) {
			return append(parts{p[0], p[1], with(p[2], "size", 5*mib)}, with(p[2], "number", 4)), 15*mib + 77
		}, 409, "parts-differ", "", 3},
		{"a part left out at the end", func(p parts) (parts, int64) { return p[:2], 10 * mib }, 409, "parts-differ", "", 3},
		{"a small part that is not the last", func(p parts) (parts, int64) { return parts{with(p[0], "size", 77), p[1]}, 5*mib + 77 }, 400, "part-too-small", "parts[0].size", 0},
		{"part number 0", func(p parts) (parts, int64) { return parts{with(p[0], "number", 0)}, 5 * mib }, 400, "out-of-range", "parts[0].number", 0},
		{"part number 10001", func(p parts) (parts, int64) { return parts{with(p[0], "number", 10001)}, 5 * mib }, 400, "out-of-range", "parts[0].number", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := apitest.Start(t)
			o := a.Open(t, "ann", nil)
			uploaded, size := a.Upload(t, o, one, two, three)
			bad, badSize := c.spoil(uploaded)
			p := a.CallBad(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": bad, "size": badSize}).Problem(t, c.status, c.reason)
			if p.Field != c.field {
				t.Errorf("the field is %q, want %q", p.Field, c.field)
			}
			if c.number > 0 && (len(p.Parts) == 0 || p.Parts[0].Number != c.number) {
				t.Errorf("the parts named are %+v, want number %d first", p.Parts, c.number)
			}
			a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": uploaded, "size": size}).Want(t, 200)
		})
	}
}

func with(part map[string]any, field string, value any) map[string]any {
	changed := map[string]any{}
	for k, v := range part {
		changed[k] = v
	}
	changed[field] = value
	return changed
}

// A stalled PUT of a number can land after its replacement. The recorder's
// checksums say so, and the part is PUT again.
func TestAStalePartIsNamedAndCanBePutAgain(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", map[string]any{"checksum": "sha256"})
	good, stale := apitest.Noise(300), apitest.Noise(300)
	want := a.UploadPart(t, o, 1, good)
	delete(want, "etag") // as where CORS hides it
	a.UploadPart(t, o, 1, stale)
	claim := map[string]any{"parts": []any{want}, "size": 300}
	p := a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Problem(t, 409, "parts-differ")
	if p.Parts[0].Have.Checksum != apitest.Sum(stale) || p.Parts[0].Want.Checksum != apitest.Sum(good) {
		t.Errorf("have and want are %+v", p.Parts[0])
	}
	a.UploadPart(t, o, 1, good)
	a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
}

func TestARecordingOutlivesTheStore(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", map[string]any{"checksum": "sha256"})
	parts, size := a.Upload(t, o, apitest.Noise(5*mib))

	a.Store.Forget() // as Redis does when it is flushed
	parts = append(parts, a.UploadPart(t, o, 2, apitest.Noise(50)))
	claim := map[string]any{"parts": parts, "size": size + 50}
	a.Store.Forget()
	a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
	a.Store.Forget()
	a.Call(t, "POST", path(o, "/complete"), o.Token, claim).Want(t, 200)
	a.Store.Forget()
	_, share, _ := strings.Cut(o.WatchURL, "#")
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Want(t, 200)
	a.Call(t, "GET", path(o, ""), a.APIKey, nil).Want(t, 200)
}

func TestAnUnfinishedRecordingSaysSo(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	_, share, _ := strings.Cut(o.WatchURL, "#")
	part := a.UploadPart(t, o, 1, apitest.Noise(4321))
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"uploaded": []any{part}}).Want(t, 200)
	p := a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Problem(t, 409, "not-completed")
	if p.RetryAfterMs == 0 || p.SafeBytes != 4321 {
		t.Errorf("it says to ask again in %d ms, and that %d bytes are safe", p.RetryAfterMs, p.SafeBytes)
	}
	a.Call(t, "DELETE", path(o, ""), o.Token, nil).Want(t, 200)
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Problem(t, 404, "aborted")
	a.Store.Forget()
	a.Call(t, "GET", path(o, ""), o.Token, nil).Problem(t, 404, "lost")
}

func TestDeletingARecording(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	recording := "/v1/recordings/" + string(o.ID)
	a.Call(t, "DELETE", recording, a.Grant(t, "ann"), nil).Problem(t, 409, "not-completed")
	parts, size := a.Upload(t, o, apitest.Noise(10))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	a.Call(t, "DELETE", recording, a.Grant(t, "bob"), nil).Problem(t, 404, "unknown-session")
	for range 2 {
		a.Call(t, "DELETE", recording, a.Grant(t, "ann"), nil).Want(t, 204)
	}
	a.Call(t, "GET", recording, a.APIKey, nil).Problem(t, 404, "deleted")
}
