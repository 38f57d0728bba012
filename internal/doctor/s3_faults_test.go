package doctor_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
	"slipway/internal/presign"
	"slipway/internal/provider"
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

func (unsigned) SignFile(context.Context, session.Key, session.FileToSign, time.Duration) (session.SignedFile, error) {
	return session.SignedFile{}, &session.Error{Kind: session.Unavailable, Reason: "no-credentials", Detail: "there are no credentials to sign with"}
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
		out, err := client.CompleteMultipartUpload(req.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: &r.server.Bucket, Key: aws.String(strings.TrimPrefix(req.URL.Path, "/"+r.server.Bucket+"/")), UploadId: aws.String(req.URL.Query().Get("uploadId")),
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: &claim.Part.ETag}}},
		})
		refused, _ := errors.AsType[smithy.APIError](err)
		switch {
		case refused != nil && refused.ErrorCode() == "NoSuchUpload": // it was completed before
			refuse(w, http.StatusNotFound, "NoSuchUpload")
			return true
		case err != nil:
			refuse(w, http.StatusInternalServerError, "InternalError")
			return true
		}
		_, _ = io.WriteString(w, "<CompleteMultipartUploadResult><ETag>"+*out.ETag+"</ETag></CompleteMultipartUploadResult>")
		return true
	}
}

func header(name, value string) func(*rig) {
	return func(r *rig) { r.after = func(res *http.Response) { res.Header.Set(name, value) } }
}

func deny(method, parameter string) func(*rig) {
	return func(r *rig) { r.before = denied(is(method, parameter)) }
}

// damaged matches bodies that are not what their checksum of this kind says.
func damaged(a session.ChecksumAlgorithm) func(*http.Request, []byte) bool {
	return func(r *http.Request, body []byte) bool {
		signed := r.Header.Get(a.Header())
		return signed != "" && signed != string(a.Sum(body))
	}
}

// unbound matches PUTs without a checksum.
func unbound(r *http.Request) bool {
	return !slices.ContainsFunc([]session.ChecksumAlgorithm{session.SHA256, session.CRC32C, session.MD5}, func(a session.ChecksumAlgorithm) bool { return r.Header.Get(a.Header()) != "" })
}

