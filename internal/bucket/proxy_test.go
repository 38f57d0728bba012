package bucket_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

// between puts a proxy in front of st's server and returns a Bucket that
// reaches it through there. meddle gets each request with the way to the
// server; the host stays as it was signed, so the server checks what it gets.
func between(t *testing.T, st stage, o bucket.Options, meddle func(w http.ResponseWriter, r *http.Request, server http.Handler)) stage {
	t.Helper()
	target, err := url.Parse(st.server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	way := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { meddle(w, r, way) }))
	t.Cleanup(proxy.Close)
	server := devs3.Server{Endpoint: proxy.URL, Bucket: st.server.Bucket, Region: st.server.Region, AccessKey: st.server.AccessKey, SecretKey: st.server.SecretKey}
	client := devs3test.Client(&server)
	o.Endpoint, o.Bucket = server.Endpoint, server.Bucket
	return stage{bucket.New(client, o), &server, client}
}

// answering is a Bucket whose every request gets this answer.
func answering(t *testing.T, handler http.HandlerFunc) *bucket.Bucket {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return bucket.New(devs3test.Client(&devs3.Server{Endpoint: server.URL, Region: "us-east-1", AccessKey: "a", SecretKey: "s"}), bucket.Options{Endpoint: server.URL, Bucket: "b"})
}
