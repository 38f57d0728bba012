package httpapi_test

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// wish asks for the PUT of body as the poster of o.
func wish(o apitest.Opened, body []byte) map[string]any {
	wish := map[string]any{"size": len(body)}
	if sum := session.ChecksumAlgorithm(o.Checksum).Sum(body); sum != "" {
		wish["checksum"] = string(sum)
	}
	return wish
}

// poster signs the PUT of body as the poster of o.
func poster(t *testing.T, a *apitest.API, o apitest.Opened, body []byte) apitest.URL {
	t.Helper()
	var signed apitest.URL
	a.Call(t, "POST", path(o, "/poster"), o.Token, wish(o, body)).Want(t, 200).Into(t, &signed)
	return signed
}

// shown is what S3 answers to the poster that the recording has, nil if it has none.
func shown(t *testing.T, a *apitest.API, o apitest.Opened) *http.Response {
	t.Helper()
	var r struct {
		PosterURL string `json:"poster_url"`
	}
	_, share, _ := strings.Cut(o.WatchURL, "#")
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), share, nil).Want(t, 200).Into(t, &r)
	if r.PosterURL == "" {
		return nil
	}
	res, err := http.Get(r.PosterURL)
	if err != nil {
		t.Fatal("GET from S3 failed")
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestAPosterFromItsURLToItsPicture(t *testing.T) {
	for _, checksum := range []string{"none", "sha256", "crc32c", "md5"} {
		t.Run(checksum, func(t *testing.T) {
			a := apitest.Start(t)
			o := a.Open(t, "ann", map[string]any{"checksum": checksum, "name": "a/b"})
			parts, size := a.Upload(t, o, apitest.Noise(9))
			first, picture := apitest.Noise(10), apitest.Noise(session.MaxPosterBytes)
			late := poster(t, a, o, first)
			if late.ExpiresInMs <= 0 || late.ExpiresInMs > (2*time.Minute).Milliseconds() {
				t.Errorf("the URL is good for %d ms", late.ExpiresInMs)
			}
			a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
			if shown(t, a, o) != nil {
				t.Error("there is a poster, and nobody has sent one")
			}
			o2 := a.Open(t, "ann", map[string]any{"checksum": checksum, "name": "a/b"})
			for _, body := range [][]byte{first, picture} {
				if res := apitest.Put(t, poster(t, a, o2, body), body); res.StatusCode != http.StatusOK {
					t.Fatalf("S3 answers %s", res.Status)
				}
			}
			parts, size = a.Upload(t, o2, apitest.Noise(9))
			a.Call(t, "POST", path(o2, "/complete"), o2.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
			res := shown(t, a, o2)
			if res == nil {
				t.Fatal("there is no poster")
			}
			got, err := io.ReadAll(res.Body)
			if err != nil || !bytes.Equal(got, picture) || res.Header.Get("Content-Type") != "image/jpeg" {
				t.Errorf("it is %d bytes of %s (%v)", len(got), res.Header.Get("Content-Type"), err)
			}
			if kind, params, _ := mime.ParseMediaType(res.Header.Get("Content-Disposition")); kind != "attachment" || params["filename"] != "a_b.jpg" {
				t.Errorf("opened by itself it is %s, as %q", kind, params["filename"])
			}
			a.Call(t, "POST", path(o, "/poster"), o.Token, wish(o, first)).Problem(t, 409, "completed")
		})
	}
}

func TestAPosterIsBounded(t *testing.T) {
	a := apitest.Start(t)
	plain, summed := a.Open(t, "ann", nil), a.Open(t, "ann", map[string]any{"checksum": "sha256"})
	sum := apitest.Sum([]byte("x"))
	for _, c := range []struct {
		name          string
		o             apitest.Opened
		body          any
		reason, field string
	}{
		{"nothing said", plain, map[string]any{}, "out-of-range", "size"},
		{"no bytes", plain, map[string]any{"size": 0}, "out-of-range", "size"},
		{"fewer than none", plain, map[string]any{"size": -1}, "out-of-range", "size"},
		{"a byte too many", plain, map[string]any{"size": 100_001}, "out-of-range", "size"},
		{"a checksum that nobody wants", plain, map[string]any{"size": 1, "checksum": sum}, "checksum-unexpected", "checksum"},
		{"no checksum", summed, map[string]any{"size": 1}, "checksum-missing", "checksum"},
		{"another checksum", summed, map[string]any{"size": 1, "checksum": string(session.MD5.Sum(nil))}, "bad-checksum", "checksum"},
		{"no such checksum", summed, map[string]any{"size": 1, "checksum": "x"}, "bad-checksum", "checksum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := a.CallBad(t, "POST", path(c.o, "/poster"), c.o.Token, c.body).Problem(t, 400, c.reason); p.Field != c.field {
				t.Errorf("the field is %q", p.Field)
			}
		})
	}
	a.Call(t, "POST", path(plain, "/poster"), plain.Token, map[string]any{"size": 1, "mood": "good"}).Want(t, 200)
	a.Call(t, "POST", path(plain, "/poster"), plain.Token, map[string]any{"size": 100_000}).Want(t, 200)
}