// ofPoster matches a method at the key of a poster.
func ofPoster(method string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, ".jpg") }
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
	copies := func(r *rig) { // carries out a copy that nobody signed
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Header.Get("X-Amz-Copy-Source") == "" {
				return false
			}
			r.copyPart(t, req)
			_, _ = io.WriteString(w, "<CopyPartResult><ETag>x</ETag></CopyPartResult>")
			return true
		}
	}
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
		}, statuses{"s3-bucket": fail}, "the secret of this access key is wrong", false},
		{"no such keys", func(r *rig) {
			r.before = func(w http.ResponseWriter, _ *http.Request) bool {
				refuse(w, http.StatusForbidden, "InvalidAccessKeyId")
				return true
			}
		}, statuses{"s3-bucket": fail}, "export AWS_ACCESS_KEY_ID=", false},
		{"a proxy changes Host", func(r *rig) {
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method == "PUT" && req.URL.Query().Get("partNumber") == "1" {
					_, _ = io.Copy(io.Discard, req.Body)
					refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
					return true
				}
				return false
			}
		}, statuses{"s3-put": fail, "cors-etag": skipped, "s3-body": fail, "s3-checksum": fail, "s3-checksum-crc32c": fail, "s3-checksum-md5": skipped}, "proxy_set_header Host $http_host", false},
		{"no leave to see the bucket", deny("HEAD", ""), statuses{"s3-bucket": fail}, `"s3:ListBucket"`, false},
		{"another region", header("X-Amz-Bucket-Region", "eu-north-1"), statuses{"s3-region": fail}, "BROKER_S3_REGION=eu-north-1", false},
		{"no region", header("X-Amz-Bucket-Region", ""), statuses{"s3-region": skipped}, "", false},
		{"no public endpoint", func(r *rig) { r.HTTP = broken{} }, statuses{"s3-public": fail, "part-sizes": skipped}, "BROKER_S3_PUBLIC_ENDPOINT=", false},
		{"no credentials to sign with", func(r *rig) { r.Signer = unsigned{} }, statuses{"s3-public": fail, "part-sizes": skipped}, "AWS_ACCESS_KEY_ID", false},
		{"ListObjects is denied", deny("GET", "list-type"), statuses{"s3-list-objects": fail}, `"s3:ListBucket"`, false},
		{"ListMultipartUploads is denied", deny("GET", "uploads"), statuses{"s3-list-uploads": fail, "s3-list-prefix": fail}, `"s3:ListBucketMultipartUploads"`, false},
		{"Create is denied", deny("POST", "uploads"), statuses{"s3-create": fail}, `"s3:PutObject", "Resource": "arn:aws:s3:::recordings/recordings/*"`, false},
		{"PUT is denied", deny("PUT", "partNumber"), statuses{"s3-put": fail, "cors-etag": skipped, "s3-body": fail, "s3-replaced-part": skipped, "s3-checksum": fail, "s3-checksum-crc32c": fail, "s3-checksum-md5": skipped}, `"s3:PutObject"`, false},
		{"a poster is denied", func(r *rig) { r.before = denied(ofPoster("PUT")) }, statuses{"s3-poster": warn}, `"s3:PutObject", "Resource": "arn:aws:s3:::recordings/recordings/*"`, false},
		{"tags are denied", func(r *rig) {
			r.Signer = r.Signer.(*presign.Signer).Keeping(presign.Keep{Tagging: "team=media"})
			r.before = denied(func(req *http.Request) bool { return req.Header.Get("X-Amz-Tagging") != "" })
		}, statuses{"s3-poster": warn}, `"s3:PutObjectTagging"`, false},
		{"a proxy changes a header of a poster", func(r *rig) {
			r.before = func(_ http.ResponseWriter, req *http.Request) bool {
				if ofPoster("PUT")(req) {
					req.Header.Set("Content-Type", "image/png")
				}
				return false
			}
		}, statuses{"s3-poster": warn}, "content-type", false},
		{"a poster is taken, and lost", func(r *rig) {
			r.before = func(_ http.ResponseWriter, req *http.Request) bool {
				if !ofPoster("PUT")(req) {
					return false
				}
				_, _ = io.Copy(io.Discard, req.Body)
				return true
			}
		}, statuses{"s3-poster": warn}, "once its PUT is answered", false},
		{"ListParts is denied", deny("GET", "uploadId"), statuses{"s3-list-parts": fail, "s3-complete-again": skipped, "s3-replaced-part": skipped, "s3-unsigned": skipped, "s3-cut": skipped, "s3-late-put": skipped, "s3-checksum": skipped, "s3-checksum-crc32c": skipped, "s3-abort": fail, "s3-clean": warn}, `"s3:ListMultipartUploadParts"`, false},
		{"Complete is denied", deny("POST", "uploadId"), statuses{"s3-complete": fail}, `"s3:PutObject"`, false},
		{"GET is denied", func(r *rig) {
			r.before = denied(func(req *http.Request) bool { return req.Method == "GET" && req.URL.Query().Has("X-Amz-Signature") })
		}, statuses{"s3-get": fail, "cors-get": skipped}, `"s3:GetObject"`, false},
		{"Delete is denied", func(r *rig) {
			r.before = denied(func(req *http.Request) bool { return req.Method == "DELETE" && !req.URL.Query().Has("uploadId") })
		}, statuses{"s3-delete": fail, "s3-clean": warn}, "s3api delete-object --bucket recordings --key recordings/doctor-", true},
		{"Abort is denied", deny("DELETE", "uploadId"), statuses{"s3-late-put": skipped, "s3-abort": fail, "s3-clean": warn}, "s3api abort-multipart-upload --bucket recordings --key recordings/doctor-", true},
		{"the signed length does not count", func(r *rig) {
			r.before = takenBy(func(_ *http.Request, body []byte) bool { return strings.Contains(string(body), "and more") })
		}, statuses{"s3-length": fail}, "", false},
		{"a body may be shorter than was signed", func(r *rig) {
			r.before = takenBy(func(_ *http.Request, body []byte) bool { return len(body) == 22 })
		}, statuses{"s3-length": fail}, "", false},
		{"the checksum does not count", func(r *rig) { r.before = takenBy(damaged(session.SHA256)) }, statuses{"s3-checksum": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"the CRC32C does not count", func(r *rig) { r.before = takenBy(damaged(session.CRC32C)) }, statuses{"s3-checksum-crc32c": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"the Content-MD5 does not count", func(r *rig) { r.before = takenBy(damaged(session.MD5)) }, statuses{"s3-checksum-md5": skipped}, "", false},
		{"the checksum is not needed", func(r *rig) {
			sums := false // uploads are made one after the other
			r.before = takenBy(func(req *http.Request, _ []byte) bool {
				sums = sums || req.Header.Get("X-Amz-Checksum-Sha256") != ""
				return sums && unbound(req)
			})
		}, statuses{"s3-checksum-absent": warn}, "nothing to set", false},
		{"no checksums at all", tagged, statuses{"s3-checksum": warn, "s3-checksum-crc32c": skipped}, "the best of the others, or none", false},
		{"checksums are not listed", replaced("ChecksumSHA256", "Ignored"), statuses{"s3-checksum": warn}, "goes by ETags", false},
		{"other checksums are listed", replaced("<ChecksumSHA256>", "<ChecksumSHA256>x"), statuses{"s3-checksum": fail}, "BROKER_S3_NO_CHECKSUMS=true", false},
		{"the algorithm is not taken", func(r *rig) {
			r.after = func(res *http.Response) { res.Header.Del("X-Amz-Checksum-Algorithm") }
		}, statuses{"s3-checksum": warn, "s3-checksum-crc32c": skipped}, "the best of the others, or none", false},
		{"parts have other ETags in the list", replaced("<ETag>", "<ETag>other"), statuses{"s3-list-parts": fail, "s3-etag": warn, "s3-replaced-part": fail}, "ListParts", false},
		{"a PUT without an ETag", func(r *rig) {
			r.after = func(res *http.Response) {
				if res.Request.Method == "PUT" {
					res.Header.Del("ETag")
				}
			}
		}, statuses{"s3-put": fail, "s3-replaced-part": skipped, "s3-unsigned": skipped}, "ETag", false},
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
		{"a proxy's limit on bodies", func(r *rig) {
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method != "PUT" || req.ContentLength <= 1<<20 {
					return false
				}
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return true
			}
		}, statuses{"s3-body": fail}, "client_max_body_size 0", false},
		{"a PUT that is cut is stored", (*rig).storingCutPuts, statuses{"s3-cut": fail}, "trust no part that nobody reported", false},
		{"a part cannot be replaced", second("2", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotImplemented, "NotImplemented") }),
			statuses{"s3-replaced-part": fail}, "can be PUT again", false},
		{"a part that was replaced stays", second("2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"d41d8cd98f00b204e9800998ecf8427e"`)
		}),
			statuses{"s3-replaced-part": fail}, "can be PUT again", false},
		{"a part that was replaced is listed too", replaced("<PartNumber>2</PartNumber>", "<PartNumber>2</PartNumber><ETag>\"older\"</ETag><Size>23</Size></Part><Part><PartNumber>2</PartNumber>"),
			statuses{"s3-replaced-part": warn}, "picks the part that is meant", false},
		{"a thousand parts at most", numbered("1001"), statuses{"s3-part-numbers": fail}, "max_parts", false},
		{"9,999 parts at most", numbered("10000"), statuses{"s3-part-numbers": fail}, "max_parts", false},
		{"an unsigned copy is carried out", copies, statuses{"s3-unsigned": fail}, "BROKER_S3_PLAYBACK_ACCESS_KEY_ID", false},
		{"an unsigned copy is carried out, though others sign playback", func(r *rig) {
			r.PartsReadNothing = true
			copies(r)
		}, statuses{"s3-unsigned": fail}, "take s3:GetObject", false},
		{"unsigned headers are ignored", func(r *rig) {
			r.before = func(_ http.ResponseWriter, req *http.Request) bool {
				req.Header.Del("X-Amz-Copy-Source")
				req.Header.Del("X-Amz-Meta-Slipway")
				return false
			}
		}, statuses{"s3-unsigned": warn}, "not signed", false},
		{"a late PUT brings the upload back", (*rig).revived, statuses{"s3-late-put": warn}, "the broker's sweep", false},
		{"uploads are listed by their key only", listedUnder(func(prefix string) bool { return strings.Contains(prefix, "doctor-") }), statuses{"s3-list-prefix": warn}, "the uploads that it knows", false},
		{"uploads are listed by their key only, and from no place outside of it", func(r *rig) {
			listedUnder(func(prefix string) bool { return strings.Contains(prefix, "doctor-") })(r)
			inside := r.before
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if q := req.URL.Query(); q.Has("uploads") && !strings.HasPrefix(q.Get("key-marker"), q.Get("prefix")) && q.Get("key-marker") != "" {
					refuse(w, http.StatusNotImplemented, "NotImplemented") // as MinIO
					return true
				}
				return inside != nil && inside(w, req)
			}
		}, statuses{"s3-list-prefix": warn}, "the uploads that it knows", false},
		{"uploads are not listed", listedUnder(func(string) bool { return false }), statuses{"s3-list-prefix": warn}, "the uploads that it knows", false},
		{"two answers about CORS", func(r *rig) {
			r.after = func(res *http.Response) { res.Header.Add("Access-Control-Allow-Origin", page) }
		}, statuses{"cors": fail, "cors-etag": fail, "cors-get": warn}, "proxy_hide_header", false},
		{"the object has another ETag than complete told", func(r *rig) {
			r.after = func(res *http.Response) {
				if res.Request.Method == "HEAD" {
					res.Header.Set("ETag", `"another-1"`)
				}
			}
		}, statuses{"s3-etag": warn}, "compares size", false},
		{"a repeated complete has no answer", func(r *rig) {
			completed := map[string]bool{}
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				id := req.URL.Query().Get("uploadId")
				if req.Method != "POST" || id == "" || req.Header.Get("X-Amz-Mp-Object-Size") != "23" || req.Header.Get("If-None-Match") == "" {
					return false
				}
				if !completed[id] {
					completed[id] = true
					return false
				}
				refuse(w, http.StatusInternalServerError, "InternalError")
				return true
			}
		}, statuses{"s3-complete-again": fail}, "repeated complete", false},
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

