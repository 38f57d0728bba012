package bucket_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

// wantsNone refuses to open an upload with some algorithms, or passes over them.
type wantsNone struct {
	algorithms []string
	refuse     func(w http.ResponseWriter) // nil: passes over
	asked      []string                    // the algorithms of each create
}

func (s *wantsNone) meddle(w http.ResponseWriter, r *http.Request, server http.Handler) {
	if r.Method != http.MethodPost || !r.URL.Query().Has("uploads") {
		server.ServeHTTP(w, r)
		return
	}
	algorithm := r.Header.Get("x-amz-checksum-algorithm")
	s.asked = append(s.asked, cmp.Or(algorithm, "-"))
	if !slices.Contains(s.algorithms, algorithm) {
		server.ServeHTTP(w, r)
		return
	}
	if s.refuse != nil {
		s.refuse(w)
		return
	}
	kept := httptest.NewRecorder()
	server.ServeHTTP(kept, r)
	_, _ = w.Write(kept.Body.Bytes()) // without headers
}

func (st stage) openWith(t *testing.T, key session.Key, algorithms ...session.ChecksumAlgorithm) session.ChecksumAlgorithm {
	t.Helper()
	u, err := st.Create(t.Context(), session.NewUpload{Key: key, ContentType: "video/webm", Algorithms: algorithms})
	if err != nil || u.ID == "" {
		t.Fatalf("%+v (%v)", u, err)
	}
	return u.Algorithm
}

// The second upload is opened with what was learnt from the first.
func TestTheFirstAlgorithmIsTakenThatS3HasAndNamesIt(t *testing.T) {
	b2 := func(w http.ResponseWriter) {
		failSaying(w, 400, "InvalidArgument", "Unsupported header 'x-amz-checksum-algorithm' received for this API call.")
	}
	r2 := func(w http.ResponseWriter) {
		failSaying(w, 501, "NotImplemented", "Header 'x-amz-checksum-algorithm' with value 'SHA256' not implemented")
	}
	all := []session.ChecksumAlgorithm{session.SHA256, session.CRC32C, session.MD5}
	direct := open(t)
	for _, c := range []struct {
		name          string
		server        *wantsNone
		of            []session.ChecksumAlgorithm
		first, second session.ChecksumAlgorithm
		asked         string
		told          string
	}{
		{"all are taken", &wantsNone{}, all, session.SHA256, session.SHA256, "SHA256 SHA256", ""},
		{"one is refused", &wantsNone{algorithms: []string{"SHA256"}, refuse: r2}, all, session.CRC32C, session.CRC32C, "SHA256 CRC32C CRC32C", "sha256"},
		{"both are refused", &wantsNone{algorithms: []string{"SHA256", "CRC32C"}, refuse: b2}, all, session.MD5, session.MD5, "SHA256 CRC32C - -", "sha256 crc32c"},
		{"both are refused, and there is no other", &wantsNone{algorithms: []string{"SHA256", "CRC32C"}, refuse: b2}, all[:2], session.NoChecksum, session.NoChecksum, "SHA256 CRC32C - -", "sha256 crc32c"},
		{"one is passed over", &wantsNone{algorithms: []string{"SHA256"}}, all, session.MD5, session.CRC32C, "SHA256 CRC32C", "sha256"},
		{"MD5 alone, of which S3 is told nothing", &wantsNone{}, all[2:], session.MD5, session.MD5, "- -", ""},
		{"none", &wantsNone{}, nil, session.NoChecksum, session.NoChecksum, "- -", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			st := between(t, direct, bucket.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, c.server.meddle)
			first, second := st.openWith(t, "a", c.of...), st.openWith(t, "b", c.of...)
			if first != c.first || second != c.second {
				t.Errorf("they are opened with %s and %s, want %s and %s", first, second, c.first, c.second)
			}
			if asked := strings.Join(c.server.asked, " "); asked != c.asked {
				t.Errorf("asked was %q, want %q", asked, c.asked)
			}
			var told []string
			for line := range strings.Lines(log.String()) {
				_, rest, _ := strings.Cut(line, "checksum=")
				word, _, _ := strings.Cut(rest, " ")
				told = append(told, word)
			}
			if strings.Join(told, " ") != c.told {
				t.Errorf("told is %q, want %q", told, c.told)
			}
		})
	}
}

