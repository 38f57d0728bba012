package doctor_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
	"slipway/internal/session"
)

// unsigned is a signer without credentials.
type unsigned struct{}

func (unsigned) SignParts(context.Context, session.Upload, []session.PartToSign, time.Duration) ([]session.SignedPart, error) {
	return nil, &session.Error{Kind: session.Unavailable, Reason: "no-credentials", Detail: "there are no credentials to sign with"}
}

func (unsigned) SignGet(context.Context, session.Key, session.Playback, time.Duration) (session.SignedGet, error) {
	return session.SignedGet{}, &session.Error{Kind: session.Unavailable, Reason: "no-credentials", Detail: "there are no credentials to sign with"}
}

// ignoring carries out the completes that match as if their claims of a size
// and their conditions were not there.
func (r *rig) ignoring(match func(*http.Request) bool) {
	client := devs3test.Client(r.server)
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !is("POST", "uploadId")(req) || !match(req) {
			return false
		}
		var claim struct{ Part struct{ ETag string } }
		_ = xml.NewDecoder(req.Body).Decode(&claim)
		_, err := client.CompleteMultipartUpload(req.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: &r.server.Bucket, Key: aws.String(strings.TrimPrefix(req.URL.Path, "/"+r.server.Bucket+"/")), UploadId: aws.String(req.URL.Query().Get("uploadId")),
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: &claim.Part.ETag}}},
		})
		if err != nil {
			refuse(w, http.StatusInternalServerError, "InternalError")
			return true
		}
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>`)
		return true
	}
}

func header(name, value string) func(*rig) {
	return func(r *rig) { r.after = func(res *http.Response) { res.Header.Set(name, value) } }
}

func deny(method, parameter string) func(*rig) {
	return func(r *rig) { r.before = denied(is(method, parameter)) }
}

func damaged(r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	signed := r.Header.Get("X-Amz-Checksum-Sha256")
	return signed != "" && signed != base64.StdEncoding.EncodeToString(sum[:])
}

// replaced is an after that changes the bodies of answers.
func replaced(old, by string) func(*rig) {
	return func(r *rig) {
		r.after = func(res *http.Response) {
			body, _ := io.ReadAll(res.Body)
			text := strings.ReplaceAll(string(body), old, by)
			res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			res.Header.Del("Content-Length")
		}
	}
}

// Each fault is planted alone, and nothing else may be found than what it
// breaks.
func TestFaultsOfS3(t *testing.T) {
	type statuses = map[string]doctor.Status
	const skipped, warn, fail = doctor.Skipped, doctor.Warn, doctor.Fail
	server, redis := devs3test.Start(t, pageMayRecord), healthyRedis(t)
	tagged := func(r *rig) { // finds the upload that has a checksum algorithm
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Header.Get("X-Amz-Checksum-Algorithm") == "" {
				return false
			}
			refuse(w, http.StatusNotImplemented, "NotImplemented")
			return true
		}
	}
	for _, c := range []struct {
		name  string
		plant func(*rig)
		want  statuses
		mend  string // in a mend
		stays bool   // something cannot be taken away
	}{
		{"the bucket is missing", func(r *rig) {
			r.server = known(server)
			r.server.Bucket = "misnamed"
			r.reach(t, r.Endpoint, redis)
		}, statuses{"s3-bucket": fail}, "s3api create-bucket --bucket misnamed", false},
		{"wrong keys", func(r *rig) {
			r.server = known(server)
			r.server.SecretKey = "another"
			r.reach(t, r.Endpoint, redis)
		}, statuses{"s3-bucket": fail}, "", false},
		{"no leave to see the bucket", deny("HEAD", ""), statuses{"s3-bucket": fail}, `"s3:ListBucket"`, false},
		{"another region", header("X-Amz-Bucket-Region", "eu-north-1"), statuses{"s3-region": fail}, "BROKER_S3_REGION=eu-north-1", false},
		{"no region", header("X-Amz-Bucket-Region", ""), statuses{"s3-region": skipped}, "", false},
		{"no public endpoint", func(r *rig) { r.HTTP = broken{} }, statuses{"s3-public": fail, "part-sizes": skipped}, "BROKER_S3_PUBLIC_ENDPOINT=", false},
		{"no credentials to sign with", func(r *rig) { r.Signer = unsigned{} }, statuses{"s3-public": fail, "part-sizes": skipped}, "AWS_ACCESS_KEY_ID", false},
		{"ListObjects is denied", deny("GET", "list-type"), statuses{"s3-list-objects": fail}, `"s3:ListBucket"`, false},
		{"ListMultipartUploads is denied", deny("GET", "uploads"), statuses{"s3-list-uploads": fail}, `"s3:ListBucketMultipartUploads"`, false},
		{"Create is denied", deny("POST", "uploads"), statuses{"s3-create": fail, "s3-checksum": fail}, `"s3:PutObject", "Resource": "arn:aws:s3:::recordings/recordings/*"`, false},
		{"PUT is denied", deny("PUT", "partNumber"), statuses{"s3-put": fail, "cors-etag": skipped, "s3-checksum": fail}, `"s3:PutObject"`, false},
		{"ListParts is denied", deny("GET", "uploadId"), statuses{"s3-list-parts": fail, "s3-checksum": skipped, "s3-abort": fail, "s3-clean": warn}, `"s3:ListMultipartUploadParts"`, false},
		{"Complete is denied", deny("POST", "uploadId"), statuses{"s3-complete": fail}, `"s3:PutObject"`, false},
		{"GET is denied", func(r *rig) {
			r.before = denied(func(req *http.Request) bool { return req.URL.Query().Get("x-id") == "GetObject" })
		}, statuses{"s3-get": fail, "cors-get": skipped}, `"s3:GetObject"`, false},
		{"Delete is denied", func(r *rig) {
			r.before = denied(func(req *http.Request) bool { return req.Method == "DELETE" && !req.URL.Query().Has("uploadId") })
		}, statuses{"s3-delete": fail, "s3-clean": warn}, "s3api delete-object --bucket recordings --key recordings/doctor-", true},
		{"Abort is denied", deny("DELETE", "uploadId"), statuses{"s3-abort": fail, "s3-clean": warn}, "s3api abort-multipart-upload --bucket recordings --key recordings/doctor-", true},
		{"the signed length does not count", func(r *rig) {
			r.before = takenBy(func(_ *http.Request, body []byte) bool { return strings.Contains(string(body), "and more") })
		}, statuses{"s3-length": fail}, "", false},
		{"the checksum does not count", func(r *rig) { r.before = takenBy(damaged) }, statuses{"s3-checksum": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"the checksum is not needed", func(r *rig) {
			sums := false // uploads are made one after the other
			r.before = takenBy(func(req *http.Request, _ []byte) bool {
				sums = sums || req.Header.Get("X-Amz-Checksum-Sha256") != ""
				return sums && req.Header.Get("X-Amz-Checksum-Sha256") == ""
			})
		}, statuses{"s3-checksum-absent": warn}, "nothing to set", false},
		{"no checksums at all", tagged, statuses{"s3-checksum": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"checksums are not listed", replaced("ChecksumSHA256", "Ignored"), statuses{"s3-checksum": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"parts have other ETags in the list", replaced("<ETag>", "<ETag>other"), statuses{"s3-list-parts": fail}, "ListParts", false},
		{"a PUT without an ETag", func(r *rig) {
			r.after = func(res *http.Response) {
				if res.Request.Method == "PUT" {
					res.Header.Del("ETag")
				}
			}
		}, statuses{"s3-put": fail}, "ETag", false},
		{"GET brings other bytes", replaced("broker doctor", "broken doctor"), statuses{"s3-get": fail}, "proxy", false},
		{"a wrong size is accepted", func(r *rig) {
			r.ignoring(func(req *http.Request) bool { return req.Header.Get("X-Amz-Mp-Object-Size") == "24" })
		}, statuses{"s3-size": warn}, "nothing to set", false},
		{"the condition is ignored", func(r *rig) {
			r.ignoring(func(req *http.Request) bool { return req.Header.Get("If-None-Match") != "" })
		}, statuses{"s3-condition": warn}, "Redis was lost", false},
		{"there are no conditions", func(r *rig) {
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.Header.Get("If-None-Match") == "" {
					return false
				}
				refuse(w, http.StatusNotImplemented, "NotImplemented")
				return true
			}
		}, statuses{"s3-condition": warn}, "asks for the object", false},
		{"no CORS rules", func(r *rig) { r.Origins = []string{"https://other.example"} }, statuses{"cors": fail, "cors-etag": fail, "cors-get": warn}, "broker bucket apply --yes", false},
		{"no pages", func(r *rig) { r.Origins = nil }, statuses{"cors": skipped}, "", false},
		{"every page may, but one", func(r *rig) { r.Origins = []string{"*"} }, statuses{"cors": fail, "cors-etag": fail, "cors-get": warn}, "broker bucket apply --yes", false},
		{"the ETag is hidden", header("Access-Control-Expose-Headers", "x-amz-request-id"), statuses{"cors-etag": fail}, "broker bucket apply --yes", false},
		{"the preflight forbids PUT", header("Access-Control-Allow-Methods", "GET"), statuses{"cors": fail}, "broker bucket apply --yes", false},
		{"the preflight forbids the checksum", header("Access-Control-Allow-Headers", "content-type"), statuses{"cors": fail}, "broker bucket apply --yes", false},
		{"no lifecycle rule", func(r *rig) { r.rules = "<LifecycleConfiguration/>" }, statuses{"lifecycle": warn}, "unfinished uploads under recordings/ after 9 days", false},
		{"a rule that is off", func(r *rig) { r.rules = rule("off", "Disabled", "", 9) }, statuses{"lifecycle": warn}, "after 9 days", false},
		{"a rule for other keys", func(r *rig) { r.rules = rule("other", "Enabled", "other/", 1) }, statuses{"lifecycle": warn}, "after 9 days", false},
		{"a rule for some of our keys", func(r *rig) { r.rules = rule("some", "Enabled", "recordings/00", 9) }, statuses{"lifecycle": warn}, "after 9 days", false},
		{"a rule of 1 day", func(r *rig) { r.rules = rule("soon", "Enabled", "", 1) }, statuses{"lifecycle": fail}, "after 9 days", false},
		{"a rule of 1 day for some of our keys", func(r *rig) { r.rules = rule("soon", "Enabled", "recordings/00", 1) }, statuses{"lifecycle": fail}, "after 9 days", false},
		{"a rule of the resume window", func(r *rig) { r.rules = rule("soon", "Enabled", "recordings/", 7) }, statuses{"lifecycle": fail}, "after 9 days", false},
		{"a rule of a day more", func(r *rig) { r.rules = rule("soon", "Enabled", "recordings/", 8) }, statuses{"lifecycle": warn}, "after 9 days", false},
		{"a late rule for our keys", func(r *rig) { r.rules = rule("late", "Enabled", "recordings/", 9) }, statuses{}, "", false},
		{"the rules are hidden", deny("GET", "lifecycle"), statuses{"lifecycle": skipped}, "", false},
		{"no answer about rules", func(r *rig) {
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.URL.Query().Has("lifecycle") {
					refuse(w, http.StatusInternalServerError, "InternalError")
				}
				return req.URL.Query().Has("lifecycle")
			}
		}, statuses{"lifecycle": fail}, `"s3:GetLifecycleConfiguration"`, false},
		{"MinIO ends uploads by itself", header("Server", "MinIO"), statuses{"lifecycle": warn}, "stale_uploads_expiry=216h", false},
		{"R2 wants equal parts", func(r *rig) { r.PublicAt = "https://b.0123.r2.cloudflarestorage.com" }, statuses{"part-sizes": warn}, "part_size", false},
		{"nobody knows whose S3 it is", header("Server", "nginx"), statuses{"part-sizes": skipped}, "", false},
		{"no Date", func(r *rig) { r.HTTP = undated{} }, statuses{"s3-clock": skipped}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, server, redis)
			c.plant(r)
			report := doctor.Run(t.Context(), r.Config)
			if got := found(report); !maps.Equal(got, c.want) {
				t.Errorf("found %v, want %v:\n%s", got, c.want, all(report))
			}
			if !strings.Contains(all(report), c.mend) {
				t.Errorf("no mend says %q:\n%s", c.mend, all(report))
			}
			explained(t, report)
			discreet(t, report, server.AccessKey, server.SecretKey)
			r.server = server
			if left := r.leftovers(t); (len(left) > 0) != c.stays {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// undated is a client whose answers bear no Date.
type undated struct{}

func (undated) Do(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, errors.New("no answer")
	}
	res.Header.Del("Date")
	return res, nil
}

func TestAVersionThatStaysIsTold(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	r.after = func(res *http.Response) {
		if res.Request.Method == "POST" {
			res.Header.Set("X-Amz-Version-Id", "v1")
		}
	}
	report := doctor.Run(t.Context(), r.Config)
	if !strings.Contains(all(report), "a version of recordings/doctor-") || len(found(report)) > 0 {
		t.Errorf("it says\n%s", all(report))
	}
}