// copyPart carries out an x-amz-copy-source.
func (r *rig) copyPart(t *testing.T, req *http.Request) {
	client := devs3test.Client(r.server)
	key := func(path string) *string { return aws.String(strings.TrimPrefix(path, "/"+r.server.Bucket+"/")) }
	source, err := client.GetObject(req.Context(), &s3.GetObjectInput{Bucket: &r.server.Bucket, Key: key(req.Header.Get("X-Amz-Copy-Source"))})
	if err != nil {
		t.Error(err)
		return
	}
	body, _ := io.ReadAll(source.Body)
	number, _ := strconv.Atoi(req.URL.Query().Get("partNumber"))
	_, err = client.UploadPart(req.Context(), &s3.UploadPartInput{
		Bucket: &r.server.Bucket, Key: key(req.URL.Path), UploadId: aws.String(req.URL.Query().Get("uploadId")), PartNumber: aws.Int32(int32(number)), Body: bytes.NewReader(body),
	})
	if err != nil {
		t.Error(err)
	}
}

// storingCutPuts stores a PUT that is cut as versitygw 1.8.0 does: whole, its
// rest zeros.
func (r *rig) storingCutPuts() {
	client := devs3test.Client(r.server)
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		q := req.URL.Query()
		if req.Method != "PUT" || q.Get("partNumber") != "4" {
			return false
		}
		body := make([]byte, req.ContentLength)
		_, _ = io.ReadFull(req.Body, body)
		_, _ = client.UploadPart(context.WithoutCancel(req.Context()), &s3.UploadPartInput{
			Bucket: &r.server.Bucket, Key: aws.String(strings.TrimPrefix(req.URL.Path, "/"+r.server.Bucket+"/")), UploadId: aws.String(q.Get("uploadId")),
			PartNumber: aws.Int32(4), Body: bytes.NewReader(body),
		})
		return true
	}
}

