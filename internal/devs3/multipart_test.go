package devs3_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestACompletedUploadIsOneObjectWithItsProperties(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server, withSHA256, func(in *s3.CreateMultipartUploadInput) {
		in.ContentType = aws.String("video/webm")
		in.Metadata = map[string]string{"owner": "ada"}
	})
	one, two := bytesOf(minPartSize, 1), bytesOf(1000, 2)
	second := u.mustPut(2, two, sum(two)) // in any order
	first := u.mustPut(1, one, sum(one))
	out, err := u.completeWith(func(in *s3.CompleteMultipartUploadInput) {
		in.MpuObjectSize = aws.Int64(int64(len(one) + len(two)))
		in.ChecksumSHA256 = aws.String(composite(one, two))
		in.ChecksumType = types.ChecksumTypeComposite
	}, first, second)
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.ChecksumSHA256) != composite(one, two) {
		t.Errorf("checksum %q, want %q", aws.ToString(out.ChecksumSHA256), composite(one, two))
	}
	wantObject(u, one, two)
}

// wantObject fails the test unless the object is these parts, with the
// properties given at create.
func wantObject(u upload, parts ...[]byte) {
	u.t.Helper()
	whole := slices.Concat(parts...)
	head, err := u.client.HeadObject(u.t.Context(), &s3.HeadObjectInput{
		Bucket: &u.server.Bucket, Key: &u.key, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		u.t.Fatal(err)
	}
	if got := aws.ToString(head.ChecksumSHA256); got != composite(parts...) {
		u.t.Errorf("checksum %q, want %q", got, composite(parts...))
	}
	if head.ChecksumType != types.ChecksumTypeComposite {
		u.t.Errorf("checksum type %q", head.ChecksumType)
	}
	if aws.ToString(head.ContentType) != "video/webm" || head.Metadata["owner"] != "ada" {
		u.t.Errorf("type %q, metadata %v", aws.ToString(head.ContentType), head.Metadata)
	}
	if !strings.HasSuffix(aws.ToString(head.ETag), `-2"`) || aws.ToInt64(head.ContentLength) != int64(len(whole)) {
		u.t.Errorf("etag %s, size %d", aws.ToString(head.ETag), aws.ToInt64(head.ContentLength))
	}
	if !bytes.Equal(u.get(), whole) {
		u.t.Error("another body came back")
	}
	part, err := u.client.HeadObject(u.t.Context(), &s3.HeadObjectInput{
		Bucket: &u.server.Bucket, Key: &u.key, PartNumber: aws.Int32(2),
	})
	if err != nil || aws.ToInt64(part.ContentLength) != int64(len(parts[1])) || aws.ToInt32(part.PartsCount) != 2 {
		u.t.Errorf("part 2: %+v, %v", part, err)
	}
}

func TestTheChecksumBelongsToTheUpload(t *testing.T) {
	server, _ := shared(t)
	body := bytesOf(1000, 1)
	putCRC := func(u upload) error {
		_, err := u.client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id, PartNumber: aws.Int32(1),
			Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
		})
		return err
	}
	put := func(checksum *string) func(upload) error {
		return func(u upload) error { _, err := u.put(1, body, checksum); return err }
	}
	none := func(*s3.CreateMultipartUploadInput) {}
	for _, test := range []struct {
		name   string
		create func(*s3.CreateMultipartUploadInput)
		put    func(upload) error
		code   string // "" if it is accepted
		text   string
	}{
		{"none and none", none, put(nil), "", ""},
		{"sha256 and sha256", withSHA256, put(sum(body)), "", ""},
		{"none and sha256", none, put(sum(body)), "InvalidRequest", "expected checksum Type: null, actual checksum Type: sha256"},
		{"none and crc32", none, putCRC, "InvalidRequest", "expected checksum Type: null, actual checksum Type: crc32"},
		{"sha256 and none", withSHA256, put(nil), "InvalidRequest", "expected checksum Type: sha256, actual checksum Type: null"},
		{"sha256 and crc32", withSHA256, putCRC, "InvalidRequest", "expected checksum Type: sha256, actual checksum Type: crc32"},
		{"sha256 and that of another body", withSHA256, put(sum(nil)), "BadDigest", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := create(t, server, test.create)
			err := test.put(u)
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantRefusal(t, err, http.StatusBadRequest, test.code)
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %v, want %q", err, test.text)
			}
			if got := u.numbers(); got != nil {
				t.Errorf("stored parts %v", got)
			}
		})
	}
}

