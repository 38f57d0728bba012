// Package chaos shows that recordings survive: real brokers, Redis and S3 are
// killed, stalled and flushed while a hundred clients record.
//
// The client is an example too: it is what a good mobile app does, in one
// file and with nothing but the public HTTP API of docs/protocol.md.
package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Client uploads recordings. It is safe for concurrent use.
type Client struct {
	Broker string // URL
	Grant  string // from the application's back end
	HTTP   *http.Client

	// Slots bounds the PUTs under way: each takes a place in it.
	Slots chan struct{}
	Seen  *Counts
}

// Recording is something to upload. Its parts can be read again at any time:
// a recorder keeps them until the broker answered that it is complete.
type Recording struct {
	Key         string // an Idempotency-Key of its own
	ContentType string
	Checksum    string // "sha256" or "none"
	PartSize    int64  // bytes
	Size        int64  // bytes

	// Read returns the content from offset from up to offset to. It waits
	// until that much has been recorded.
	Read func(ctx context.Context, from, to int64) (io.Reader, error)

	// Keep waits until somebody wants the recording kept.
	Keep func(ctx context.Context) error

	// Checkpoint is how many bytes of the last part are put away as long as it
	// still grows; 0: none.
	Checkpoint int64

	// WhenWhole has the broker complete it as soon as S3 has all of it, though
	// nobody asks: a phone may be killed after its last PUT.
	WhenWhole bool
}

// Done is what the broker answers when a recording is safe.
type Done struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Key     string `json:"key"`
	Size    int64  `json:"size"`
	ETag    string `json:"etag"`
	Outcome string `json:"outcome"`

	RetryAfterMs int64 `json:"retry_after_ms"` // State is still completing
}

// A PUT that takes longer is given up. The part may still arrive, and complete
// is what finds out. What is put away early is not worth a long wait.
const (
	putWithin        = 8 * time.Second
	checkpointWithin = 3 * time.Second
)

// Upload sends rec and returns once the broker answered that it is complete.
// It ends before that with ctx, or when an answer says that trying again can
// never help.
//
// When the upload is gone, whoever ended it, the whole recording goes up again
// into a new session.
func (c *Client) Upload(ctx context.Context, rec Recording) (*Upload, error) {
	for take := 1; ; take++ {
		u, err := c.open(ctx, rec, fmt.Sprintf("%s/%d", rec.Key, take))
		if err == nil {
			err = u.run(ctx)
		}
		if !ended(err) {
			return u, err
		}
		c.Seen.newSession(reason(err))
	}
}

// ended reports whether err says that the session can take no more parts and
// will not become the recording.
func ended(err error) bool {
	return slices.Contains([]string{"lost", "aborted", "salvaged", "superseded"}, reason(err))
}

// beingCompleted reports whether err says that the session is completed, or is
// about to be.
func beingCompleted(err error) bool {
	return slices.Contains([]string{"completing", "completed"}, reason(err))
}

// Upload is one recording on its way into one session.
type Upload struct {
	Done Done

	client   *Client
	rec      Recording
	id       string
	token    string
	watchURL string
	parts    map[int]part // what S3 took, by number
	reported map[int]bool
	askedAt  time.Time // for the last URL that it got
}

type part struct {
	Number   int    `json:"number"`
	Size     int64  `json:"size"`
	ETag     string `json:"etag,omitempty"`
	Checksum string `json:"checksum,omitempty"`
}

func (c *Client) open(ctx context.Context, rec Recording, key string) (*Upload, error) {
	var opened struct {
		ID       string `json:"id"`
		Token    string `json:"token"`
		WatchURL string `json:"watch_url"`
	}
	body := map[string]any{"content_type": rec.ContentType, "checksum": rec.Checksum, "part_size": rec.PartSize, "size": rec.Size}
	if rec.WhenWhole {
		body["finish"] = "when-whole"
	}
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/sessions", bearer: c.Grant, idempotencyKey: key, body: body}, &opened)
	return &Upload{client: c, rec: rec, id: opened.ID, token: opened.Token, watchURL: opened.WatchURL, parts: map[int]part{}, reported: map[int]bool{}}, err
}

// run uploads part after part as they are recorded, and completes.
func (u *Upload) run(ctx context.Context) error {
	last := int((u.rec.Size + u.rec.PartSize - 1) / u.rec.PartSize)
	for n := 1; n <= last; n++ {
		from := int64(n-1) * u.rec.PartSize
		to := min(from+u.rec.PartSize, u.rec.Size)
		if n == last && u.rec.Checkpoint > 0 {
			if err := u.checkpoint(ctx, n, from, from+u.rec.Checkpoint); err != nil {
				return err
			}
		}
		if err := u.send(ctx, n, from, to); err != nil {
			return err
		}
	}
	if err := u.rec.Keep(ctx); err != nil {
		return err
	}
	return u.Complete(ctx)
}

// checkpoint PUTs what there is of the last part, in case there never is more.
// One try is enough: the whole part follows under the same number.
func (u *Upload) checkpoint(ctx context.Context, n int, from, to int64) error {
	p, err := u.part(ctx, n, from, to)
	if err != nil {
		return err
	}
	_, err = u.try(ctx, &p, from, to, checkpointWithin)
	return err
}

