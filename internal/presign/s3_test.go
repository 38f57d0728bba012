package presign

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
)

// What the strict S3 server makes of our URLs.
func TestS3TakesWhatWasSignedAndNothingElse(t *testing.T) {
	server := devs3test.Start(t)
	for algorithm, theirs := range map[session.ChecksumAlgorithm]types.ChecksumAlgorithm{
		session.SHA256: types.ChecksumAlgorithmSha256, session.CRC32C: types.ChecksumAlgorithmCrc32c, session.MD5: "",
	} {
		t.Run(string(algorithm), func(t *testing.T) { takesWhatWasSigned(t, server, algorithm, theirs) })
	}
}

func takesWhatWasSigned(t *testing.T, server *devs3.Server, algorithm session.ChecksumAlgorithm, theirs types.ChecksumAlgorithm) {
	client := devs3test.Client(server)
	signer, err := New(t.Context(), client, server.Bucket, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	key := "recordings/a b/" + string(algorithm) + "/ü.webm"
	in := &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &key, ChecksumAlgorithm: theirs}
	if algorithm.Kept() {
		in.ChecksumType = types.ChecksumTypeComposite
	}
	created, err := client.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("the bytes of part seven")
	sum := func(b []byte) string { return string(algorithm.Sum(b)) }
	upload := session.Upload{Key: session.Key(key), ID: session.UploadID(*created.UploadId), Algorithm: algorithm}
	url := func(ttl time.Duration) string {
		signed, err := signer.SignParts(t.Context(), upload, []session.PartToSign{{Number: 7, Size: int64(len(body)), Checksum: session.Checksum(sum(body))}}, ttl)
		if err != nil {
			t.Fatal(err)
		}
		return string(signed[0].URL)
	}
	send := func(method, url string, body []byte, checksum string) int {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if checksum != "" {
			req.Header.Set(algorithm.Header(), checksum)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal("S3 did not answer")
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	other := append([]byte(nil), body...)
	other[0] ^= 1
	hour := url(time.Hour)
	cases := []struct {
		name     string
		method   string
		url      string
		body     []byte
		checksum string
		want     int
	}{
		{"another length", "PUT", hour, body[1:], sum(body[1:]), 403},
		{"another part number", "PUT", strings.Replace(hour, "partNumber=7", "partNumber=8", 1), body, sum(body), 403},
		{"another checksum", "PUT", hour, other, sum(other), 403},
		{"no checksum", "PUT", hour, body, "", 403},
		{"other bytes than the checksum's", "PUT", hour, other, sum(body), 400},
		{"another method", "DELETE", hour, nil, "", 403},
		{"another expiry", "PUT", strings.Replace(hour, "X-Amz-Expires=3600", "X-Amz-Expires=7200", 1), body, sum(body), 403},
		{"another key", "PUT", strings.Replace(hour, "a%20b", "a%20c", 1), body, sum(body), 403},
		{"as signed", "PUT", hour, body, sum(body), 200},
		{"as signed, again", "PUT", hour, body, sum(body), 200},
	}
	short := url(time.Second)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := send(c.method, c.url, c.body, c.checksum); got != c.want {
				t.Errorf("S3 answers %d, want %d", got, c.want)
			}
		})
	}
	t.Run("after its expiry", func(t *testing.T) {
		time.Sleep(2100 * time.Millisecond)
		if got := send("PUT", short, body, sum(body)); got != 403 {
			t.Errorf("S3 answers %d, want 403", got)
		}
	})
	t.Run("playback is presented as signed", func(t *testing.T) {
		if _, err := client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: &server.Bucket, Key: &key, UploadId: created.UploadId, MultipartUpload: completed(t, client, server.Bucket, key, *created.UploadId)}); err != nil {
			t.Fatal(err)
		}
		play, err := signer.SignGet(t.Context(), upload.Key, session.Playback{ContentType: "video/webm;codecs=vp9", Disposition: `inline; filename="ü b.webm"`}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(string(play.URL))
		if err != nil {
			t.Fatal("S3 did not answer")
		}
		defer res.Body.Close()
		if got, _ := io.ReadAll(res.Body); !bytes.Equal(got, body) || res.Header.Get("Content-Type") != "video/webm;codecs=vp9" {
			t.Errorf("S3 answers %s with %d bytes of %s", res.Status, len(got), res.Header.Get("Content-Type"))
		}
	})
}

// A client that does not say how long a part is gets a URL that takes any length,
// and is as narrow otherwise.
func TestAnUnsizedURLTakesAnyLengthOfItsPart(t *testing.T) {
	server := devs3test.Start(t)
	client := devs3test.Client(server)
	signer, err := New(t.Context(), client, server.Bucket, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	key := "recordings/unsized.webm"
	created, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	upload := session.Upload{Key: session.Key(key), ID: session.UploadID(*created.UploadId), Algorithm: session.NoChecksum, Unsized: true}
	signed, err := signer.SignParts(t.Context(), upload, []session.PartToSign{{Number: 7}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	url := string(signed[0].URL)
	for _, c := range []struct {
		name, url string
		size      int
		want      int
	}{
		{"a byte", url, 1, 200}, {"a thousand", url, 1000, 200},
		{"another part number", strings.Replace(url, "partNumber=7", "partNumber=8", 1), 1, 403},
		{"another key", strings.Replace(url, "unsized", "other", 1), 1, 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, c.url, bytes.NewReader(make([]byte, c.size)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal("S3 did not answer")
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s: S3 answers %d, want %d", c.name, res.StatusCode, c.want)
		}
	}
}

func completed(t *testing.T, client *s3.Client, bucket, key, uploadID string) *types.CompletedMultipartUpload {
	t.Helper()
	listed, err := client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &bucket, Key: &key, UploadId: &uploadID})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for _, p := range listed.Parts {
		parts = append(parts, types.CompletedPart{PartNumber: p.PartNumber, ETag: p.ETag, ChecksumSHA256: p.ChecksumSHA256, ChecksumCRC32C: p.ChecksumCRC32C})
	}
	return &types.CompletedMultipartUpload{Parts: parts}
}
