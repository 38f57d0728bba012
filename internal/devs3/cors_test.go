package devs3_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func TestPreflight(t *testing.T) {
	server, _ := shared(t)
	u := create(t, server)
	signed := u.presign(1, 1000, nil, time.Minute)
	for _, test := range []struct {
		name    string
		origin  string
		method  string
		headers string
		ok      bool
	}{
		{"the page", page, "PUT", "content-type,x-amz-checksum-sha256", true},
		{"the other page", page2, "PUT", "", true},
		{"any x-amz header", page, "PUT", "X-Amz-Whatever, content-type", true},
		{"a ranged GET", page, "GET", "range", true},
		{"a form's upload", page, "POST", "content-type", true},
		{"a page nobody named", "http://evil.example", "PUT", "", false},
		{"another port", "http://page.example:8081", "PUT", "", false},
		{"another scheme", "https://page.example:8080", "PUT", "", false},
		{"a longer name", page + "0", "PUT", "", false},
		{"no page", "", "PUT", "", false},
		{"a method no page needs", page, "DELETE", "", false},
		{"a header no page needs", page, "PUT", "content-type,authorization", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, answer := do(t, "OPTIONS", signed.URL, nil, http.Header{
				"Origin":                         {test.origin},
				"Access-Control-Request-Method":  {test.method},
				"Access-Control-Request-Headers": {test.headers},
			})
			if !test.ok {
				if resp.StatusCode != http.StatusForbidden || hasCORS(resp) {
					t.Errorf("got %d %v %s", resp.StatusCode, resp.Header, answer)
				}
				return
			}
			if resp.StatusCode != http.StatusOK ||
				resp.Header.Get("Access-Control-Allow-Origin") != test.origin ||
				!strings.Contains(resp.Header.Get("Access-Control-Allow-Methods"), test.method) ||
				resp.Header.Get("Access-Control-Allow-Headers") != test.headers ||
				!strings.Contains(resp.Header.Get("Vary"), "Origin") {
				t.Errorf("got %d %v", resp.StatusCode, resp.Header)
			}
		})
	}
}

func TestEveryAnswerIsOpenToThePage(t *testing.T) {
	server, client := shared(t)
	body := bytesOf(1000, 1)
	u := create(t, server)
	if _, err := u.complete(u.mustPut(1, body, nil)); err != nil {
		t.Fatal(err)
	}
	get, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &server.Bucket, Key: &u.key})
	if err != nil {
		t.Fatal(err)
	}
	open := create(t, server)
	put := open.presign(1, int64(len(body)), nil, time.Minute).URL
	gone := u.presign(1, int64(len(body)), nil, time.Minute).URL
	sha := create(t, server, withSHA256).presign(1, int64(len(body)), nil, time.Minute).URL
	for _, test := range []struct {
		name, method, url string
		body              []byte
		status            int
	}{
		{"a PUT", "PUT", put, body, 200},
		{"a PUT of another length", "PUT", put, body[:10], 403},
		{"a PUT to an upload that is gone", "PUT", gone, body, 404},
		{"a PUT without its checksum", "PUT", sha, body, 400},
		{"a PUT with a tampered signature", "PUT", tamper(put), body, 403},
		{"a PUT without a signature", "PUT", server.Endpoint + "/" + server.Bucket + "/key", body, 403},
		{"a PUT into no bucket", "PUT", server.Endpoint + "/nosuchbucket/key", body, 404},
		{"a GET", "GET", get.URL, nil, 206},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, origin := range []string{page, page2} {
				resp, answer := do(t, test.method, test.url, test.body, http.Header{"Origin": {origin}, "Range": {"bytes=10-19"}})
				if resp.StatusCode != test.status {
					t.Errorf("status %d, want %d: %s", resp.StatusCode, test.status, answer)
				}
				wantCORS(t, resp, origin)
			}
			resp, _ := do(t, test.method, test.url, test.body, http.Header{"Origin": {"http://evil.example"}, "Range": {"bytes=10-19"}})
			if resp.StatusCode != test.status || hasCORS(resp) {
				t.Errorf("a page nobody named: %d %v", resp.StatusCode, resp.Header)
			}
		})
	}
}

func TestARangeCanBeReadByThePage(t *testing.T) {
	server, client := shared(t)
	body := bytesOf(1000, 1)
	u := create(t, server)
	if _, err := u.complete(u.mustPut(1, body, nil)); err != nil {
		t.Fatal(err)
	}
	get, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &server.Bucket, Key: &u.key})
	if err != nil {
		t.Fatal(err)
	}
	resp, answer := do(t, "GET", get.URL, nil, http.Header{"Origin": {page}, "Range": {"bytes=990-"}})
	if resp.StatusCode != http.StatusPartialContent || answer != string(body[990:]) {
		t.Errorf("got %d, %d bytes", resp.StatusCode, len(answer))
	}
	if got := resp.Header.Get("Content-Range"); got != "bytes 990-999/1000" {
		t.Errorf("Content-Range %q", got)
	}
	if got := resp.Header.Get("Accept-Ranges"); got != "bytes" {
		t.Errorf("Accept-Ranges %q", got)
	}
}