// send PUTs the bytes from offset from up to offset to as part n, until S3
// says that it has them. There is never a second PUT of a number before the
// first one has ended.
func (u *Upload) send(ctx context.Context, n int, from, to int64) error {
	p, err := u.part(ctx, n, from, to)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		status, err := u.try(ctx, &p, from, to, putWithin)
		if u.rec.WhenWhole && beingCompleted(err) {
			return nil // S3 had it after all, and the broker completes what is whole
		}
		if err != nil {
			return err
		}
		switch status {
		case http.StatusOK:
			u.parts[n] = p
			delete(u.reported, n)
			return nil
		case http.StatusNotFound:
			// S3 does not know the upload. What that means, the broker says.
			if err := u.client.call(ctx, request{method: http.MethodGet, path: "/v1/sessions/" + u.id, bearer: u.token}, &struct{}{}); err != nil {
				return err
			}
		case http.StatusForbidden:
			if try == 0 {
				continue // the URL ended: take a fresh one
			}
		}
		if err := backOff(ctx, try, 0); err != nil {
			return err
		}
	}
}

// part is part n, with its checksum where the session has checksums.
func (u *Upload) part(ctx context.Context, n int, from, to int64) (part, error) {
	p := part{Number: n, Size: to - from}
	if u.rec.Checksum != "sha256" {
		return p, nil
	}
	content, err := u.rec.Read(ctx, from, to)
	if err != nil {
		return p, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return p, err
	}
	p.Checksum = base64.StdEncoding.EncodeToString(h.Sum(nil))
	return p, nil
}

// try takes a URL and PUTs p once. It returns S3's status, 0 for no answer.
func (u *Upload) try(ctx context.Context, p *part, from, to int64, within time.Duration) (int, error) {
	body, err := u.rec.Read(ctx, from, to)
	if err != nil {
		return 0, err
	}
	select {
	case u.client.Slots <- struct{}{}:
		defer func() { <-u.client.Slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	url, headers, err := u.sign(ctx, *p)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, io.NopCloser(body))
	if err != nil {
		return 0, err
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.ContentLength = p.Size // and not its header, which net/http writes itself
	res, err := u.client.HTTP.Do(req)
	if err != nil {
		u.client.Seen.put("none", p.Size)
		return 0, nil // the next try shows what came of it
	}
	_ = res.Body.Close() // nothing of it is needed
	u.client.Seen.put(strconv.Itoa(res.StatusCode), p.Size)
	if res.StatusCode == http.StatusOK {
		p.ETag = res.Header.Get("ETag")
	}
	return res.StatusCode, nil
}

// sign reports what arrived since the last time and gets the URL for p, in
// one round trip.
func (u *Upload) sign(ctx context.Context, p part) (url string, headers map[string]string, err error) {
	var news []part
	for n, arrived := range u.parts {
		if !u.reported[n] {
			news = append(news, arrived)
		}
	}
	var signed struct {
		URLs []struct {
			URL     string            `json:"url"`
			Headers map[string]string `json:"headers"`
		} `json:"urls"`
	}
	asked := time.Now()
	err = u.client.call(ctx, request{method: http.MethodPost, path: "/v1/sessions/" + u.id + "/parts", bearer: u.token,
		body: map[string]any{"uploaded": news, "sign": []part{p}}}, &signed)
	if err != nil {
		return "", nil, err
	}
	if len(signed.URLs) != 1 {
		return "", nil, fmt.Errorf("%d URLs for one part", len(signed.URLs))
	}
	for _, arrived := range news {
		u.reported[arrived.Number] = true
	}
	u.askedAt = asked
	return signed.URLs[0].URL, signed.URLs[0].Headers, nil
}

// Complete claims every part until the broker answers that the recording is
// complete. It may be called again: the answer stays the same.
func (u *Upload) Complete(ctx context.Context) error {
	claim := request{method: http.MethodPost, path: "/v1/sessions/" + u.id + "/complete", bearer: u.token}
	for try := 0; ; try++ {
		var parts []part
		for _, n := range slices.Sorted(maps.Keys(u.parts)) {
			parts = append(parts, u.parts[n])
		}
		claim.body = map[string]any{"parts": parts, "size": u.rec.Size}
		var done Done
		err := u.client.call(ctx, claim, &done)
		var wait time.Duration
		switch {
		case err == nil && done.State == "completed":
			u.Done = done
			return nil
		case err == nil:
			u.client.Seen.askedAgain()
			wait = time.Duration(done.RetryAfterMs) * time.Millisecond
		case reason(err) == "parts-differ":
			u.client.Seen.differed()
			if err := u.sendAgain(ctx, err); err != nil {
				return err
			}
			continue
		case reason(err) == "s3-refused": // a part was overwritten at this moment
		default:
			return err
		}
		if err := backOff(ctx, try, wait); err != nil {
			return err
		}
	}
}

// sendAgain PUTs the parts that are not in S3 as they were claimed, says conflict.
func (u *Upload) sendAgain(ctx context.Context, conflict error) error {
	p, _ := errors.AsType[*Problem](conflict)
	for _, d := range p.Parts {
		from := int64(d.Number-1) * u.rec.PartSize
		err := u.send(ctx, d.Number, from, min(from+u.rec.PartSize, u.rec.Size))
		if beingCompleted(err) {
			return nil // an earlier claim is being carried out, or has been
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Download writes the recording to w, by what its watch link allows.
func (u *Upload) Download(ctx context.Context, w io.Writer) error {
	var link struct {
		URL string `json:"url"`
	}
	_, share, _ := strings.Cut(u.watchURL, "#")
	if err := u.client.call(ctx, request{method: http.MethodGet, path: "/v1/recordings/" + u.id, bearer: share}, &link); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link.URL, http.NoBody)
	if err != nil {
		return err
	}
	res, err := u.client.HTTP.Do(req)
	if err != nil {
		return secretless(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the playback URL answers %s", res.Status)
	}
	_, err = io.Copy(w, res.Body)
	return err
}