// second answers the second PUT of a part number.
func second(number string, answer http.HandlerFunc) func(*rig) {
	return func(r *rig) {
		puts := 0
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != "PUT" || req.URL.Query().Get("partNumber") != number {
				return false
			}
			if puts++; puts != 2 {
				return false
			}
			_, _ = io.Copy(io.Discard, req.Body)
			answer(w, req)
			return true
		}
	}
}

// numbered refuses one part number.
func numbered(number string) func(*rig) {
	return func(r *rig) {
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			if req.URL.Query().Get("partNumber") != number {
				return false
			}
			refuse(w, http.StatusBadRequest, "InvalidArgument")
			return true
		}
	}
}

// revived lists parts of an upload that was aborted, once a late PUT has ended,
// until it is aborted again.
func (r *rig) revived() {
	var back atomic.Value // the ID of the upload
	back.Store("")
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		q := req.URL.Query()
		switch {
		case q.Get("partNumber") == "5":
			_, _ = io.Copy(io.Discard, req.Body)
			w.Header().Set("ETag", `"late"`)
			back.Store(q.Get("uploadId"))
			return true
		case req.Method == "GET" && q.Has("uploadId") && back.Load() == q.Get("uploadId"):
			_, _ = io.WriteString(w, "<ListPartsResult><UploadId>"+q.Get("uploadId")+"</UploadId><Part><PartNumber>5</PartNumber></Part></ListPartsResult>")
			return true
		case req.Method == "DELETE" && q.Has("uploadId"):
			back.Store("")
		}
		return false
	}
}

