//go:build linux

package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/load"
)

// PartSize is the size of all parts, in bytes: S3's least, and our default.
const PartSize = 5 << 20

// recordingParts is how many parts a recording has.
const recordingParts = 100

// Signer is a server that hands out the URL of a part, of whatever make.
type Signer struct {
	Name  string
	Start func() (*Running, error)
	// Redis: it uses the World's, whose CPU is its own.
	Redis bool
	// Request signs one part, of the upload that belongs to the connection: the
	// second to the hundredth, and again. That is 8 minutes at 8 Mbit/s.
	Request func(addr string, conn, n int) []byte
	// Beat is a heartbeat of the recorder that belongs to the connection; nil where
	// there is no such call.
	Beat func(addr string, conn int) []byte
	// Batch signs n parts in one request; nil where there is no such route.
	Batch func(addr string, n int) func(conn, i int) []byte
	// Prepare sees to it that there are uploads for so many connections.
	Prepare func(ctx context.Context, addr string, conns int) error
	// SignFirst returns the URL of part 1 of an upload that is open.
	SignFirst func(ctx context.Context, addr string) (string, error)
}

// Target is what load sends to: one server, or several that are the same.
func (s *Signer) Target(addrs ...string) load.Target {
	return load.Target{Addrs: addrs, Request: func(conn, n int) []byte { return s.Request(addrs[0], conn, n) }}
}