// A poster's URL writes one key, with one length, one type and the bytes of one
// checksum.
func TestAttackAPostersURL(t *testing.T) {
	a := newTarget(t)
	o := a.Open(t, "ann", map[string]any{"checksum": "sha256"})
	body := apitest.Noise(99)
	signed := poster(t, a.API, o, body)
	other := bytes.Clone(body)
	other[0]++
	with := func(name, value string) map[string]string {
		headers := maps.Clone(signed.Headers)
		if headers[name] = value; value == "" {
			delete(headers, name)
		}
		return headers
	}
	inPlaceOf := func(old, replacement string) string { return strings.Replace(signed.URL, old, replacement, 1) }
	a.LeavesNoTrace(t, func() {
		for name, c := range map[string]struct {
			url     string
			headers map[string]string
			body    []byte
		}{
			"a byte more":              {signed.URL, signed.Headers, append(bytes.Clone(body), 1)},
			"other bytes":              {signed.URL, signed.Headers, other},
			"a page":                   {signed.URL, with("content-type", "text/html"), body},
			"no type":                  {signed.URL, with("content-type", ""), body},
			"no checksum":              {signed.URL, with("x-amz-checksum-sha256", ""), body},
			"another checksum":         {signed.URL, with("x-amz-checksum-sha256", apitest.Sum(other)), other},
			"the recording's key":      {inPlaceOf(".jpg", ".webm"), signed.Headers, body},
			"another poster's key":     {inPlaceOf(string(o.ID), string(a.o.ID)), signed.Headers, body},
			"a part of the recording":  {signed.URL + "&partNumber=1&uploadId=x", signed.Headers, body},
			"whoever likes may see it": {signed.URL + "&acl", signed.Headers, body},
		} {
			t.Run(name, func(t *testing.T) {
				if res := apitest.Put(t, apitest.URL{URL: c.url, Headers: c.headers}, c.body); res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusBadRequest {
					t.Errorf("S3 answers %s", res.Status)
				}
			})
		}
	})
	if res := apitest.Put(t, signed, body); res.StatusCode != http.StatusOK {
		t.Errorf("S3 answers %s to what was signed", res.Status)
	}
	a.completes(t)
}

// Whatever was sent as one, it is an image, and opened by itself it is saved.
func TestAttackAPageThatPassesForAPoster(t *testing.T) {
	a := newTarget(t)
	page := []byte("<script>alert(1)</script>")
	if res := apitest.Put(t, poster(t, a.API, a.o, page), page); res.StatusCode != http.StatusOK {
		t.Fatalf("S3 answers %s", res.Status)
	}
	a.completes(t)
	res := shown(t, a.API, a.o)
	if res == nil || res.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("it is shown with %v", res)
	}
}

func TestPostersAskedForTooFastAreRefused(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.Rates.Session = session.Rate{PerSecond: session.CallCost, Burst: 3 * session.CallCost}
	o := a.Open(t, "ann", nil)
	var last apitest.Answer
	for range 10 {
		if last = a.Call(t, "POST", path(o, "/poster"), o.Token, map[string]any{"size": 1}); last.Status != 200 {
			break
		}
	}
	last.Problem(t, 429, "sign-rate")
}