// listedUnder answers listings of uploads with none, but for some prefixes.
func listedUnder(prefix func(string) bool) func(*rig) {
	return func(r *rig) {
		r.before = func(w http.ResponseWriter, req *http.Request) bool {
			q := req.URL.Query()
			if !q.Has("uploads") || req.Method != "GET" || prefix(q.Get("prefix")) {
				return false
			}
			_, _ = io.WriteString(w, "<ListMultipartUploadsResult><Bucket>"+r.server.Bucket+"</Bucket></ListMultipartUploadsResult>")
			return true
		}
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
		if res.Request.Method == "HEAD" {
			res.Header.Set("X-Amz-Version-Id", "v1")
		}
	}
	report := doctor.Run(t.Context(), r.Config)
	if !strings.Contains(all(report), "versions of recordings/doctor-") || len(found(report)) > 0 {
		t.Errorf("it says\n%s", all(report))
	}
}

// A bucket with a default retention takes no part without a checksum: that is
// said once, and all the rest is tried with one.
func TestABucketWithRetention(t *testing.T) {
	server := devs3test.Start(t, pageMayRecord, func(c *devs3.Config) { c.RetentionDays = 3 })
	for _, c := range []struct {
		name string
		off  bool
		want map[string]doctor.Status
		saw  string
	}{
		{"with checksums", false, map[string]doctor.Status{"s3-object-lock": doctor.Warn}, "retained for 3 days"},
		{"without", true, map[string]doctor.Status{"s3-object-lock": doctor.Fail, "s3-checksum": doctor.Skipped, "s3-checksum-absent": doctor.Skipped, "s3-checksum-crc32c": doctor.Skipped, "s3-checksum-md5": doctor.Skipped}, "BROKER_S3_NO_CHECKSUMS=false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, server, healthyRedis(t))
			r.NoChecksums = c.off
			report := doctor.Run(t.Context(), r.Config)
			if got := found(report); !maps.Equal(got, c.want) || !strings.Contains(all(report), c.saw) {
				t.Errorf("found %v, want %v:\n%s", got, c.want, all(report))
			}
			explained(t, report)
		})
	}
}