func TestCompleteRefuses(t *testing.T) {
	server, _ := shared(t)
	one, two := bytesOf(minPartSize, 1), bytesOf(1000, 2)
	sha := create(t, server, withSHA256)
	sha1, sha2 := sha.mustPut(1, one, sum(one)), sha.mustPut(2, two, sum(two))
	sha3 := sha.mustPut(3, two, sum(two))
	plain := create(t, server)
	plain1 := plain.mustPut(1, two, nil)

	without := func(p types.CompletedPart) types.CompletedPart { p.ChecksumSHA256 = nil; return p }
	withETag := func(p types.CompletedPart, etag string) types.CompletedPart { p.ETag = &etag; return p }
	same := func(*s3.CompleteMultipartUploadInput) {}
	type parts = []types.CompletedPart
	for _, test := range []struct {
		name   string
		upload upload
		parts  parts
		change func(*s3.CompleteMultipartUploadInput)
		code   string
	}{
		{"parts without their checksums", sha, parts{without(sha1), without(sha2)}, same, "InvalidRequest"},
		{"one part without its checksum", sha, parts{sha1, without(sha2)}, same, "InvalidRequest"},
		{"another part's checksum", sha, parts{sha1, {PartNumber: sha2.PartNumber, ETag: sha2.ETag, ChecksumSHA256: sha1.ChecksumSHA256}}, same, "InvalidPart"},
		{"a checksum in an upload without", plain, parts{{PartNumber: plain1.PartNumber, ETag: plain1.ETag, ChecksumSHA256: sum(two)}}, same, "InvalidPart"},
		{"another ETag", sha, parts{sha1, withETag(sha2, *sha1.ETag)}, same, "InvalidPart"},
		{"an ETag that is no MD5", sha, parts{sha1, withETag(sha2, `"abcd"`)}, same, "InvalidPart"},
		{"a part that is not there", sha, parts{sha1, {PartNumber: aws.Int32(9), ETag: sha2.ETag, ChecksumSHA256: sha2.ChecksumSHA256}}, same, "InvalidPart"},
		{"parts out of order", sha, parts{sha2, sha1}, same, "InvalidPartOrder"},
		{"a part twice", sha, parts{sha1, sha1}, same, "InvalidPartOrder"},
		{"a small part that is not the last", sha, parts{sha1, sha2, sha3}, same, "EntityTooSmall"},
		{"no parts", sha, nil, same, "MalformedXML"},
		{"one byte less than there is", sha, parts{sha1, sha2}, func(in *s3.CompleteMultipartUploadInput) {
			in.MpuObjectSize = aws.Int64(int64(len(one) + len(two) - 1))
		}, "InvalidRequest"},
		{"one byte more than there is", sha, parts{sha1, sha2}, func(in *s3.CompleteMultipartUploadInput) {
			in.MpuObjectSize = aws.Int64(int64(len(one) + len(two) + 1))
		}, "InvalidRequest"},
		{"another composite checksum", sha, parts{sha1, sha2}, func(in *s3.CompleteMultipartUploadInput) {
			in.ChecksumSHA256 = aws.String(composite(two, one))
		}, "BadDigest"},
		{"another checksum type", sha, parts{sha1, sha2}, func(in *s3.CompleteMultipartUploadInput) {
			in.ChecksumType = types.ChecksumTypeFullObject
		}, "InvalidRequest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := test.upload.numbers()
			_, err := test.upload.completeWith(test.change, test.parts...)
			wantRefusal(t, err, http.StatusBadRequest, test.code)
			if after := test.upload.numbers(); !slices.Equal(before, after) {
				t.Errorf("parts were %v and are %v", before, after)
			}
		})
	}
	if _, err := sha.complete(sha1, sha2); err != nil {
		t.Errorf("after all these refusals: %v", err)
	}
}