// Check PUTs a part to a URL that the server signed: one that signs what S3
// refuses is not measured.
func (s *Signer) Check(ctx context.Context, addr string) error {
	signed, err := s.SignFirst(ctx, addr)
	if err == nil {
		_, err = Put(ctx, signed, bytes.Repeat([]byte("slipway!"), PartSize/8))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// Signers are all that are measured. The first is the product.
func (w *World) Signers(ctx context.Context) ([]*Signer, error) {
	key := "peers/recording.webm"
	upload, err := w.Client().CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &w.S3.Bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	signers := []*Signer{
		w.Slipway("Slipway", func() (*Running, error) { return w.StartBroker("slipway", w.Redis) }),
		w.Slipway("Slipway, no record", func() (*Running, error) { return w.StartMemory("slipway-no-record") }),
	}
	signers[0].Redis = true
	route := "/s3/multipart/" + url.PathEscape(*upload.UploadId) + "/"
	for _, p := range []struct{ name, script string }{
		{"Companion, leanest", "companion-lean.js"},
		{"Companion, as it ships", "node_modules/@uppy/companion/bin/companion"},
		{"hono + AWS SDK", "hono.js"},
		{"express + AWS SDK", "express.js"},
	} {
		s := peer(p.name, route, url.QueryEscape(key), strings.HasPrefix(p.name, "Companion"))
		s.Start = func() (*Running, error) {
			return w.startNode(strings.ReplaceAll(p.name, " ", "-"), p.script, route+"1?key="+url.QueryEscape(key), w.companionEnv(p.script)...)
		}
		signers = append(signers, s)
	}
	return signers, nil
}

// The floors are measured as if they were signers. See package floor.
const (
	Floor      = "Slipway's floor"
	RedisFloor = "Slipway's floor with Redis"
)

// Floors are what ours can at best come down to.
func (w *World) Floors() []*Signer {
	over := w.Slipway(RedisFloor, func() (*Running, error) { return w.StartFloor("floor-redis", w.Redis) })
	over.Redis = true
	return []*Signer{w.Slipway(Floor, func() (*Running, error) { return w.StartFloor("floor", nil) }), over}
}

// companionEnv is what Companion's own program needs; the others are
// configured in their files.
func (w *World) companionEnv(script string) []string {
	if !strings.Contains(script, "bin/companion") {
		return nil
	}
	return []string{
		"COMPANION_DOMAIN=127.0.0.1", "COMPANION_DATADIR=" + w.dir, "COMPANION_SECRET=" + w.tokenKey, "COMPANION_PREAUTH_SECRET=" + w.tokenKey,
		"COMPANION_CLIENT_ORIGINS=true", "COMPANION_UPLOAD_URLS=https://upload.example/",
		"COMPANION_AWS_KEY=" + w.S3.AccessKey, "COMPANION_AWS_SECRET=" + w.S3.SecretKey, "COMPANION_AWS_BUCKET=" + w.S3.Bucket, "COMPANION_AWS_REGION=" + w.S3.Region,
		"COMPANION_AWS_ENDPOINT=" + w.S3.Endpoint, "COMPANION_AWS_FORCE_PATH_STYLE=true",
	}
}

func peer(name, route, key string, batch bool) *Signer {
	s := &Signer{Name: name,
		Prepare: func(context.Context, string, int) error { return nil }, // one upload serves all: nothing is kept
		Request: func(addr string, _, n int) []byte {
			return fmt.Appendf(nil, "GET %s%d?key=%s HTTP/1.1\r\nHost: %s\r\n\r\n", route, n%(recordingParts-1)+2, key, addr)
		},
		SignFirst: func(ctx context.Context, addr string) (string, error) {
			var answer struct{ URL string }
			err := API{Addr: addr}.Call(ctx, http.MethodGet, route+"1?key="+key, nil, &answer)
			return answer.URL, err
		},
	}
	if batch {
		s.Batch = func(addr string, n int) func(int, int) []byte {
			numbers := make([]string, n)
			for i := range numbers {
				numbers[i] = strconv.Itoa(i + 1)
			}
			request := fmt.Appendf(nil, "GET %sbatch?key=%s&partNumbers=%s HTTP/1.1\r\nHost: %s\r\n\r\n", route, key, strings.Join(numbers, ","), addr)
			return func(int, int) []byte { return request }
		}
	}
	return s
}

// Slipway is one of our own. Each connection is a recorder with a session, and
// an owner, of its own.
func (w *World) Slipway(name string, start func() (*Running, error)) *Signer {
	var sessions []Session
	open := func(ctx context.Context, addr string, conns int) error {
		for len(sessions) < conns {
			s, err := w.Operator(addr).Open(ctx, fmt.Sprintf("%s-%d", name, len(sessions)))
			if err != nil {
				return err
			}
			sessions = append(sessions, s)
		}
		return nil
	}
	return &Signer{Name: name, Start: start, Prepare: open,
		Request: func(addr string, conn, n int) []byte {
			return reportCall(addr, sessions[conn], n%(recordingParts-1)+1)
		},
		Batch: func(addr string, n int) func(int, int) []byte {
			sign := make([]Part, n)
			for i := range sign {
				sign[i] = Part{Number: i + 1, Size: PartSize}
			}
			body, _ := json.Marshal(map[string]any{"sign": sign}) // plain structs
			return func(conn, _ int) []byte { return partsCall(addr, sessions[conn], body) }
		},
		SignFirst: func(ctx context.Context, addr string) (string, error) {
			if err := open(ctx, addr, 1); err != nil {
				return "", err
			}
			urls, err := sessions[0].Parts(ctx, addr, nil, []Part{{Number: 1, Size: PartSize}})
			if err != nil {
				return "", err
			}
			return urls[0], nil
		},
	}
}

// reportCall reports a part and signs the next.
func reportCall(addr string, s Session, number int) []byte {
	return partsCall(addr, s, fmt.Appendf(nil, `{"uploaded":[{"number":%d,"size":%d,"etag":"\"%032x\""}],"sign":[{"number":%d,"size":%d}]}`,
		number, PartSize, number, number+1, PartSize))
}

// partsCall is POST …/parts as it goes over the wire.
func partsCall(addr string, s Session, body []byte) []byte {
	head := fmt.Appendf(nil, "POST /v1/sessions/%s/parts HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		s.ID, addr, s.Token, len(body))
	return append(head, body...)
}
