package doctor_test

import (
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
)

// presigned says whether a request is signed in its URL, as those of recorders are.
func presigned(p *httputil.ProxyRequest) bool { return p.In.URL.Query().Has("X-Amz-Signature") }

var signature = regexp.MustCompile(`[0-9a-f]{64}`)

// A wrong secret and a proxy that changes what was signed get the same word from
// S3, and have to be mended in other places.
func TestAProxyIsToldFromAWrongSecret(t *testing.T) {
	type statuses = map[string]doctor.Status
	const fail = doctor.Fail
	server := devs3test.Start(t, pageMayRecord)
	redis := healthyRedis(t)
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		plant func(*rig)
		want  statuses // some of what is found
		mend  string
	}{
		{"another secret", func(r *rig) {
			r.server = known(server)
			r.server.SecretKey = "another"
			r.reach(t, r.Endpoint, redis)
		}, statuses{"s3-bucket": fail}, "S3 saw exactly what was signed, so the secret of this access key is wrong"},
		{"Host is changed", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) { p.Out.Host = target.Host }
		}, statuses{"s3-bucket": fail}, `changes Host: S3 saw "` + target.Host + `", and "`},
		{"Host is changed for recorders", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) {
				if presigned(p) {
					p.Out.Host = target.Host
				}
			}
		}, statuses{"s3-put": fail, "s3-body": fail, "s3-checksum": fail}, `proxy_set_header Host $http_host;  # of nginx; a proxy before S3 changes Host: S3 saw "` + target.Host + `", and "`},
		{"the path is changed", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) {
				if presigned(p) {
					p.Out.URL.Path = strings.Replace(p.Out.URL.Path, "doctor-", "x-", 1)
				}
			}
		}, statuses{"s3-put": fail}, `changes the path: S3 saw "/recordings/recordings/x-`},
		{"the path is changed for the broker, and not that of the bucket", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) {
				if !presigned(p) {
					p.Out.URL.Path = strings.Replace(p.Out.URL.Path, "doctor-", "x-", 1)
				}
			}
		}, statuses{"s3-create": fail}, "must change neither Host nor the path"},
		{"the query is changed", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) { p.Out.URL.RawQuery += "&utm_source=proxy" }
		}, statuses{"s3-bucket": fail}, "changes the query"},
		{"a signed header is changed", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) {
				if !presigned(p) {
					p.Out.Header.Set("Amz-Sdk-Request", "attempt=9")
				}
			}
		}, statuses{"s3-bucket": fail}, `changes the header "amz-sdk-request"`},
		{"S3 does not say what it saw", func(r *rig) {
			r.rewrite = func(p *httputil.ProxyRequest) { p.Out.Host = target.Host }
			replaced("CanonicalRequest>", "Nothing>")(r)
		}, statuses{"s3-bucket": fail}, "must change neither Host nor the path. If there is no proxy, AWS_SECRET_ACCESS_KEY is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, server, redis)
			c.plant(r)
			report := doctor.Run(t.Context(), r.Config)
			found := found(report)
			maps.DeleteFunc(found, func(name string, _ doctor.Status) bool { return c.want[name] == "" })
			if !maps.Equal(found, c.want) || !strings.Contains(all(report), c.mend) {
				t.Errorf("want %v and %q:\n%s", c.want, c.mend, all(report))
			}
			if signature.MatchString(all(report)) {
				t.Error("there is a signature in the report")
			}
			explained(t, report)
			discreet(t, report, server.AccessKey, server.SecretKey)
		})
	}
}

// Where S3 says nothing else, a presigned request names both, too.
func TestWhereS3DoesNotSayWhatItSawBothAreNamed(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !req.URL.Query().Has("X-Amz-Signature") {
			return false
		}
		refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return true
	}
	if report := all(doctor.Run(t.Context(), r.Config)); !strings.Contains(report, "must change neither Host nor the path") {
		t.Errorf("the report:\n%s", report)
	}
}
