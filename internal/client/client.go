// Package client calls a broker's HTTP API for programs that operate it.
// api/openapi.yaml is the contract. The types here have only the fields that
// these programs read; the rest is passed on as the broker sent it.
package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/session"
)

// Client calls one broker. It is safe for concurrent use.
//
// Every call ends with its context. It returns an *Error if the broker refuses
// or does not answer. A call that can be repeated is repeated up to three
// times, as long as nobody answers or the answer is to try again later.
type Client struct {
	base string // without a slash at the end
	key  string
	http *http.Client
}

const (
	answerWithin = 90 * time.Second // until the header; a complete may take the broker 60 s
	callWithin   = 3 * time.Minute  // with the body
)

// New returns a client of the broker at base, which is an http or https URL,
// perhaps with a path. key is an API key.
func New(base, key string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the URL of a broker, such as https://broker.example", base)
	}
	if strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return nil, errors.New("the API key contains a character that no API key has, such as a space or a line break")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerWithin
	return &Client{base: strings.TrimRight(base, "/"), key: key, http: &http.Client{
		Transport: transport,
		// A redirect would send the key to an address that nobody named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Answer is one thing that the broker told.
type Answer[T any] struct {
	V    T              // the fields that this package knows
	JSON jsontext.Value // all of it, on one line: a newer broker may say more
}

// UnmarshalJSONFrom reads both.
func (a *Answer[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	a.JSON = raw.Clone()
	if err := a.JSON.Compact(); err != nil {
		return err
	}
	return json.Unmarshal(a.JSON, &a.V)
}

// call is one request.
type call struct {
	method, path string // the path is escaped
	query        url.Values
	header       http.Header
	bearer       string           // "": the API key
	ifMatch      session.Revision // 0: whatever the revision is
	body         any              // nil: none
	once         bool             // the request must not be sent twice
}

// do sends a call and reads the answer into to, which may be nil. It returns
// the status of a success.
func (c *Client) do(ctx context.Context, what call, to any) (status int, err error) {
	err = c.retried(ctx, what.once, func() error {
		ctx, cancel := context.WithTimeout(ctx, callWithin)
		defer cancel()
		res, err := c.send(ctx, what)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		status = res.StatusCode
		if to == nil || status == http.StatusNoContent {
			return nil
		}
		return c.read(ctx, res, to)
	})
	return status, err
}

const maxAnswer = 64 << 20 // bytes; a page of 1,000 salvaged sessions that lack 10,000 parts each

// read reads the whole body first. So it can tell half an answer from an
// answer that no broker gives.
func (c *Client) read(ctx context.Context, res *http.Response, to any) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return c.unanswered(ctx, err)
	}
	if err := json.Unmarshal(body, to); err != nil {
		return c.notOurs(&Error{Status: res.StatusCode, Err: err}, res)
	}
	return nil
}

// send returns a success. The caller closes its body.
func (c *Client) send(ctx context.Context, what call) (*http.Response, error) {
	req, err := c.request(ctx, what)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unanswered(ctx, err)
	}
	if res.StatusCode > 299 {
		defer res.Body.Close()
		return nil, c.refusal(res)
	}
	return res, nil
}

func (c *Client) request(ctx context.Context, what call) (*http.Request, error) {
	var body bytes.Buffer
	if what.body != nil {
		if err := json.MarshalWrite(&body, what.body); err != nil {
			return nil, err
		}
	}
	target := c.base + what.path
	if len(what.query) > 0 {
		target += "?" + what.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, what.method, target, &body)
	if err != nil {
		return nil, err
	}
	for name, values := range what.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+cmp.Or(what.bearer, c.key))
	if what.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if what.ifMatch > 0 {
		req.Header.Set("If-Match", strconv.Quote(strconv.FormatInt(int64(what.ifMatch), 10)))
	}
	return req, nil
}

// unanswered is the error of a request that got no answer, or half of one.
func (c *Client) unanswered(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return &Error{Code: session.Unavailable.String(), Reason: NoAnswer, Detail: c.base + " does not answer: " + printable(err.Error()), Err: err}
}
