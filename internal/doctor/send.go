package doctor

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/smithy-go"

	"slipway/internal/session"
)

// callWithin bounds one request.
const callWithin = 15 * time.Second

// maxAnswer is more than S3 says in an error, in bytes.
const maxAnswer = 64 << 10

// answer is what S3 said to a presigned request.
type answer struct {
	status int
	header http.Header
	code   string // S3's word for an error
	body   []byte // maxAnswer bytes at most
	mend   string // if the code is SignatureDoesNotMatch
}

func (a answer) ok() bool { return a.status/100 == 2 }

// String is the status, and S3's code if there is one.
func (a answer) String() string {
	if a.code != "" {
		return fmt.Sprintf("%d %s", a.status, a.code)
	}
	return fmt.Sprint(a.status)
}

// get sends a GET. Its errors, and those of send, do not contain the URL.
func (e *examination) get(ctx context.Context, method string, to session.SignedURL, header http.Header) (answer, error) {
	return e.send(ctx, method, to, header, http.NoBody, 0)
}

// send does what a recorder does with a URL.
func (e *examination) send(ctx context.Context, method string, to session.SignedURL, header http.Header, body io.Reader, size int64) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, string(to), body)
	if err != nil {
		return answer{}, errors.New("the URL cannot be used")
	}
	req.ContentLength = size
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	res, err := e.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return answer{}, err
	}
	var problem struct{ Code string }
	if !a.ok() && xml.Unmarshal(a.body, &problem) == nil {
		a.code = problem.Code
	}
	if a.code == "SignatureDoesNotMatch" {
		a.mend = mendSignature(req, a.body)
	}
	return a, nil
}

// put sends a part as a page at origin does. Without an origin it is not a
// page.
func (e *examination) put(ctx context.Context, to session.SignedURL, origin string, sum session.Checksum, body []byte) (answer, error) {
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	return e.send(ctx, http.MethodPut, to, withSum(header, sum), bytes.NewReader(body), int64(len(body)))
}

// why says what went wrong, in words without the URL, whose query has a
// signature.
func why(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != "" {
		if ours, ok := errors.AsType[*session.Error](err); ok {
			return ours.Detail
		}
		return "S3 answered " + api.ErrorCode()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return "no answer: " + u.Err.Error()
	}
	if ours, ok := errors.AsType[*session.Error](err); ok && ours.Detail != "" {
		return ours.Detail
	}
	return err.Error()
}

func reasonOf(err error) string {
	if ours, ok := errors.AsType[*session.Error](err); ok {
		return string(ours.Reason)
	}
	return ""
}
