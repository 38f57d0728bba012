//go:build linux

package rig

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

// puts is how many parts are on their way at once.
const puts = 4

// noise is what is uploaded, again and again: nothing compresses it.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, PartSize)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
})

// Record uploads size bytes as a recorder does: each part by itself is signed
// for, PUT straight to S3, and reported with the call that signs the next.
func (w *World) Record(ctx context.Context, addr string, size int64) error {
	s, parts, err := w.begin(ctx, addr, size)
	if err != nil {
		return err
	}
	return s.upload(ctx, addr, parts, size, func(ctx context.Context, done []Part, next Part) (string, error) {
		urls, err := s.Parts(ctx, addr, done, []Part{next})
		if err != nil {
			return "", err
		}
		return urls[0], nil
	})
}

// RecordAhead uploads size bytes as a phone does: all parts are signed for at
// once, and nothing is reported before the end.
func (w *World) RecordAhead(ctx context.Context, addr string, size int64) error {
	s, parts, err := w.begin(ctx, addr, size)
	if err != nil {
		return err
	}
	urls, err := s.Parts(ctx, addr, nil, parts)
	if err != nil {
		return err
	}
	return s.upload(ctx, addr, parts, size, func(_ context.Context, _ []Part, next Part) (string, error) { return urls[next.Number-1], nil })
}

// begin opens a session, and says what parts make size bytes.
func (w *World) begin(ctx context.Context, addr string, size int64) (Session, []Part, error) {
	parts := make([]Part, (size+PartSize-1)/PartSize)
	for i := range parts {
		parts[i] = Part{Number: i + 1, Size: min(PartSize, size-int64(i)*PartSize)}
	}
	s, err := w.Operator(addr).Open(ctx, "uploader")
	return s, parts, err
}

// sign returns the URL of next, and may report what is done.
type sign func(ctx context.Context, done []Part, next Part) (string, error)

// upload PUTs the parts, some at once, and completes.
func (s Session) upload(ctx context.Context, addr string, parts []Part, size int64, sign sign) error {
	next := make(chan int, len(parts))
	for i := range parts {
		next <- i
	}
	close(next)
	group, during := errgroup.WithContext(ctx)
	for range puts {
		group.Go(func() error { return putParts(during, parts, next, sign) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.complete(ctx, addr, parts, size)
}

// putParts uploads those parts that it gets from next.
func putParts(ctx context.Context, parts []Part, next <-chan int, sign sign) error {
	done := []Part{}
	for i := range next {
		url, err := sign(ctx, done, parts[i])
		if err != nil {
			return err
		}
		if parts[i].ETag, err = Put(ctx, url, noise()[:parts[i].Size]); err != nil {
			return err
		}
		done = slices.Clone(parts[i : i+1])
	}
	return nil
}

func (s Session) complete(ctx context.Context, addr string, parts []Part, size int64) error {
	for {
		var answer struct{ State string }
		err := API{addr, s.Token}.Call(ctx, http.MethodPost, "/v1/sessions/"+s.ID+"/complete", map[string]any{"parts": parts, "size": size}, &answer)
		if err != nil || answer.State == "completed" {
			return err
		}
	}
}

// Tus uploads size bytes through tusd at addr, as its clients do by default: in
// one PATCH.
func Tus(ctx context.Context, addr string, size int64) error {
	create, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/files/", nil)
	if err != nil {
		return err
	}
	create.Header.Set("Tus-Resumable", "1.0.0")
	create.Header.Set("Upload-Length", fmt.Sprint(size))
	res, err := http.DefaultClient.Do(create)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST /files/: %s", res.Status)
	}
	patch, err := http.NewRequestWithContext(ctx, http.MethodPatch, res.Header.Get("Location"), io.LimitReader(&endless{}, size))
	if err != nil {
		return err
	}
	patch.ContentLength = size
	patch.Header.Set("Tus-Resumable", "1.0.0")
	patch.Header.Set("Upload-Offset", "0")
	patch.Header.Set("Content-Type", "application/offset+octet-stream")
	return Do(patch, nil)
}

// endless reads noise for ever.
type endless struct{ at int }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, noise()[e.at:])
	e.at = (e.at + n) % len(noise())
	return n, nil
}

// TakeAway deletes what is in the bucket, in which there has to be an object
// of just this size.
func (w *World) TakeAway(ctx context.Context, size int64) error {
	client := w.Client()
	list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &w.S3.Bucket})
	if err != nil {
		return err
	}
	there := false
	for _, o := range list.Contents {
		there = there || *o.Size == size
		if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &w.S3.Bucket, Key: o.Key}); err != nil {
			return err
		}
	}
	if !there {
		return fmt.Errorf("no object of %d bytes is in the bucket", size)
	}
	return nil
}
