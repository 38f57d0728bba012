package bucket_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

// failSaying is fail with a message.
func failSaying(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// pickyServer refuses completes with one of some headers, and counts how often.
type pickyServer struct {
	headers []string
	status  int
	code    string
	message string // %s is the header

	mu      sync.Mutex // guards refused
	refused int
}

func (p *pickyServer) meddle(w http.ResponseWriter, r *http.Request, server http.Handler) {
	for _, name := range p.headers {
		if isComplete(r) && r.Header.Get(name) != "" {
			p.mu.Lock()
			p.refused++
			p.mu.Unlock()
			message := p.message
			if strings.Contains(message, "%s") {
				message = fmt.Sprintf(message, name)
			}
			failSaying(w, p.status, p.code, message)
			return
		}
	}
	server.ServeHTTP(w, r)
}

// Backblaze B2 answers 400 InvalidArgument "Unsupported header '...' received
// for this API call." to every x-amz header that it does not know; AWS says 501
// NotImplemented with or without a name.
func TestAHeaderThatIsRefusedIsLeftOutFromThenOn(t *testing.T) {
	const b2 = "Unsupported header '%s' received for this API call."
	direct := open(t)
	for _, c := range []struct {
		name    string
		server  *pickyServer
		refused int // of three completes
		left    []string
	}{
		{"NotImplemented that names it", &pickyServer{headers: []string{"If-None-Match"}, status: 501, code: "NotImplemented", message: "A header you provided: %s"}, 1, []string{"If-None-Match"}},
		{"NotImplemented that names none", &pickyServer{headers: []string{"If-None-Match"}, status: 501, code: "NotImplemented", message: "not here"}, 1, []string{"If-None-Match"}},
		{"NotImplemented of the second", &pickyServer{headers: []string{"x-amz-mp-object-size"}, status: 501, code: "NotImplemented", message: "not here"}, 2, []string{"x-amz-mp-object-size"}},
		{"NotImplemented of all", &pickyServer{headers: []string{"If-None-Match", "x-amz-mp-object-size", "x-amz-checksum-type"}, status: 501, code: "NotImplemented", message: "not here"}, 4, []string{"If-None-Match", "x-amz-mp-object-size", "x-amz-checksum-type"}},
		{"InvalidArgument that names one after the other", &pickyServer{headers: []string{"x-amz-mp-object-size", "If-None-Match"}, status: 400, code: "InvalidArgument", message: b2}, 2, []string{"x-amz-mp-object-size", "If-None-Match"}},
		{"InvalidRequest that names it", &pickyServer{headers: []string{"x-amz-checksum-type"}, status: 400, code: "InvalidRequest", message: "%s is unknown"}, 1, []string{"x-amz-checksum-type"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			st := between(t, direct, bucket.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, c.server.meddle)
			for i := range 3 {
				u, parts := st.onePart(t, session.Key(fmt.Sprint(c.name, i)), "body")
				if _, err := st.Complete(t.Context(), u, parts, 4); err != nil {
					t.Fatal(err)
				}
			}
			if c.server.refused != c.refused {
				t.Errorf("it was refused %d times, want %d", c.server.refused, c.refused)
			}
			var told []string
			for _, m := range regexp.MustCompile(`header=(\S+)`).FindAllStringSubmatch(log.String(), -1) {
				told = append(told, m[1])
			}
			if !slices.Equal(told, c.left) {
				t.Errorf("told is %q, want %q", told, c.left)
			}
		})
	}
}

// What names a header and means something else is a refusal like any other.
func TestARefusalThatIsAboutTheUploadStands(t *testing.T) {
	direct := open(t)
	for name, server := range map[string]*pickyServer{
		"a size that does not match": {headers: []string{"x-amz-mp-object-size"}, status: 400, code: "InvalidRequest", message: "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4"},
		"an argument":                {headers: []string{"If-None-Match"}, status: 400, code: "InvalidArgument", message: "the part list is odd"},
	} {
		t.Run(name, func(t *testing.T) {
			st := between(t, direct, bucket.Options{}, server.meddle)
			u, parts := st.onePart(t, session.Key(name), "body")
			for range 2 {
				if _, err := st.Complete(t.Context(), u, parts, 4); session.ReasonOf(err) != "s3-refused" {
					t.Errorf("the answer is %v, want s3-refused", err)
				}
			}
			if server.refused != 2 {
				t.Errorf("it was asked %d times, want 2", server.refused)
			}
		})
	}
}

// The devs3 server does hold the size against what it computes.
func TestAWrongSizeIsRefused(t *testing.T) {
	st := open(t)
	u, parts := st.onePart(t, "a", "body")
	if _, err := st.Complete(t.Context(), u, parts, 5); session.ReasonOf(err) != "s3-refused" {
		t.Errorf("the answer is %v, want s3-refused", err)
	}
	if _, err := st.Complete(t.Context(), u, parts, 4); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// answeredWith replaces something in the body of every answer to a complete.
func answeredWith(pattern, by string) func(http.ResponseWriter, *http.Request, http.Handler) {
	found := regexp.MustCompile(pattern)
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if !isComplete(r) {
			server.ServeHTTP(w, r)
			return
		}
		kept := httptest.NewRecorder()
		server.ServeHTTP(kept, r)
		w.WriteHeader(kept.Code)
		_, _ = w.Write(found.ReplaceAll(kept.Body.Bytes(), []byte(by)))
	}
}

func TestAnETagThatCannotBeForetoldMakesAllOpaque(t *testing.T) {
	direct := open(t)
	for _, c := range []struct {
		name   string
		o      bucket.Options
		by     string
		opaque bool
	}{
		{"as foretold", bucket.Options{}, "<ETag>$1</ETag>", false},
		{"another", bucket.Options{}, "<ETag>\"opaque\"</ETag>", true},
		{"known before", bucket.Options{OpaqueETags: true}, "<ETag>$1</ETag>", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := between(t, direct, c.o, answeredWith("<ETag>(.*)</ETag>", c.by))
			u, parts := st.onePart(t, session.Key(c.name), "body")
			if _, err := st.Complete(t.Context(), u, parts, 4); err != nil {
				t.Fatal(err)
			}
			if obj, err := st.Head(t.Context(), u.Key); err != nil || obj.OpaqueETag != c.opaque {
				t.Errorf("the object is %+v (%v)", obj, err)
			}
		})
	}
}

