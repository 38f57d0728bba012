package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func TestBucketApply(t *testing.T) {
	server := devs3test.Start(t)
	env := slices.Clip(append(envOf(server), "BROKER_PUBLIC_URL=https://Broker.Example:443/base", "BROKER_CORS_ORIGINS=https://app.example"))
	const rule = "slipway-recorders: GET HEAD PUT from https://app.example https://broker.example, with headers content-md5 content-type x-amz-*, exposing ETag, for 3600 s\n"
	const none = "lifecycle rules: this S3 server has none\n"
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"a dry run", nil, 4, "CORS rules:\n  + " + rule + none, "broker: nothing was changed; to make the changes, run it with --yes\n"},
		{"and it was dry", []string{"--yes"}, 0, "CORS rules:\n  + " + rule + none + "done\n", ""},
		{"the second time", []string{"--yes"}, 0, "CORS rules:\n    " + rule + none + "nothing to do\n", ""},
		{"dry again", nil, 0, "CORS rules:\n    " + rule + none + "nothing to do\n", ""},
		{"another page", []string{"--cors-origins", "*", "--yes"}, 0, "CORS rules:\n  + " + strings.Replace(rule, "https://app.example https://broker.example", "*", 1) + "  - " + rule + none + "done\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, env, append([]string{"bucket", "apply"}, c.args...)...)
			if code != c.code || stdout != c.stdout || stderr != c.stderr {
				t.Errorf("exit %d\n%s%s\nwant %d\n%s%s", code, stdout, stderr, c.code, c.stdout, c.stderr)
			}
		})
	}
	for _, c := range []struct {
		name string
		env  []string
		code int
		want string
	}{
		{"wrong settings", append(env, "BROKER_BUCKET="), 2, "broker: settings:\nBROKER_BUCKET: is required\n"},
		{"no bucket", append(env, "BROKER_BUCKET=misnamed"), 1, "broker: read the CORS rules, which takes s3:GetBucketCORS: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, stdout, stderr := run(t, c.env, "bucket", "apply"); code != c.code || stdout != "" || !strings.HasPrefix(stderr, c.want) {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

// What a server has no notion of is no failure of a deployment.
func TestBucketApplyPassesOverWhatIsRefused(t *testing.T) {
	server := devs3test.Start(t)
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	way := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host }}
	swift := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, code := http.StatusNotFound, "NoSuchLifecycleConfiguration"
		if r.Method == http.MethodPut {
			status, code = http.StatusBadRequest, "MalformedXML"
		}
		if !r.URL.Query().Has("lifecycle") {
			way.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code></Error>")
	}))
	t.Cleanup(swift.Close)
	there := devs3.Server{Endpoint: swift.URL, Bucket: server.Bucket, Region: server.Region, AccessKey: server.AccessKey, SecretKey: server.SecretKey}
	env := append(envOf(&there), "BROKER_CORS_ORIGINS=https://app.example")
	code, stdout, stderr := run(t, env, "bucket", "apply", "--yes")
	if code != 0 || !strings.Contains(stdout, "passed over: lifecycle rules: this S3 server refuses them (MalformedXML)\ndone\n") || stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