// What is refused without a checksum too is not about the checksum.
func TestARefusalOfTheUploadTeachesNothingOfChecksums(t *testing.T) {
	refused := true
	st := between(t, open(t), bucket.Options{}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if refused && r.URL.Query().Has("uploads") {
			failSaying(w, 400, "InvalidArgument", "the storage class is odd")
			return
		}
		server.ServeHTTP(w, r)
	})
	if _, err := st.Create(t.Context(), session.NewUpload{Key: "a", Algorithms: []session.ChecksumAlgorithm{session.SHA256}}); session.KindOf(err) != session.Unavailable {
		t.Errorf("the answer is %v", err)
	}
	refused = false
	if got := st.openWith(t, "b", session.SHA256); got != session.SHA256 {
		t.Errorf("afterwards it is %s", got)
	}
}

// The ETag of a part is told as its MD5 where that is sure: the server is known
// to do so, and does not encrypt with KMS, which shows when an upload is opened.
func TestAnETagIsAnMD5WhereThatIsSure(t *testing.T) {
	direct := open(t)
	for _, c := range []struct {
		name string
		o    bucket.Options
		sse  string
		want bool
	}{
		{"nobody knows the server", bucket.Options{}, "", false},
		{"it is known", bucket.Options{PartMD5s: true}, "", true},
		{"it is known, with SSE-S3", bucket.Options{PartMD5s: true}, "AES256", true},
		{"it is known, and encrypts with KMS of its own accord", bucket.Options{PartMD5s: true}, "aws:kms", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := between(t, direct, c.o, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				if c.sse != "" {
					w.Header().Set("x-amz-server-side-encryption", c.sse)
				}
				server.ServeHTTP(w, r)
			})
			u := direct.upload(t, session.Key(c.name), session.MD5)
			direct.put(t, u, 1, []byte("body"))
			list := func() session.Checksum {
				t.Helper()
				parts, err := st.ListParts(t.Context(), u)
				if err != nil || len(parts) != 1 {
					t.Fatal(parts, err)
				}
				return parts[0].Checksum
			}
			if before := list(); before != "" {
				t.Errorf("before an upload was opened it is %q", before)
			}
			st.openWith(t, "b", session.MD5)
			if got := list() == session.MD5.Sum([]byte("body")); got != c.want {
				t.Errorf("it is told: %v, want %v", got, c.want)
			}
		})
	}
}

// Backblaze B2 takes no header of checksums, so HEAD must not have one either.
func TestWhereHeadMayNotAskForChecksumsItDoesNot(t *testing.T) {
	direct := open(t)
	var log bytes.Buffer
	asked := 0
	st := between(t, direct, bucket.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodHead && r.Header.Get("x-amz-checksum-mode") != "" {
			asked++
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		server.ServeHTTP(w, r)
	})
	if _, err := st.Head(t.Context(), "none"); session.KindOf(err) != session.NotFound {
		t.Errorf("an object that is not there is %v", err)
	}
	u := direct.upload(t, "a", session.NoChecksum)
	direct.put(t, u, 1, []byte("body"))
	parts, err := direct.ListParts(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Complete(t.Context(), u, parts, 4); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if obj, err := st.Head(t.Context(), "a"); err != nil || obj.Size != 4 {
			t.Errorf("it is %+v (%v)", obj, err)
		}
	}
	if asked != 1 || strings.Count(log.String(), "x-amz-checksum-mode") != 1 {
		t.Errorf("asked %d times, and the log says %s", asked, log.String())
	}
}

// A checksum of the whole object is none of its parts' and cannot be held
// against them.
func TestAChecksumOfTheBytesOfAnObjectIsNotTaken(t *testing.T) {
	for header, want := range map[string]session.Checksum{"4waSgw==": "", "4waSgw==-2": "4waSgw==-2"} {
		b := answering(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("x-amz-checksum-crc32c", header)
			if r.Method == http.MethodPost {
				_, _ = io.WriteString(w, fmt.Sprintf("<R><Bucket>b</Bucket><Key>k</Key><ETag>e</ETag><ChecksumCRC32C>%s</ChecksumCRC32C></R>", header))
			}
		})
		obj, err := b.Head(t.Context(), "k")
		if err != nil || obj.Checksum != want {
			t.Errorf("%s is told as %q (%v)", header, obj.Checksum, err)
		}
		obj, err = b.Complete(t.Context(), anUpload, aPart, 1)
		if err != nil || obj.Checksum != want {
			t.Errorf("%s is told as %q at the end (%v)", header, obj.Checksum, err)
		}
	}
}