// Two pages that open with one key at the same moment do this: one of the
// uploads stays, the other is aborted while a third begins.
func TestUploadsOfOneKeyBeginAndEndSideBySide(t *testing.T) {
	server, client := shared(t)
	key := t.Name()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 40 {
				made, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &key}, func(o *s3.Options) { o.RetryMaxAttempts = 1 })
				if err != nil {
					t.Errorf("create: %v", err)
					return
				}
				if _, err := client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: &key, UploadId: made.UploadId}); err != nil {
					t.Errorf("abort: %v", err)
				}
			}
		})
	}
	all.Wait()
}

func TestPartNumbers(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	for _, test := range []struct {
		name string
		n    int32
		code string
	}{
		{"zero is not a part", 0, "InvalidArgument"},
		{"first", 1, ""},
		{"last", 10_000, ""},
		{"one past the last", 10_001, "InvalidArgument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := u.put(test.n, []byte("x"), nil)
			if test.code != "" {
				wantRefusal(t, err, http.StatusBadRequest, test.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnUploadThatIsGoneIsGoneForEveryCall(t *testing.T) {
	server, _ := shared(t)
	body := bytesOf(1000, 1)
	for _, test := range []struct {
		name string
		end  func(upload, types.CompletedPart) error
	}{
		{"completed", func(u upload, p types.CompletedPart) error { _, err := u.complete(p); return err }},
		{"aborted, with an object of that key", func(u upload, p types.CompletedPart) error {
			_, err := u.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &server.Bucket, Key: &u.key, Body: bytes.NewReader(body)})
			if err != nil {
				return err
			}
			_, err = u.client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id})
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := create(t, server)
			part := u.mustPut(1, body, nil)
			if err := test.end(u, part); err != nil {
				t.Fatal(err)
			}
			_, err := u.complete(part)
			wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
			_, err = u.put(2, body, nil)
			wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
			_, err = u.client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id})
			wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
			_, err = u.client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id})
			wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
		})
	}
}

func TestAnUploadIDIsNoPath(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	part := u.mustPut(1, []byte("x"), nil)
	for _, id := range []string{".", "..", u.id + "/", "../" + u.id, "x"} {
		other := u
		other.id = id
		_, err := other.put(1, []byte("y"), nil)
		wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
		_, err = other.complete(part)
		wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
	}
}

func TestTwoCompletesMakeOneObject(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	part := u.mustPut(1, bytesOf(minPartSize, 1), nil)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = u.complete(part) })
	}
	wg.Wait()
	refused := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(refused) != 3 {
		t.Fatalf("%d of 4 were refused: %v", len(refused), refused)
	}
	for _, err := range refused {
		wantRefusal(t, err, http.StatusNotFound, "NoSuchUpload")
	}
}

func TestARefusedCompleteHidesTheUploadFromNobody(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	part := u.mustPut(1, []byte("x"), nil)
	part.ETag = aws.String(`"00000000000000000000000000000000"`)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			u.complete(part) // always InvalidPart
		}
	})
	for ctx.Err() == nil && !t.Failed() {
		if _, err := u.client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id}); err != nil {
			t.Errorf("ListParts: %v", err)
		}
	}
	cancel()
	wg.Wait()
}

func TestAPutThatIsCutShortLeavesNoPart(t *testing.T) {
	server, _ := shared(t)
	for _, test := range []struct {
		name       string
		size, sent int
		status     int
		code       string
	}{
		// fasthttp reads the first 8 kB itself, before anything of ours.
		{"in its first bytes", 1000, 600, http.StatusInternalServerError, "InternalError"},
		{"later", 1_000_000, 600_000, http.StatusBadRequest, "IncompleteBody"},
		{"one byte short", 1_000_000, 999_999, http.StatusBadRequest, "IncompleteBody"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := create(t, server)
			conn := dialPut(t, u, 1, bytesOf(test.sent, 1), test.size)
			defer conn.Close()
			conn.CloseWrite()
			answer := readAnswer(t, conn)
			if answer.status != test.status || !strings.Contains(answer.body, test.code) {
				t.Errorf("got %d %s", answer.status, answer.body)
			}
			if got := u.numbers(); got != nil {
				t.Errorf("stored parts %v", got)
			}
		})
	}
}

