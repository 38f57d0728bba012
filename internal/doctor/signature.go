package doctor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	mendProxy  = "proxy_set_header Host $http_host;  # of nginx; a proxy before S3 must change neither Host nor the path. If there is no proxy, AWS_SECRET_ACCESS_KEY is wrong"
	mendSecret = "export AWS_SECRET_ACCESS_KEY=…  # S3 saw exactly what was signed, so the secret of this access key is wrong"
)

// mendSignature is what to do if S3 says SignatureDoesNotMatch. A wrong secret
// and a proxy that changes what was signed give the same code. S3's answer
// holds the request as S3 saw it. If the answer does not, the mend names both.
func mendSignature(sent *http.Request, answer []byte) string {
	seen, ok := readSeen(answer)
	if !ok {
		return mendProxy
	}
	host := usualHost(sent.URL.Scheme, cmp.Or(sent.Host, sent.URL.Host))
	path, _ := url.PathUnescape(seen.path)
	query, _ := url.ParseQuery(seen.query)
	asked := sent.URL.Query()
	asked.Del("X-Amz-Signature")
	switch {
	case usualHost(sent.URL.Scheme, seen.header["host"]) != host:
		return fmt.Sprintf("proxy_set_header Host $http_host;  # of nginx; a proxy before S3 changes Host: S3 saw %.200q, and %.200q was signed", seen.header["host"], host)
	case path != cmp.Or(sent.URL.Path, "/"):
		return fmt.Sprintf("# a proxy before S3 changes the path: S3 saw %.200q, and %.200q was signed", path, sent.URL.Path)
	case !maps.EqualFunc(query, asked, slices.Equal):
		return "# a proxy before S3 changes the query"
	}
	if name := seen.changed(sent); name != "" {
		return fmt.Sprintf("# a proxy before S3 changes the header %.200q", name)
	}
	return mendSecret
}

// usualHost leaves out the port if the scheme implies it, as signing does.
func usualHost(scheme, host string) string {
	return strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
}

// asSeen is a signed request as S3 saw it.
type asSeen struct {
	path, query string            // escaped
	header      map[string]string // the signed headers, by their names in lower case
}

// readSeen reads the canonical request out of S3's answer: method, path, query,
// a line for each signed header, and an empty line.
func readSeen(answer []byte) (asSeen, bool) {
	var e struct{ CanonicalRequest string }
	if xml.Unmarshal(answer, &e) != nil {
		return asSeen{}, false
	}
	lines := strings.Split(e.CanonicalRequest, "\n")
	if len(lines) < 5 {
		return asSeen{}, false
	}
	seen := asSeen{path: lines[1], query: lines[2], header: map[string]string{}}
	for _, line := range lines[3:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			break
		}
		seen.header[name] = value
	}
	return seen, seen.header["host"] != ""
}

// changed is the first signed header, except Host, that S3 saw with another
// value.
func (seen asSeen) changed(sent *http.Request) string {
	for _, name := range slices.Sorted(maps.Keys(seen.header)) {
		value := strings.Join(sent.Header.Values(name), ",")
		switch name {
		case "host":
			continue
		case "content-length":
			value = strconv.FormatInt(sent.ContentLength, 10)
		}
		if strings.Join(strings.Fields(value), " ") != strings.Join(strings.Fields(seen.header[name]), " ") {
			return name
		}
	}
	return ""
}

// overheard keeps the last request of the SDK and S3's answer to it.
type overheard struct {
	s3.HTTPClient
	sent   *http.Request
	answer []byte // maxAnswer bytes at most
}

// Do sends req. It keeps all that the caller reads of the answer.
func (o *overheard) Do(req *http.Request) (*http.Response, error) {
	res, err := o.HTTPClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	o.sent = req
	if o.answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(o.answer))
	return res, nil
}

// mendSigned is mendSignature for the broker's own requests. It asks for one
// key, because the SDK shows only the code of an answer.
func (e *examination) mendSigned(ctx context.Context) string {
	heard := &overheard{HTTPClient: e.S3.Options().HTTPClient}
	_, _ = e.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &e.BucketName, Prefix: aws.String(string(e.key)), MaxKeys: aws.Int32(1)}, func(o *s3.Options) {
		o.HTTPClient = heard
		o.Retryer = aws.NopRetryer{}
	})
	if heard.sent == nil {
		return mendProxy
	}
	return mendSignature(heard.sent, heard.answer)
}