// Ceph RGW 16.2 completes with an empty ETag, and is right.
func TestATwoHundredWithoutAnETagIsSettledByTheObject(t *testing.T) {
	direct := open(t)
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, http.Handler)
		size   int64
		ok     bool
	}{
		{"our bucket and key", answeredWith("<ETag>.*</ETag>", "<ETag></ETag>"), 4, true},
		{"another bucket", answeredWith("<ETag>.*</ETag><.*|<Bucket>.*</Bucket>", "<Bucket>other</Bucket>"), 4, false},
		{"another key", answeredWith("<ETag>.*</ETag>|<Key>.*</Key>", "<Key>other</Key>"), 4, false},
		{"nothing was made", func(w http.ResponseWriter, r *http.Request, server http.Handler) {
			if !isComplete(r) {
				server.ServeHTTP(w, r)
				return
			}
			fmt.Fprintf(w, "<CompleteMultipartUploadResult><Bucket>recordings</Bucket><Key>%s</Key></CompleteMultipartUploadResult>", strings.TrimPrefix(r.URL.Path, "/recordings/"))
		}, 4, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := between(t, direct, bucket.Options{}, c.answer)
			u, parts := st.onePart(t, session.Key(c.name), "body")
			obj, err := st.Complete(t.Context(), u, parts, c.size)
			switch {
			case c.ok && (err != nil || obj.Size != 4 || obj.ETag == ""):
				t.Errorf("it is %+v (%v)", obj, err)
			case !c.ok && session.KindOf(err) != session.Unavailable:
				t.Errorf("the answer is %+v (%v), want unavailable", obj, err)
			}
		})
	}
}

// An object of another size under our key is not ours.
func TestATwoHundredWithoutAnETagAndAnotherSize(t *testing.T) {
	b := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "5")
			return
		}
		fmt.Fprint(w, "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key></CompleteMultipartUploadResult>")
	})
	if _, err := b.Complete(t.Context(), anUpload, aPart, 1); session.KindOf(err) != session.Unavailable {
		t.Errorf("the answer is %v, want unavailable", err)
	}
	if obj, err := b.Complete(t.Context(), anUpload, aPart, 5); err != nil || obj.ETag != `"e"` {
		t.Errorf("with its size it is %v (%v)", obj, err)
	}
}

// Ceph RGW says NoSuchKey, and Swift 412 InvalidRequest.
func TestOtherWordsForTheSame(t *testing.T) {
	gone := answering(t, func(w http.ResponseWriter, r *http.Request) { fail(w, r, http.StatusNotFound, "NoSuchKey") })
	for name, err := range map[string]error{
		"ListParts": second(gone.ListParts(t.Context(), anUpload)),
		"Complete":  second(gone.Complete(t.Context(), anUpload, aPart, 1)),
	} {
		if session.KindOf(err) != session.NotFound {
			t.Errorf("%s says %v, want not-found", name, err)
		}
	}
	if err := gone.Abort(t.Context(), anUpload); err != nil {
		t.Errorf("Abort says %v", err)
	}
	taken := answering(t, func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusPreconditionFailed, "InvalidRequest")
	})
	if _, err := taken.Complete(t.Context(), anUpload, aPart, 1); session.ReasonOf(err) != "key-taken" {
		t.Errorf("412 is %v, want key-taken", err)
	}
}