func TestAPutThatIsCutShortLeavesTheOldPart(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	old := bytesOf(1_000_000, 1)
	part := u.mustPut(1, old, nil)
	conn := dialPut(t, u, 1, bytesOf(600_000, 2), len(old))
	conn.Close()
	time.Sleep(200 * time.Millisecond)
	if _, err := u.complete(part); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(u.get(), old) {
		t.Error("another body came back")
	}
}

func TestAStalledPutCannotBringAnUploadBack(t *testing.T) {
	server, client := shared(t)
	body := bytesOf(1_000_000, 1)
	for _, test := range []struct {
		name string
		end  func(upload, types.CompletedPart) error
	}{
		{"completed", func(u upload, p types.CompletedPart) error { _, err := u.complete(p); return err }},
		{"aborted", func(u upload, p types.CompletedPart) error {
			_, err := client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id})
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := create(t, server)
			part := u.mustPut(1, body, nil)
			conn := dialPut(t, u, 2, body[:600_000], len(body))
			defer conn.Close()
			time.Sleep(100 * time.Millisecond) // the request has begun
			if err := test.end(u, part); err != nil {
				t.Fatal(err)
			}
			conn.Write(body[600_000:])
			if answer := readAnswer(t, conn); answer.status != http.StatusNotFound || !strings.Contains(answer.body, "NoSuchUpload") {
				t.Errorf("got %d %s", answer.status, answer.body)
			}
			list, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &server.Bucket, Prefix: &u.key})
			if err != nil || len(list.Uploads) != 0 {
				t.Errorf("listed %v, %v", list.Uploads, err)
			}
		})
	}
}

func TestListMultipartUploadsPagesThroughAll(t *testing.T) {
	server, client := shared(t)
	prefix := t.Name() + "/"
	var want []string
	for _, key := range []string{"a", "b", "b", "b", "c"} {
		out, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: aws.String(prefix + key)})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, prefix+key+" "+*out.UploadId)
	}
	slices.Sort(want)
	for _, size := range []int32{1, 2, 4, 5, 6} {
		var got []string
		pages := s3.NewListMultipartUploadsPaginator(client, &s3.ListMultipartUploadsInput{
			Bucket: &server.Bucket, Prefix: &prefix, MaxUploads: &size,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatalf("pages of %d: %v", size, err)
			}
			if len(page.Uploads) > int(size) {
				t.Errorf("a page of %d has %d", size, len(page.Uploads))
			}
			for _, up := range page.Uploads {
				got = append(got, *up.Key+" "+*up.UploadId)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d:\n got %v\nwant %v", size, got, want)
		}
	}
	skip, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{
		Bucket: &server.Bucket, Prefix: &prefix, KeyMarker: aws.String(prefix + "b"),
	})
	if err != nil || len(skip.Uploads) != 1 {
		t.Errorf("after key b: %d uploads, %v", len(skip.Uploads), err)
	}
	folders, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{
		Bucket: &server.Bucket, Prefix: &prefix, Delimiter: aws.String("/"),
	})
	if err != nil || len(folders.Uploads) != 5 {
		t.Errorf("with a delimiter: %d uploads, %v", len(folders.Uploads), err)
	}
}

func TestListPartsPagesThroughAll(t *testing.T) {
	server, client := shared(t)
	u := create(t, server, withSHA256)
	body := []byte("x")
	for _, n := range []int32{12, 3, 1, 2, 10_000} {
		u.mustPut(n, body, sum(body))
	}
	var got []int32
	pages := s3.NewListPartsPaginator(client, &s3.ListPartsInput{
		Bucket: &server.Bucket, Key: &u.key, UploadId: &u.id, MaxParts: aws.Int32(2),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range page.Parts {
			got = append(got, *part.PartNumber)
			if aws.ToString(part.ChecksumSHA256) != *sum(body) {
				t.Errorf("part %d: checksum %q", *part.PartNumber, aws.ToString(part.ChecksumSHA256))
			}
		}
	}
	if want := []int32{1, 2, 3, 12, 10_000}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
