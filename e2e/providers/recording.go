//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's Content-MD5
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/internal/session"
)

// part is one as it is signed, reported and claimed.
type part struct {
	Number   int    `json:"number"`
	Size     int64  `json:"size"`
	ETag     string `json:"etag,omitempty"`
	Checksum string `json:"checksum,omitempty"`
}

// recording is one on its way, as its client knows it.
type recording struct {
	stage    *stage
	ID       session.ID
	Token    string
	Checksum string
	PartSize int64  `json:"part_size"`
	WatchURL string `json:"watch_url"`

	claim  []part
	bodies [][]byte
}

// begin opens a session.
func (s *stage) begin(ctx context.Context, checksum string) (*recording, error) {
	r := &recording{stage: s}
	err := s.call(ctx, http.MethodPost, "/v1/sessions", s.apiKey, map[string]any{"content_type": "video/webm", "owner": "ann", "name": "Elsewhere", "checksum": checksum}, r)
	return r, err
}

// noise is n random bytes.
func noise(n int64) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}

// sum is a body's checksum, as the session wants it.
func (r *recording) sum(body []byte) string {
	var sum []byte
	switch r.Checksum {
	case "sha256":
		s := sha256.Sum256(body)
		sum = s[:]
	case "crc32c":
		h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
		_, _ = h.Write(body)
		sum = h.Sum(nil)
	case "md5":
		s := md5.Sum(body) //nolint:gosec // see the import
		sum = s[:]
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// signed is a URL with the headers that go with it.
type signed struct {
	Number  int
	URL     string
	Headers map[string]string
}

// sign asks for the URL of a part with just this body.
func (r *recording) sign(ctx context.Context, number int, body []byte) (signed, error) {
	var answer struct{ URLs []signed }
	err := r.call(ctx, http.MethodPost, "/parts", map[string]any{"sign": []part{{Number: number, Size: int64(len(body)), Checksum: r.sum(body)}}}, &answer)
	if err == nil && len(answer.URLs) != 1 {
		err = fmt.Errorf("%d URLs for one part", len(answer.URLs))
	}
	if err != nil {
		return signed{}, err
	}
	return answer.URLs[0], nil
}

// call is one of its session, with its token.
func (r *recording) call(ctx context.Context, method, path string, body, answer any) error {
	return r.stage.call(ctx, method, "/v1/sessions/"+string(r.ID)+path, r.Token, body, answer)
}

// send PUTs a body and returns its ETag.
func (s *stage) send(ctx context.Context, to signed, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to.URL, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	for name, value := range to.Headers {
		if !strings.EqualFold(name, "content-length") { // Go's client sends the true one
			req.Header.Set(name, value)
		}
	}
	res, text, err := s.do(req)
	if err != nil {
		return "", fmt.Errorf("PUT of part %d: %w", to.Number, err)
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("PUT of part %d: %s %s", to.Number, res.Status, code(text))
	}
	return res.Header.Get("ETag"), nil
}

// do sends a request to S3 and reads the answer. Errors show no query, which
// is a secret.
func (s *stage) do(req *http.Request) (*http.Response, []byte, error) {
	res, err := s.http.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

// code is S3's word for what went wrong.
func code(answer []byte) string {
	_, after, _ := strings.Cut(string(answer), "<Code>")
	word, _, _ := strings.Cut(after, "</Code>")
	return word
}

// put signs a part and PUTs it, and claims it from then on.
func (r *recording) put(ctx context.Context, number int, body []byte) error {
	to, err := r.sign(ctx, number, body)
	if err != nil {
		return err
	}
	etag, err := r.stage.send(ctx, to, body)
	if err != nil {
		return err
	}
	for len(r.claim) < number {
		r.claim, r.bodies = append(r.claim, part{}), append(r.bodies, nil)
	}
	r.claim[number-1], r.bodies[number-1] = part{number, int64(len(body)), etag, r.sum(body)}, body
	return nil
}

// fill PUTs three parts, the first of them twice, as a recorder does at stop.
func (r *recording) fill(ctx context.Context) error {
	for _, p := range []struct {
		number int
		size   int64
	}{{1, r.PartSize}, {2, r.PartSize}, {3, 1000}, {1, r.PartSize}} {
		if err := r.put(ctx, p.number, noise(p.size)); err != nil {
			return err
		}
	}
	return nil
}

// filled is a recording of three parts.
func (s *stage) filled(ctx context.Context, checksum string) (*recording, error) {
	r, err := s.begin(ctx, checksum)
	if err == nil {
		err = r.fill(ctx)
	}
	return r, err
}

// report tells the broker what was PUT.
func (r *recording) report(ctx context.Context) error {
	return r.call(ctx, http.MethodPost, "/parts", map[string]any{"uploaded": r.claim}, nil)
}

// whole is all its bytes.
func (r *recording) whole() []byte { return bytes.Join(r.bodies, nil) }

// done is what the broker answers of an end.
type done struct {
	State   string
	Outcome string
	Size    int64
	Missing []int

	RetryAfterMs int64 `json:"retry_after_ms"`
}

// complete claims every part, and asks again where S3 takes long.
func (r *recording) complete(ctx context.Context) error {
	return r.end(ctx, http.MethodPost, "/complete", r.Token, map[string]any{"parts": r.claim, "size": len(r.whole())})
}

func (r *recording) end(ctx context.Context, method, path, bearer string, body any) error {
	for {
		var d done
		if err := r.stage.call(ctx, method, "/v1/sessions/"+string(r.ID)+path, bearer, body, &d); err != nil {
			return err
		}
		if d.State != "completing" && d.State != "aborting" {
			if d.State == "completed" && d.Size != int64(len(r.whole())) {
				return fmt.Errorf("%d bytes were recorded, and it says %d", len(r.whole()), d.Size)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is %s for ever", d.State)
		case <-time.After(max(200*time.Millisecond, time.Duration(d.RetryAfterMs)*time.Millisecond)):
		}
	}
}

// link is the presigned URL behind its watch link.
func (r *recording) link(ctx context.Context) (string, error) {
	_, token, _ := strings.Cut(r.WatchURL, "#")
	var answer struct{ URL string }
	err := r.stage.call(ctx, http.MethodGet, "/v1/recordings/"+string(r.ID), token, nil, &answer)
	return answer.URL, err
}

// play asks its link for a range of bytes, or for all of them if that is empty.
func (r *recording) play(ctx context.Context, span string) (*http.Response, []byte, error) {
	url, err := r.link(ctx)
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if span != "" {
		req.Header.Set("Range", span)
	}
	return r.stage.do(req)
}

// plays holds what its link plays against what was recorded.
func (r *recording) plays(ctx context.Context) error {
	res, body, err := r.play(ctx, "")
	switch {
	case err != nil:
		return fmt.Errorf("GET of the recording: %w", err)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("GET of the recording: %s %s", res.Status, code(body))
	case !bytes.Equal(body, r.whole()):
		return fmt.Errorf("other bytes are played than were recorded: %d of %d", len(body), len(r.whole()))
	}
	return nil
}
