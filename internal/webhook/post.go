package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"slipway/internal/session"
)

// maxAnswer is how much of an answer the broker reads, in bytes. After a short
// answer the connection can then be used again. Nobody looks at the body.
const maxAnswer = 64 << 10

// ParseURL takes an http(s) URL, which may have a query. Its errors do not
// repeat the text, because path and query may hold a secret.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("is not an http(s) URL without user and fragment")
	}
	return u, nil
}

// newClient reaches the receiver and nothing else. It uses no proxy that the
// environment names, and follows no redirect.
func newClient() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: maxAnswer,
			MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 90 * time.Second,
		},
	}
}

// post makes one attempt. Only a 2xx is a success. asked is how long the
// receiver wants to be left alone, or 0 if it does not say.
func (d *Deliverer) post(ctx context.Context, n session.Notice) (asked time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.answerWithin)
	defer cancel()
	body, err := d.body(ctx, n.Event)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	header, err := sign(d.Secrets, n.ID, now, body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL.String(), bytes.NewReader(body))
	if err != nil {
		return 0, bare(err)
	}
	req.Header = header
	res, err := d.client.Do(req)
	if err != nil {
		return 0, bare(err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // the status has said it all
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return retryAfter(res.Header, now), fmt.Errorf("the receiver answered %d", res.StatusCode)
	}
	return 0, nil
}

// bare removes the URL and its query from an error.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