func TestTheShapeOfETagsIsTold(t *testing.T) {
	server := devs3test.Start(t, pageMayRecord)
	r := newRig(t, server, healthyRedis(t))
	if report := doctor.Run(t.Context(), r.Config); !strings.Contains(all(report), "is the MD5 of its parts' MD5s") {
		t.Errorf("it says\n%s", all(report))
	}
	r = newRig(t, server, healthyRedis(t))
	told := regexp.MustCompile("<ETag>.*</ETag>")
	r.after = func(res *http.Response) {
		switch {
		case res.Request.Method == "HEAD":
			res.Header.Set("ETag", `"opaque-1"`)
		case res.Request.Method == "POST":
			body, _ := io.ReadAll(res.Body)
			body = told.ReplaceAll(body, []byte(`<ETag>"opaque-1"</ETag>`))
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			res.Header.Del("Content-Length")
		}
	}
	if report := doctor.Run(t.Context(), r.Config); !strings.Contains(all(report), "opaque") {
		t.Errorf("it says\n%s", all(report))
	}
}

// What is in the profile is no failure, as a broker keeps to it; and it has to
// hold.
func TestABrokerGoesByTheProfile(t *testing.T) {
	server, redis := devs3test.Start(t, pageMayRecord), healthyRedis(t)
	fact := func(v bool) provider.Fact[bool] {
		return provider.Fact[bool]{Value: v, Source: "test", Day: "2026-11-29"}
	}
	onlyMD5 := provider.Profile{Checksums: provider.Fact[[]string]{Value: []string{"md5"}, Source: "test"}}
	for _, c := range []struct {
		name   string
		plant  func(*rig)
		expect provider.Profile
		want   map[string]doctor.Status
		says   string
	}{
		{"cut PUTs stay", (*rig).storingCutPuts, provider.Profile{StoresCutPuts: fact(true)}, map[string]doctor.Status{"s3-cut": doctor.Warn}, "as in the profile of it"},
		{"cut PUTs do not stay", func(*rig) {}, provider.Profile{StoresCutPuts: fact(true)}, map[string]doctor.Status{"s3-profile": doctor.Warn}, "stores_cut_puts is false and not true"},
		{"a thousand parts", numbered("1001"), provider.Profile{MaxParts: provider.Fact[int]{Value: 1000, Source: "test"}}, nil, "sessions keep to 1000 parts"},
		{"a thousand parts, and more are taken", func(*rig) {}, provider.Profile{MaxParts: provider.Fact[int]{Value: 1000, Source: "test"}}, map[string]doctor.Status{"s3-profile": doctor.Warn}, "max_parts is 10000 and not 1000"},
		{"no SHA-256, and it is taken", func(*rig) {}, onlyMD5, map[string]doctor.Status{"s3-profile": doctor.Warn}, "checksums is [sha256 crc32c md5] and not [md5]"},
		{"no SHA-256", func(r *rig) { r.before = takenBy(damaged(session.SHA256)) }, onlyMD5,
			map[string]doctor.Status{"s3-checksum": doctor.Skipped, "s3-profile": doctor.Warn}, "no session has it here"},
		{"Content-MD5, and it does not count", func(r *rig) { r.before = takenBy(damaged(session.MD5)) }, onlyMD5,
			map[string]doctor.Status{"s3-checksum-md5": doctor.Fail, "s3-profile": doctor.Warn}, "a PUT with a wrong Content-MD5 is taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, server, redis)
			c.plant(r)
			c.expect.Name, c.expect.Title = "it", "it"
			r.Profile = &c.expect
			report := doctor.Run(t.Context(), r.Config)
			if got := found(report); !maps.Equal(got, c.want) || !strings.Contains(all(report), c.says) {
				t.Errorf("found %v, want %v, and %q:\n%s", got, c.want, c.says, all(report))
			}
			explained(t, report)
		})
	}
}

// The profile that is written is what was measured.
func TestAProfileIsMeasured(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	numbered("1001")(r)
	p := doctor.Run(t.Context(), r.Config).Profile
	if p == nil || p.MaxParts.Value != 1000 || !p.IfNoneMatch.Value || !p.ObjectSize.Value || !slices.Equal(p.Checksums.Value, provider.Algorithms) || p.OpaquePartETags.Value || !p.OpaquePartETags.Run || p.OpaqueETags.Value || !p.OpaqueETags.Known() ||
		p.StoresCutPuts.Value || !p.StoresCutPuts.Run || p.UnsignedCopy.Value || p.ListsByKeyOnly.Value || p.ListsEveryPut.Value || !p.ListsChecksums.Value {
		t.Errorf("measured is %+v", p)
	}
}