// facts is what the API says of a recording.
type facts struct {
	URL         string
	CaptionsURL string `json:"captions_url"`
	Title       string
	Name        string
}

func factsOf(t *testing.T, a *apitest.API, o apitest.Opened) (f facts) {
	t.Helper()
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), a.APIKey, nil).Want(t, 200).Into(t, &f)
	return f
}

// record makes a recording of a few bytes.
func record(t *testing.T, a *apitest.API, owner string, fields map[string]any) apitest.Opened {
	t.Helper()
	o := a.Open(t, owner, fields)
	parts, size := a.Upload(t, o, apitest.Noise(9))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	return o
}

func of(o apitest.Opened) string { return "/v1/recordings/" + string(o.ID) }

func TestATitleIsChanged(t *testing.T) {
	a := apitest.Start(t)
	o := record(t, a, "ann", map[string]any{"name": "Recording 1"})
	if f := factsOf(t, a, o); f.Title != "Recording 1" || f.Name != "Recording 1" {
		t.Errorf("to begin with it is %+v", f)
	}
	grant := a.Grant(t, "ann")
	for _, title := range []string{"Küche / <b>", "Holiday"} {
		a.Call(t, "PATCH", of(o), grant, map[string]any{"title": title}).Want(t, 200)
		if f := factsOf(t, a, o); f.Title != title || f.Name != "Recording 1" {
			t.Errorf("called %q it is %+v", title, f)
		}
	}
	a.Store.Forget()
	f := factsOf(t, a, o)
	if f.Title != "Holiday" {
		t.Errorf("when the store forgot it is %+v", f)
	}
	res, err := http.Get(f.URL)
	if err != nil {
		t.Fatal("GET from S3 failed")
	}
	defer res.Body.Close()
	if _, params, _ := mime.ParseMediaType(res.Header.Get("Content-Disposition")); params["filename"] != "Holiday.webm" {
		t.Errorf("it downloads as %q", params["filename"])
	}
	a.Call(t, "DELETE", of(o), grant, nil).Want(t, 204)
	a.Call(t, "PATCH", of(o), grant, map[string]any{"title": "x"}).Problem(t, 404, "deleted")
}

func TestATitleThatIsGivenWhileItIsRecordedStays(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	a.Call(t, "PATCH", of(o), a.Grant(t, "ann"), map[string]any{"title": "Live"}).Want(t, 200)
	parts, size := a.Upload(t, o, apitest.Noise(9))
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
	if f := factsOf(t, a, o); f.Title != "Live" || f.Name != "" {
		t.Errorf("it is %+v", f)
	}
}

func TestATitleIsBounded(t *testing.T) {
	a := apitest.Start(t)
	o := record(t, a, "ann", nil)
	patch := func(body any) apitest.Answer { return a.CallBad(t, "PATCH", of(o), a.APIKey, body) }
	patch(map[string]any{"title": strings.Repeat("ü", 127)}).Want(t, 200)
	patch(map[string]any{"title": strings.Repeat("a", 255)}).Want(t, 200)
	patch(map[string]any{"title": strings.Repeat("a", 256)}).Problem(t, 400, "out-of-range")
	patch(map[string]any{"title": "a\tb"}).Problem(t, 400, "control-character")
	patch(map[string]any{"title": ""}).Problem(t, 400, "missing")
	patch(map[string]any{}).Problem(t, 400, "missing")
	patch(map[string]any{"title": "x", "name": "y"}).Problem(t, 400, "unknown-field")
	if f := factsOf(t, a, o); f.Title != strings.Repeat("a", 255) {
		t.Errorf("it is called %q", f.Title)
	}
	never := a.Open(t, "ann", nil)
	a.Call(t, "DELETE", path(never, ""), never.Token, nil).Want(t, 200)
	a.Call(t, "PATCH", of(never), a.APIKey, map[string]any{"title": "x"}).Problem(t, 404, "aborted")
	a.Call(t, "PATCH", "/v1/recordings/"+anID, a.APIKey, map[string]any{"title": "x"}).Problem(t, 404, "unknown-session")
}

