package bucket_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

// stage is a bucket and the client that PUTs parts into it, as a recorder does.
type stage struct {
	*bucket.Bucket
	server *devs3.Server
	client *s3.Client
}

func open(t *testing.T, options ...func(*devs3.Config)) stage {
	t.Helper()
	server := devs3test.Start(t, options...)
	client := devs3test.Client(server)
	return stage{bucket.New(client, bucket.Options{Endpoint: server.Endpoint, Bucket: server.Bucket}), server, client}
}

func (st stage) upload(t *testing.T, key session.Key, algorithm session.ChecksumAlgorithm) session.Upload {
	t.Helper()
	n := session.NewUpload{Key: key, ContentType: "video/webm;codecs=vp9", Metadata: map[string]string{"slipway-name": "Gr%C3%BC%C3%9Fe"}}
	if algorithm != session.NoChecksum {
		n.Algorithms = []session.ChecksumAlgorithm{algorithm}
	}
	u, err := st.Create(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (st stage) put(t *testing.T, u session.Upload, number int32, body []byte) {
	t.Helper()
	in := &s3.UploadPartInput{Bucket: &st.server.Bucket, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)), PartNumber: &number, Body: bytes.NewReader(body)}
	switch sum := aws.String(string(u.Algorithm.Sum(body))); u.Algorithm {
	case session.SHA256:
		in.ChecksumSHA256 = sum
	case session.CRC32C:
		in.ChecksumCRC32C = sum
	case session.MD5:
		in.ContentMD5 = sum
	}
	if _, err := st.client.UploadPart(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func TestAnUploadFromCreateToHead(t *testing.T) {
	for _, algorithm := range []session.ChecksumAlgorithm{session.NoChecksum, session.SHA256, session.CRC32C, session.MD5} {
		t.Run(string(algorithm), func(t *testing.T) {
			st := open(t)
			u := st.upload(t, "recordings/ü b.webm", algorithm)
			bodies := [][]byte{bytes.Repeat([]byte("a"), session.MinPartSize), []byte("the end")}
			for i, body := range bodies {
				st.put(t, u, int32(i+1), body)
			}
			parts, err := st.ListParts(t.Context(), u)
			if err != nil || len(parts) != 2 || parts[1].Number != 2 || parts[1].Size != 7 || parts[1].ETag == "" || parts[1].StoredAt.IsZero() {
				t.Fatalf("listed %+v (%v)", parts, err)
			}
			if (parts[1].Checksum != "") != algorithm.Kept() || parts[1].Checksum != "" && parts[1].Checksum != algorithm.Sum(bodies[1]) {
				t.Errorf("the checksum listed is %q", parts[1].Checksum)
			}
			size := int64(session.MinPartSize + 7)
			done, err := st.Complete(t.Context(), u, parts, size)
			if err != nil {
				t.Fatal(err)
			}
			obj, err := st.Head(t.Context(), u.Key)
			if err != nil || obj.Size != size || obj.ETag != done.ETag || obj.ContentType != "video/webm;codecs=vp9" || obj.Name() != "Grüße" {
				t.Fatalf("the object is %+v (%v)", obj, err)
			}
			if strings.HasSuffix(string(obj.Checksum), "-2") != algorithm.Kept() {
				t.Errorf("the object's checksum is %q", obj.Checksum)
			}
			if err := st.Delete(t.Context(), u.Key); err != nil {
				t.Fatal(err)
			}
			if _, err := st.Head(t.Context(), u.Key); session.KindOf(err) != session.NotFound {
				t.Errorf("after Delete, Head says %v", err)
			}
		})
	}
}

func TestListPartsReadsEveryPage(t *testing.T) {
	st := open(t)
	u := st.upload(t, "many.webm", session.NoChecksum)
	const n = 1001 // a page holds 1,000
	for i := range n {
		st.put(t, u, int32(n-i), []byte("x"))
	}
	parts, err := st.ListParts(t.Context(), u)
	if err != nil || len(parts) != n || parts[n-1].Number != n {
		t.Fatalf("listed %d parts (%v), want %d in order", len(parts), err, n)
	}
}

func TestWhatS3DefinitelyRefuses(t *testing.T) {
	st := open(t)
	small := bytes.Repeat([]byte("s"), 100)
	cases := []struct {
		name  string
		spoil func([]session.Part) ([]session.Part, int64)
	}{
		{"another ETag", func(p []session.Part) ([]session.Part, int64) {
			p[0].ETag = `"00000000000000000000000000000000"`
			return p, session.MinPartSize + 100
		}},
		{"a part that is not there", func(p []session.Part) ([]session.Part, int64) {
			return append(p, session.Part{Number: 3, ETag: p[0].ETag}), session.MinPartSize + 100
		}},
		{"parts out of order", func(p []session.Part) ([]session.Part, int64) {
			return []session.Part{p[1], p[0]}, session.MinPartSize + 100
		}},
		{"another size", func(p []session.Part) ([]session.Part, int64) { return p, session.MinPartSize + 101 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u := st.upload(t, session.Key(c.name), session.NoChecksum)
			st.put(t, u, 1, bytes.Repeat([]byte("a"), session.MinPartSize))
			st.put(t, u, 2, small)
			parts, err := st.ListParts(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			bad, size := c.spoil(append([]session.Part(nil), parts...))
			if _, err := st.Complete(t.Context(), u, bad, size); session.KindOf(err) != session.Conflict || session.ReasonOf(err) != "s3-refused" {
				t.Fatalf("the answer is %v, want a refusal", err)
			}
			if _, err := st.Complete(t.Context(), u, parts, session.MinPartSize+100); err != nil {
				t.Errorf("the right request is refused afterwards: %v", err)
			}
		})
	}
}

func TestAbortCanBeRepeated(t *testing.T) {
	st := open(t)
	u := st.upload(t, "a.webm", session.SHA256)
	st.put(t, u, 1, []byte("x"))
	for range 2 {
		if err := st.Abort(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.ListParts(t.Context(), u); session.KindOf(err) != session.NotFound {
		t.Errorf("after Abort, ListParts says %v", err)
	}
	if _, err := st.Complete(t.Context(), u, []session.Part{{Number: 1, ETag: `"00000000000000000000000000000000"`}}, 1); session.KindOf(err) != session.NotFound {
		t.Errorf("after Abort, Complete says %v", err)
	}
}
