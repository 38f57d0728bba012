package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"slipway/api"
)

var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

var contract = sync.OnceValues(func() (routers.Router, error) {
	openapi3filter.RegisterBodyDecoder("application/problem+json", openapi3filter.RegisteredBodyDecoder("application/json"))
	asText := func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		text, err := io.ReadAll(body)
		return string(text), err
	}
	openapi3filter.RegisterBodyDecoder("application/yaml", asText)
	openapi3filter.RegisterBodyDecoder("text/event-stream", asText)
	doc, err := document()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is an error answer.
type Problem struct {
	Status       int
	Code         string
	Reason       string
	Detail       string
	Field        string
	Limit        int64
	RequestID    string `json:"request_id"`
	RetryAfterMs int64  `json:"retry_after_ms"`
	SafeBytes    int64  `json:"safe_bytes"`
	Parts        []struct {
		Number     int
		Have, Want *struct {
			Size     int64
			ETag     string
			Checksum string
		}
	}
}

// Call sends a request that the contract allows. body is marshalled as JSON,
// unless it is nil. headers are pairs.
func (a *API) Call(t testing.TB, method, path, bearer string, body any, headers ...string) Answer {
	t.Helper()
	return a.call(t, true, method, path, bearer, encode(t, body), headers)
}

// CallRaw sends a body as it stands, which the contract need not allow. The
// answer still has to be within it.
func (a *API) CallRaw(t testing.TB, method, path, bearer, body string, headers ...string) Answer {
	t.Helper()
	return a.call(t, false, method, path, bearer, []byte(body), headers)
}

// CallBad is CallRaw with a body that is marshalled first.
func (a *API) CallBad(t testing.TB, method, path, bearer string, body any, headers ...string) Answer {
	t.Helper()
	return a.call(t, false, method, path, bearer, encode(t, body), headers)
}

func encode(t testing.TB, body any) []byte {
	t.Helper()
	if body == nil {
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (a *API) call(t testing.TB, allowed bool, method, path, bearer string, body []byte, headers []string) Answer {
	t.Helper()
	newRequest := func() *http.Request { return a.request(t, method, path, bearer, body, headers) }
	res, err := http.DefaultTransport.RoundTrip(newRequest())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := Answer{Status: res.StatusCode, Header: res.Header, Body: text}
	if err := hold(newRequest(), allowed, answer); err != nil {
		t.Fatalf("%s %s, status %d, breaks the contract: %v", method, strings.SplitN(path, "?", 2)[0], answer.Status, err)
	}
	return answer
}

func (a *API) request(t testing.TB, method, path, bearer string, body []byte, headers []string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// hold checks one exchange against the contract.
func hold(req *http.Request, allowed bool, answer Answer) error {
	router, err := contract()
	if err != nil {
		return err
	}
	req.URL.Scheme, req.URL.Host, req.Host = "", "", ""
	route, params, err := router.FindRoute(req)
	if err != nil {
		if allowed {
			return err
		}
		return nil // a path or method that the contract does not have
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
	if allowed {
		if err := openapi3filter.ValidateRequest(req.Context(), in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: answer.Status, Header: answer.Header, Options: options}
	if err := openapi3filter.ValidateResponse(req.Context(), out.SetBodyBytes(answer.Body)); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := undeclared(answers(route.Operation.Responses, answer.Status), answer.Header, answer.Body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// Webhooks are the messages that the contract describes, by their type.
func Webhooks(t testing.TB) []string {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(doc.Webhooks))
}

// HoldWebhook fails the test unless a message is as the contract describes those
// of its type.
func HoldWebhook(t testing.TB, kind string, header http.Header, body []byte) {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	item := doc.Webhooks[kind]
	if item == nil {
		t.Fatalf("the contract has no webhook %s", kind)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	route := &routers.Route{Spec: doc, Path: "/", PathItem: item, Method: http.MethodPost, Operation: item.Post}
	in := &openapi3filter.RequestValidationInput{Request: req, Route: route, Options: &openapi3filter.Options{MultiError: true}}
	err = errors.Join(openapi3filter.ValidateRequest(t.Context(), in), undeclared(item.Post.RequestBody.Value.Content, header, body))
	if err != nil {
		t.Errorf("%s breaks the contract: %v", kind, err)
	}
}

// Want fails the test unless the status is as wanted.
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d; the answer: %s", a.Status, status, a.brief())
	}
	return a
}

// brief is the answer without anything that could be a secret.
func (a Answer) brief() string {
	if a.Status >= 400 {
		return string(a.Body)
	}
	return fmt.Sprintf("%d bytes", len(a.Body))
}

// Into unmarshals the answer.
func (a Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatal(err)
	}
}

// Problem fails the test unless the answer is a problem with this status and
// reason.
func (a Answer) Problem(t testing.TB, status int, reason string) Problem {
	t.Helper()
	a.Want(t, status)
	var p Problem
	a.Into(t, &p)
	if p.Reason != reason || p.Status != status || p.Detail == "" || p.RequestID == "" {
		t.Fatalf("want reason %q; the answer: %s", reason, a.Body)
	}
	return p
}
