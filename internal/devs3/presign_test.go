package devs3_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// presign signs one part as the broker does: with its length and, if it has
// one, its checksum.
func (u upload) presign(n int32, size int64, checksum *string, ttl time.Duration) *v4.PresignedHTTPRequest {
	u.t.Helper()
	signed, err := s3.NewPresignClient(u.client).PresignUploadPart(u.t.Context(), &s3.UploadPartInput{
		Bucket: &u.server.Bucket, Key: &u.key, UploadId: &u.id, PartNumber: &n,
		ContentLength: &size, ChecksumSHA256: checksum,
	}, s3.WithPresignExpires(ttl))
	if err != nil {
		u.t.Fatal(err)
	}
	return signed
}

func TestAPresignedPutIsAcceptedAsSigned(t *testing.T) {
	server, _ := shared(t)
	body := bytesOf(minPartSize, 1)
	for _, test := range []struct {
		name     string
		upload   upload
		checksum *string
	}{
		{"without a checksum", create(t, server), nil},
		{"with its checksum", create(t, server, withSHA256), sum(body)},
	} {
		t.Run(test.name, func(t *testing.T) {
			signed := test.upload.presign(1, int64(len(body)), test.checksum, time.Minute)
			resp, answer := do(t, signed.Method, signed.URL, body, signed.SignedHeader)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("got %d %s", resp.StatusCode, answer)
			}
			if etag := resp.Header.Get("ETag"); len(etag) != 34 || etag[0] != '"' {
				t.Errorf("ETag %s", etag)
			}
			if test.checksum != nil && resp.Header.Get("x-amz-checksum-sha256") != *test.checksum {
				t.Errorf("checksum %q", resp.Header.Get("x-amz-checksum-sha256"))
			}
		})
	}
}

func TestAPresignedPutIsRefusedWithAnything(t *testing.T) {
	server, _ := shared(t)
	body := bytesOf(1000, 1)
	u := create(t, server, withSHA256)
	for _, test := range []struct {
		name   string
		ttl    time.Duration
		wait   time.Duration
		method string
		body   []byte
		url    func(string) string
		header func(http.Header)
		status int
		code   string
	}{
		{name: "one byte shorter", body: body[:999], status: 403, code: "SignatureDoesNotMatch"},
		{name: "one byte longer", body: append(bytes.Clone(body), 0), status: 403, code: "SignatureDoesNotMatch"},
		{name: "of another part", url: replace("partNumber=1", "partNumber=2"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "of another upload", url: replace("uploadId=", "uploadId=0"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "of another key", url: replace(u.key, u.key+"x"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "of a longer life", url: replace("X-Amz-Expires=60", "X-Amz-Expires=61"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "with a tampered signature", url: tamper, status: 403, code: "SignatureDoesNotMatch"},
		{name: "with another method", method: "GET", status: 403, code: "SignatureDoesNotMatch"},
		{name: "with another checksum", header: func(h http.Header) { h["X-Amz-Checksum-Sha256"] = []string{*sum(nil)} }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "with no checksum", header: func(h http.Header) { delete(h, "X-Amz-Checksum-Sha256") }, status: 403, code: ""},
		{name: "with another body", body: bytesOf(1000, 2), status: 400, code: "BadDigest"},
		{name: "that has expired", ttl: time.Second, wait: 2100 * time.Millisecond, status: 403, code: "AccessDenied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.ttl == 0 {
				test.ttl = time.Minute
			}
			signed := u.presign(1, int64(len(body)), sum(body), test.ttl)
			url, method, sent, header := signed.URL, signed.Method, body, canonical(signed.SignedHeader)
			if test.url != nil {
				url = test.url(url)
			}
			if url == signed.URL && test.url != nil {
				t.Fatalf("nothing to replace in %s", url)
			}
			if test.method != "" {
				method = test.method
			}
			if test.body != nil {
				sent = test.body
			}
			if test.header != nil {
				test.header(header)
			}
			time.Sleep(test.wait)
			resp, answer := do(t, method, url, sent, header)
			if resp.StatusCode != test.status || !strings.Contains(answer, "<Code>"+test.code) {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, answer, test.status, test.code)
			}
		})
	}
	if got := u.numbers(); got != nil {
		t.Errorf("stored parts %v", got)
	}
}

func TestABigRefusedPutIsHeardOut(t *testing.T) {
	server, _ := shared(t)
	body := bytesOf(8<<20, 1)
	u := create(t, server)
	signed := u.presign(1, int64(len(body)), nil, time.Minute)
	for range 5 { // without hearOut some of these are cut connections
		resp, answer := do(t, "PUT", tamper(signed.URL), body, signed.SignedHeader)
		if resp.StatusCode != http.StatusForbidden {
			t.Fatalf("got %d %s", resp.StatusCode, answer)
		}
	}
}

func replace(old, new string) func(string) string {
	return func(url string) string { return strings.Replace(url, old, new, 1) }
}

// tamper changes the last digit of the signature.
func tamper(url string) string {
	before, signature, _ := strings.Cut(url, "X-Amz-Signature=")
	digit := "0"
	if signature[0] == '0' {
		digit = "1"
	}
	return before + "X-Amz-Signature=" + digit + signature[1:]
}

// canonical returns a copy of h whose names are spelled as Go spells them.
func canonical(h http.Header) http.Header {
	c := http.Header{}
	for name, values := range h {
		c[http.CanonicalHeaderKey(name)] = values
	}
	return c
}

type answer struct {
	status int
	body   string
}

func readAnswer(t *testing.T, conn net.Conn) answer {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, string(body)}
}
