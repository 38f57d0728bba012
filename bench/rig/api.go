//go:build linux

package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// callWithin bounds one call.
const callWithin = 60 * time.Second

// API is a client's way to one of our brokers.
type API struct {
	Addr   string
	Bearer string
}

// Operator is an API with the key that may do all.
func (w *World) Operator(addr string) API { return API{addr, w.apiKey} }

// Call sends body as JSON, or nothing if it is nil, and reads the answer into
// answer.
func (a API) Call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+a.Addr+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.Bearer)
	req.Header.Set("Content-Type", "application/json")
	return Do(req, answer)
}

// Refusal is an answer that is not 2xx.
type Refusal struct {
	Status int
	Body   []byte
	what   string // was asked for
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: %d %s %.300s", r.what, r.Status, http.StatusText(r.Status), r.Body)
}

// Do sends req, which has to be answered with 2xx, and reads the JSON of the
// answer into answer, if that is not nil. Errors show no URL: its query may be
// a secret. Errors: *Refusal.
func Do(req *http.Request, answer any) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if e, ok := err.(*url.Error); ok { //nolint:errorlint // Do documents that it is one
			err = e.Err
		}
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return &Refusal{res.StatusCode, text, req.Method + " " + req.URL.Path}
	}
	if answer == nil || len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// Session is one that was opened.
type Session struct {
	ID, Token string
}

// Part is one to sign, or one that was uploaded.
type Part struct {
	Number int    `json:"number"`
	Size   int64  `json:"size"`
	ETag   string `json:"etag,omitempty"`
}

// Open opens a session of owner.
func (a API) Open(ctx context.Context, owner string) (Session, error) {
	var s Session
	err := a.Call(ctx, http.MethodPost, "/v1/sessions", map[string]any{"content_type": "video/webm", "owner": owner}, &s)
	return s, err
}

// Parts reports and signs, with the session's token as the bearer, and returns
// the URLs.
func (s Session) Parts(ctx context.Context, addr string, uploaded, sign []Part) ([]string, error) {
	var answer struct{ URLs []struct{ URL string } }
	err := API{addr, s.Token}.Call(ctx, http.MethodPost, "/v1/sessions/"+s.ID+"/parts", map[string]any{"uploaded": uploaded, "sign": sign}, &answer)
	urls := make([]string, len(answer.URLs))
	for i, u := range answer.URLs {
		urls[i] = u.URL
	}
	return urls, err
}

// Put uploads one part and returns its ETag.
func Put(ctx context.Context, url string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("PUT %s failed", req.URL.Path)
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("PUT %s: %s %.300s", req.URL.Path, res.Status, text)
	}
	return res.Header.Get("ETag"), nil
}
