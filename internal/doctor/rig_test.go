package doctor_test

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"

	"slipway/internal/bucket"
	"slipway/internal/bucketrules"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
	"slipway/internal/presign"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

const page = "https://page.example"

// rig is the strict S3 server and a Redis as they should be, with a proxy
// before S3 in which faults are planted.
type rig struct {
	doctor.Config
	server  *devs3.Server
	before  func(w http.ResponseWriter, r *http.Request) (answered bool) // nil: none
	after   func(*http.Response)                                         // nil: none
	rewrite func(*httputil.ProxyRequest)                                 // what the proxy changes; nil: nothing
	rules   string                                                       // the lifecycle rules that the bucket says it has
}

// newRig stands before a server that several rigs may share.
func newRig(t *testing.T, server *devs3.Server, redisURL string) *rig {
	t.Helper()
	r := &rig{server: server, rules: rule("late", "Enabled", "", 9)}
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0), // of clients that were stopped
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host // which is signed
			if r.rewrite != nil {
				r.rewrite(p)
			}
		},
		ModifyResponse: func(res *http.Response) error {
			if r.after != nil {
				r.after(res)
			}
			return nil
		},
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case r.before != nil && r.before(w, req):
		case req.URL.Query().Has("lifecycle"):
			_, _ = io.WriteString(w, r.rules)
		default:
			proxy.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(front.Close)
	r.reach(t, front.URL, redisURL)
	return r
}

// reach configures a broker for the S3 at endpoint.
func (r *rig) reach(t *testing.T, endpoint, redisURL string) {
	t.Helper()
	there := known(r.server)
	there.Endpoint = endpoint
	client := devs3test.Client(there)
	signer, err := presign.New(t.Context(), client, there.Bucket, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	r.Config = doctor.Config{
		Redis: dial(t, redisURL), RedisPrefix: "t",
		S3: client, Bucket: bucket.New(client, bucket.Options{Bucket: there.Bucket}), Signer: signer, HTTP: &http.Client{}, PublicAt: signer.Origin(),
		BucketName: there.Bucket, KeyPrefix: "recordings/", Endpoint: endpoint, Origins: []string{page},
		Uploads: bucketrules.Life{Resume: 7 * 24 * time.Hour, Longest: 8 * 24 * time.Hour}, Now: time.Now,
	}
}

// known is what is known of a server, to be changed.
func known(s *devs3.Server) *devs3.Server {
	return &devs3.Server{Endpoint: s.Endpoint, Bucket: s.Bucket, Region: s.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey}
}

func dial(t *testing.T, address string) redis.UniversalClient {
	t.Helper()
	client, err := redisstore.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// healthyRedis writes what it knows to disk and evicts nothing.
func healthyRedis(t *testing.T) string {
	t.Helper()
	return "redis://" + redistest.Start(t, "--appendonly", "yes").Addr
}

func pageMayRecord(c *devs3.Config) { c.AllowOrigins = []string{page} }

// rule is a list of one lifecycle rule.
func rule(id, status, prefix string, days int) string {
	return `<LifecycleConfiguration><Rule><ID>` + id + `</ID><Filter><Prefix>` + prefix + `</Prefix></Filter><Status>` + status +
		`</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>` + strconv.Itoa(days) + `</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>`
}

// refuse answers as S3 does to what it does not allow.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Server", "VERSITYGW")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code></Error>")
}

// denied refuses the requests that match.
func denied(match func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if match(r) {
			_, _ = io.Copy(io.Discard, r.Body)
			refuse(w, http.StatusForbidden, "AccessDenied")
			return true
		}
		return false
	}
}

// is matches a method and a parameter, "" for none of S3's.
func is(method, parameter string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		q := r.URL.Query()
		return r.Method == method && (q.Has(parameter) || parameter == "" && !q.Has("uploadId") && !q.Has("uploads"))
	}
}

// takenBy answers the PUTs that match with a success, and keeps nothing.
func takenBy(match func(r *http.Request, body []byte) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !r.URL.Query().Has("partNumber") {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !match(r, body) {
			return false
		}
		w.Header().Set("ETag", `"d41d8cd98f00b204e9800998ecf8427e"`)
		return true
	}
}

// leftovers is what is in the bucket.
func (r *rig) leftovers(t *testing.T) (left []string) {
	t.Helper()
	client := devs3test.Client(r.server)
	objects, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &r.server.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects.Contents {
		left = append(left, *o.Key)
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &r.server.Bucket, Key: o.Key}); err != nil {
			t.Fatal(err)
		}
	}
	uploads, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &r.server.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uploads.Uploads {
		left = append(left, *u.Key+"?uploadId")
		if _, err := client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &r.server.Bucket, Key: u.Key, UploadId: u.UploadId}); err != nil {
			t.Fatal(err)
		}
	}
	return left
}