// A walk that never ends would hold a lease for ever, and one that ends early
// leaves parts out without a word.
func TestAListingThatDoesNotAdvanceIsAnError(t *testing.T) {
	const part = "<Part><PartNumber>1</PartNumber><Size>1</Size></Part>"
	for name, body := range map[string]string{
		"no marker":      "<R><UploadId>u</UploadId><Bucket>b</Bucket><Name>b</Name><IsTruncated>true</IsTruncated>" + part + "</R>",
		"the same again": "<R><UploadId>u</UploadId><Bucket>b</Bucket><Name>b</Name><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker><Contents><Key>k</Key></Contents>" + part + "</R>",
	} {
		t.Run(name, func(t *testing.T) {
			b := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for what, err := range map[string]error{
				"ListParts": second(b.ListParts(ctx, anUpload)),
				"Uploads":   second(b.Uploads(ctx, "", session.UploadCursor{Key: "k", ID: "u"}, 1)),
				"Keys":      second(b.Keys(ctx, "", "k", 1)),
			} {
				if session.KindOf(err) != session.Unavailable || !strings.Contains(err.Error(), "same page") {
					t.Errorf("%s says %v", what, err)
				}
			}
		})
	}
}

// SeaweedFS sorts part numbers as text, and lists every PUT of a number.
func TestPartsAreSortedByNumberAndThenByAge(t *testing.T) {
	b := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<R><UploadId>u</UploadId>"+
			"<Part><PartNumber>10000</PartNumber><LastModified>2026-11-29T00:00:00Z</LastModified></Part>"+
			"<Part><PartNumber>1001</PartNumber><LastModified>2026-11-29T00:00:02Z</LastModified><ETag>new</ETag></Part>"+
			"<Part><PartNumber>1001</PartNumber><LastModified>2026-11-29T00:00:01Z</LastModified><ETag>old</ETag></Part></R>")
	})
	parts, err := b.ListParts(t.Context(), anUpload)
	if err != nil || len(parts) != 3 || parts[0].ETag != "old" || parts[1].ETag != "new" || parts[2].Number != 10000 {
		t.Errorf("listed %+v (%v)", parts, err)
	}
}

// Ceph RGW 16.2 percent-encodes keys and does not say so.
func TestAKeyThatIsEncodedWithoutAWordIsDecoded(t *testing.T) {
	b := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<R><Bucket>b</Bucket><IsTruncated>true</IsTruncated><NextKeyMarker>r%2Fa.webm</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>"+
			"<Upload><Key>r%2Fa.webm</Key><UploadId>u</UploadId></Upload></R>")
	})
	page, err := b.Uploads(t.Context(), "r/", session.UploadCursor{}, 1)
	if err != nil || len(page.Uploads) != 1 || page.Uploads[0].Key != "r/a.webm" || page.Next.Key != "r/a.webm" {
		t.Errorf("listed %+v (%v)", page, err)
	}
}

func TestWhereChecksumsAreNotListedUploadsAreOpenedWithout(t *testing.T) {
	direct := open(t)
	for algorithm, element := range map[session.ChecksumAlgorithm]string{session.SHA256: "ChecksumSHA256", session.CRC32C: "ChecksumCRC32C"} {
		t.Run(string(algorithm), func(t *testing.T) {
			st := between(t, direct, bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				if r.Method != http.MethodGet || !r.URL.Query().Has("uploadId") {
					server.ServeHTTP(w, r)
					return
				}
				kept := httptest.NewRecorder()
				server.ServeHTTP(kept, r)
				_, _ = io.WriteString(w, strings.ReplaceAll(kept.Body.String(), element, "Ignored"))
			})
			u := st.upload(t, "none yet", algorithm)
			if u.Algorithm != algorithm {
				t.Errorf("before anything was seen it is %s", u.Algorithm)
			}
			direct.put(t, u, 1, []byte("body"))
			if _, err := st.ListParts(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if u := st.upload(t, "b", algorithm); u.Algorithm != session.NoChecksum {
				t.Errorf("afterwards it is %s", u.Algorithm)
			}
			if got := st.openWith(t, "c", algorithm, session.MD5); got != session.MD5 {
				t.Errorf("where Content-MD5 is another way it is %s", got)
			}
		})
	}
}

func TestAnUploadHasTheAlgorithmThatS3Names(t *testing.T) {
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		kept := httptest.NewRecorder()
		server.ServeHTTP(kept, r)
		_, _ = w.Write(kept.Body.Bytes()) // without headers
	})
	if u := st.upload(t, "a", session.SHA256); u.Algorithm != session.NoChecksum || u.ID == "" {
		t.Errorf("it is %+v", u)
	}
}
