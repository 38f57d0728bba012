package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
)

// fetched is an answer as a browser's network layer sees it.
type fetched struct {
	status int
	header http.Header
	body   []byte
}

// fetch asks for a path with the headers given as name, value, name, value. It
// unpacks nothing.
func fetch(t *testing.T, method, url string, headers ...string) fetched {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fetched{res.StatusCode, res.Header, body}
}

func TestTheRecorderTravelsCompressedAndOnce(t *testing.T) {
	url := apitest.Start(t).URL + "/web/recorder.js"
	plain, packed := fetch(t, "GET", url), fetch(t, "GET", url, "Accept-Encoding", "br, gzip")
	if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" || packed.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Fatalf("plain %v, packed %v", plain.header, packed.header)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(body, plain.body) {
		t.Errorf("unpacked, it is another file (%v)", err)
	}
	if !strings.Contains(strings.Join(packed.header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("Vary is %q: a cache could hand gzip to a client that takes none", packed.header.Values("Vary"))
	}
	again := fetch(t, "GET", url, "Accept-Encoding", "gzip", "If-None-Match", packed.header.Get("ETag"))
	if again.status != http.StatusNotModified || len(again.body) != 0 {
		t.Errorf("asked again: %d, %d bytes", again.status, len(again.body))
	}
	if plain.header.Get("ETag") == packed.header.Get("ETag") {
		t.Error("two bodies under one strong ETag")
	}
}

func TestARefusedOrRangedRequestIsNotCompressed(t *testing.T) {
	url := apitest.Start(t).URL + "/web/recorder.js"
	for _, headers := range [][]string{
		{"Accept-Encoding", "gzip;q=0"}, {"Accept-Encoding", "gzip; q=0.0, br"}, {"Accept-Encoding", "x-gzipped"}, {"Accept-Encoding", ""},
		{"Accept-Encoding", "gzip", "Range", "bytes=0-99"},
	} {
		if got := fetch(t, "GET", url, headers...); got.header.Get("Content-Encoding") != "" {
			t.Errorf("%q is answered compressed, with %d", headers, got.status)
		}
	}
}

func TestAHeadTellsWhatAGetWouldBring(t *testing.T) {
	a := apitest.Start(t)
	for _, path := range []string{"/", "/ops", "/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw", "/web/recorder.js", "/web/worker.js"} {
		get, head := fetch(t, "GET", a.URL+path, "Accept-Encoding", "gzip"), fetch(t, "HEAD", a.URL+path, "Accept-Encoding", "gzip")
		if head.status != http.StatusOK || len(head.body) != 0 {
			t.Errorf("HEAD %s: %d, %d bytes", path, head.status, len(head.body))
		}
		for _, name := range []string{"Content-Length", "Content-Type", "Content-Encoding", "ETag", "Cache-Control", "Content-Security-Policy"} {
			if head.header.Get(name) != get.header.Get(name) {
				t.Errorf("HEAD %s: %s is %q, and of GET %q", path, name, head.header.Get(name), get.header.Get(name))
			}
		}
	}
}

func TestAFileUnderItsHashIsKeptForGoodAndAnUnknownHashIsNot(t *testing.T) {
	a := apitest.Start(t)
	recorder := fetch(t, "GET", a.URL+"/web/recorder.js")
	hash := strings.Trim(recorder.header.Get("ETag"), `"`)
	hashed := fetch(t, "GET", a.URL+"/web/recorder."+hash+".js")
	if hashed.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || !bytes.Equal(hashed.body, recorder.body) {
		t.Errorf("under its hash: %d, %q", hashed.status, hashed.header.Get("Cache-Control"))
	}
	if got := fetch(t, "GET", a.URL+"/web/recorder."+hash+".js", "Origin", "https://not.allowed.example"); strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("a page that may not read it keeps it for good: %v", got.header)
	}
	worker := regexp.MustCompile(`worker\.[0-9a-f]{16}\.js`).Find(recorder.body)
	if got := fetch(t, "GET", a.URL+"/web/"+string(worker)); got.status != http.StatusOK {
		t.Errorf("%s, which recorder.js names: %d", worker, got.status)
	}
	unknown := fetch(t, "GET", a.URL+"/web/recorder.0123456789abcdef.js")
	if unknown.status != http.StatusNotFound || unknown.header.Get("Cache-Control") != "no-store" {
		t.Errorf("an unknown hash: %d, %q", unknown.status, unknown.header.Get("Cache-Control"))
	}
}