func TestAStarAllowsEveryPage(t *testing.T) {
	server := devs3test.Start(t, func(c *devs3.Config) { c.AllowOrigins = []string{"*"} })
	resp, _ := do(t, "GET", server.Endpoint+"/"+server.Bucket+"/key", nil, http.Header{"Origin": {"http://any.example"}})
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
}

func TestWithoutOriginsTheBucketDecides(t *testing.T) {
	server := devs3test.Start(t)
	client := devs3test.Client(server)
	u := create(t, server)
	signed := u.presign(1, 4, nil, time.Minute)
	ask := func() *http.Response {
		resp, _ := do(t, "PUT", signed.URL, []byte("body"), http.Header{"Origin": {page}})
		return resp
	}
	if resp := ask(); resp.StatusCode != http.StatusOK || hasCORS(resp) {
		t.Errorf("before: %d %v", resp.StatusCode, resp.Header)
	}
	_, err := client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &server.Bucket, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{AllowedOrigins: []string{page}, AllowedMethods: []string{"PUT"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(1)}},
	}, ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		t.Fatal(err)
	}
	if resp := ask(); resp.Header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("after: %d %v", resp.StatusCode, resp.Header)
	}
}

// Rules that would be kept and not acted by are worse than none.
func TestWithOriginsTheBucketTakesNoRules(t *testing.T) {
	server, client := shared(t)
	_, put := client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &server.Bucket, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{AllowedOrigins: []string{"http://evil.example"}, AllowedMethods: []string{"PUT"}}},
	}})
	_, get := client.GetBucketCors(t.Context(), &s3.GetBucketCorsInput{Bucket: &server.Bucket})
	_, del := client.DeleteBucketCors(t.Context(), &s3.DeleteBucketCorsInput{Bucket: &server.Bucket})
	for name, err := range map[string]error{"put": put, "get": get, "delete": del} {
		if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "NotImplemented" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The rules of the bucket hold for refusals too: else a page sees a network error.
func TestTheRulesOfTheBucketAreActedBy(t *testing.T) {
	server := devs3test.Start(t)
	client := devs3test.Client(server)
	u := create(t, server)
	put := u.presign(1, 4, nil, time.Minute).URL
	_, err := client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &server.Bucket, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{AllowedOrigins: []string{page}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"x-amz-*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(1)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, url, headers string
		status                     int
		allowed                    bool
	}{
		{"a preflight", "OPTIONS", put, "x-amz-checksum-sha256", 200, true},
		{"a preflight with another header", "OPTIONS", put, "content-type", 403, false},
		{"a PUT with a tampered signature", "PUT", tamper(put), "", 403, true},
		{"a GET, which no rule allows", "GET", put, "", 403, false},
	} {
		header := http.Header{"Origin": {page}}
		if test.method == "OPTIONS" {
			header.Set("Access-Control-Request-Method", "PUT")
			header.Set("Access-Control-Request-Headers", test.headers)
		}
		resp, answer := do(t, test.method, test.url, nil, header)
		if resp.StatusCode != test.status || (resp.Header.Get("Access-Control-Allow-Origin") == page) != test.allowed {
			t.Errorf("%s: %d %v %s", test.name, resp.StatusCode, resp.Header, answer)
		}
	}
}

func wantCORS(t *testing.T, resp *http.Response, origin string) {
	t.Helper()
	if got := resp.Header.Values("Access-Control-Allow-Origin"); !slices.Equal(got, []string{origin}) {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
	exposed := strings.Split(strings.ToLower(resp.Header.Get("Access-Control-Expose-Headers")), ", ")
	for _, name := range []string{"etag", "x-amz-request-id", "x-amz-checksum-sha256", "content-range", "content-length", "accept-ranges"} {
		if !slices.Contains(exposed, name) {
			t.Errorf("%s is not exposed in %v", name, exposed)
		}
	}
	if resp.Header.Get("x-amz-request-id") == "" {
		t.Error("no x-amz-request-id")
	}
	if !strings.Contains(resp.Header.Get("Vary"), "Origin") {
		t.Errorf("Vary %q", resp.Header.Get("Vary"))
	}
}

func hasCORS(resp *http.Response) bool {
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			return true
		}
	}
	return false
}
