package upload

import (
	"context"
	"crypto/md5" //nolint:gosec // what S3's ETags are
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/client"
	"slipway/internal/session"
)

// upload is one run of File.
type upload struct {
	broker *client.Client
	file   *os.File
	o      Options
	s3     *http.Client

	mu    sync.Mutex // guards the token while parts are sent
	kept  *kept
	parts []client.Part // what S3 has; Number 0: nothing
	sent  atomic.Int64
}

func (u *upload) parallel() int {
	if u.o.Parallel > 0 {
		return u.o.Parallel
	}
	return defaultParallel
}

// count is how many parts the file has.
func (u *upload) count() int {
	s := &u.kept.state
	return int((s.Size + s.PartSize - 1) / s.PartSize)
}

// size is the size of the part at i, counted from 0.
func (u *upload) size(i int) int64 {
	s := &u.kept.state
	return min(s.PartSize, s.Size-int64(i)*s.PartSize)
}

// section is the bytes of the part at i.
func (u *upload) section(i int) *io.SectionReader {
	return io.NewSectionReader(u.file, int64(i)*u.kept.state.PartSize, u.size(i))
}

// tries of one part, each with a new URL.
const tries = 8

// send brings one part to S3.
func (u *upload) send(ctx context.Context, i int) (client.Part, error) {
	for failures := 1; ; failures++ {
		part, err := u.sendOnce(ctx, i)
		put, refused := errors.AsType[*PutError](err)
		if !refused || put.gone() || failures == tries {
			return part, err
		}
		if err := client.Pause(ctx, failures); err != nil {
			return client.Part{}, err
		}
	}
}

// part describes the part at i as the file has it, without S3's ETag.
func (u *upload) part(i int) (client.Part, error) {
	sum, err := u.kept.state.Checksum.SumOf(u.section(i))
	return client.Part{Number: session.PartNumber(i + 1), Size: u.size(i), Checksum: sum}, err
}

// sendOnce hashes, signs and PUTs. S3 refuses a part that changed in between.
func (u *upload) sendOnce(ctx context.Context, i int) (client.Part, error) {
	part, err := u.part(i)
	if err != nil {
		return client.Part{}, err
	}
	signed, err := u.sign(ctx, client.PartToSign{Number: part.Number, Size: part.Size, Checksum: part.Checksum})
	if err != nil {
		return client.Part{}, err
	}
	if part.ETag, err = u.put(ctx, signed, u.section(i)); err != nil {
		return client.Part{}, err
	}
	if part.Checksum != "" || !looksLikeMD5(part.ETag) {
		return part, nil
	}
	same, err := isMD5(u.section(i), part.ETag) // nothing else compares it with the file
	if err == nil && !same {
		err = &PutError{Number: part.Number, Detail: "S3 has other bytes than the file"}
	}
	return part, err
}

// sign asks for a URL, with the newest token.
func (u *upload) sign(ctx context.Context, part client.PartToSign) (client.SignedPart, error) {
	u.mu.Lock()
	id, token := u.kept.state.ID, u.kept.state.Token
	u.mu.Unlock()
	request := client.SignRequest{Sign: []client.PartToSign{part}}
	signed, err := u.broker.Sign(ctx, id, token, request)
	if e, ok := errors.AsType[*client.Error](err); ok && e.Reason == string(session.ReasonTokenExpired) {
		if token, err = u.broker.Renew(ctx, id, token); err == nil {
			signed, err = u.broker.Sign(ctx, id, token, request)
			err = errors.Join(err, u.keepToken(token))
		}
	}
	if err != nil {
		return client.SignedPart{}, err
	}
	if len(signed.URLs) != 1 {
		return client.SignedPart{}, fmt.Errorf("the broker answered with %d URLs for one part", len(signed.URLs))
	}
	return signed.URLs[0], u.keepToken(signed.Token)
}

func (u *upload) keepToken(token string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if token == "" || token == u.kept.state.Token {
		return nil
	}
	u.kept.state.Token = token
	return u.kept.save()
}

// PutError says that a part did not get to S3. It does not contain the URL,
// which is a secret.
type PutError struct {
	Number session.PartNumber
	Status int    // of HTTP; 0: S3 did not answer
	Code   string // S3's own, if it gave one
	Detail string
}

func (e *PutError) Error() string {
	text := fmt.Sprintf("part %d: ", e.Number)
	if e.Status > 0 {
		text += fmt.Sprintf("S3 answered %d %s ", e.Status, e.Code)
	}
	return strings.TrimSpace(text + e.Detail)
}

// gone says that the upload to PUT to no longer exists.
func (e *PutError) gone() bool { return e.Status == http.StatusNotFound }

const answerWithin = 2 * time.Minute // after the last byte

func putClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerWithin
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (u *upload) put(ctx context.Context, part client.SignedPart, body *io.SectionReader) (session.ETag, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, part.URL, io.NopCloser(body))
	if err != nil {
		return "", fmt.Errorf("the broker's URL for part %d is not a URL", part.Number)
	}
	for name, value := range part.Headers {
		req.Header.Set(name, value)
	}
	req.ContentLength = body.Size()
	res, err := u.s3.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return "", &PutError{Number: part.Number, Detail: err.Error()}
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return session.ETag(res.Header.Get("ETag")), nil
	}
	var said struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}
	_ = xml.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&said) // it may be a proxy's page
	return "", &PutError{Number: part.Number, Status: res.StatusCode, Code: said.Code}
}

func looksLikeMD5(etag session.ETag) bool {
	sum, err := hex.DecodeString(strings.Trim(string(etag), `"`))
	return err == nil && len(sum) == md5.Size
}

// isMD5 says whether an ETag is the MD5 of these bytes.
func isMD5(body io.Reader, etag session.ETag) (bool, error) {
	h := md5.New() //nolint:gosec // see the import
	if _, err := io.Copy(h, body); err != nil {
		return false, err
	}
	return strings.EqualFold(strings.Trim(string(etag), `"`), hex.EncodeToString(h.Sum(nil))), nil
}

// progress reports parts that are done to o.Progress.
type progress struct{ to io.Writer }

func (u *upload) progress(stage string, total int64) progress {
	if u.o.Progress == nil || total == 0 {
		return progress{}
	}
	return progress{u.o.Progress(stage, total)}
}

func (p progress) done(bytes int64) {
	if p.to != nil {
		_, _ = io.CopyN(p.to, zeros{}, bytes)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