func TestTitlesAndCaptionsCostTheOwnerWhatALookCosts(t *testing.T) {
	for name, call := range map[string]func(a *apitest.API, o apitest.Opened, grant string) apitest.Answer{
		"title": func(a *apitest.API, o apitest.Opened, grant string) apitest.Answer {
			return a.Call(t, "PATCH", of(o), grant, map[string]any{"title": "x"})
		},
		"captions": func(a *apitest.API, o apitest.Opened, grant string) apitest.Answer {
			return a.Call(t, "POST", of(o)+"/captions", grant, map[string]any{"size": 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := apitest.Start(t)
			o := record(t, a, "ann", nil)
			a.Broker.Limits.Rates.Owner = session.Rate{PerSecond: session.CallCost, Burst: 3 * session.CallCost}
			grant := a.Grant(t, "ann")
			var last apitest.Answer
			for range 10 {
				if last = call(a, o, grant); last.Status != 200 {
					break
				}
			}
			last.Problem(t, 429, "owner-sign-rate")
		})
	}
}

func TestCaptionsFromTheirURLToTheirText(t *testing.T) {
	for _, checksum := range []string{"none", "sha256"} {
		t.Run(checksum, func(t *testing.T) {
			a := apitest.Start(t)
			o := record(t, a, "ann", map[string]any{"checksum": checksum, "name": "a/b"})
			if f := factsOf(t, a, o); f.CaptionsURL != "" {
				t.Error("there are captions, and nobody has sent any")
			}
			text := []byte("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
			var signed apitest.URL
			a.Call(t, "POST", of(o)+"/captions", a.Grant(t, "ann"), wish(o, text)).Want(t, 200).Into(t, &signed)
			if signed.ExpiresInMs <= 0 || signed.ExpiresInMs > (2*time.Minute).Milliseconds() || signed.Headers["content-type"] != "text/vtt" {
				t.Errorf("the URL is good for %d ms, with %s", signed.ExpiresInMs, signed.Headers["content-type"])
			}
			if res := apitest.Put(t, signed, append(bytes.Clone(text), 'x')); res.StatusCode == http.StatusOK {
				t.Error("S3 takes another length")
			}
			if res := apitest.Put(t, signed, text); res.StatusCode != http.StatusOK {
				t.Fatalf("S3 answers %s", res.Status)
			}
			res, err := http.Get(factsOf(t, a, o).CaptionsURL)
			if err != nil {
				t.Fatal("GET from S3 failed")
			}
			defer res.Body.Close()
			got, err := io.ReadAll(res.Body)
			if err != nil || !bytes.Equal(got, text) || res.Header.Get("Content-Type") != "text/vtt" {
				t.Errorf("it is %q of %s (%v)", got, res.Header.Get("Content-Type"), err)
			}
			if kind, params, _ := mime.ParseMediaType(res.Header.Get("Content-Disposition")); kind != "attachment" || params["filename"] != "a_b.vtt" {
				t.Errorf("opened by itself it is %s, as %q", kind, params["filename"])
			}
		})
	}
}

func TestCaptionsAreBounded(t *testing.T) {
	a := apitest.Start(t)
	o := record(t, a, "ann", nil)
	ask := func(body any) apitest.Answer { return a.CallBad(t, "POST", of(o)+"/captions", a.APIKey, body) }
	ask(map[string]any{"size": 0}).Problem(t, 400, "out-of-range")
	ask(map[string]any{"size": 1}).Want(t, 200)
	ask(map[string]any{"size": 999_999}).Want(t, 200)
	ask(map[string]any{"size": 1_000_000}).Want(t, 200)
	ask(map[string]any{"size": 1_000_001}).Problem(t, 400, "out-of-range")
	ask(map[string]any{"size": 1, "checksum": apitest.Sum([]byte("x"))}).Problem(t, 400, "checksum-unexpected")
	a.Call(t, "DELETE", of(o), a.APIKey, nil).Want(t, 204)
	ask(map[string]any{"size": 1}).Problem(t, 404, "deleted")
}
