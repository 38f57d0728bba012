//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/rig"
)

// finished is a recording that is completed.
func (s *stage) finished(ctx context.Context) (*recording, error) {
	r, err := s.filled(ctx, "none")
	if err == nil {
		err = r.complete(ctx)
	}
	return r, err
}

// links looks at what a watch link leads to: a piece of the recording as a
// player asks for it, presented as the broker signed it, and nothing once links
// are revoked.
func links(ctx context.Context, s *stage) error {
	r, err := s.finished(ctx)
	if err != nil {
		return err
	}
	res, body, err := r.play(ctx, "bytes=5-104")
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusPartialContent:
		return fmt.Errorf("GET of a range: %s %s", res.Status, code(body))
	case !bytes.Equal(body, r.whole()[5:105]):
		return errors.New("GET of a range brings other bytes")
	case res.Header.Get("Content-Type") != "video/webm" || !strings.Contains(res.Header.Get("Content-Disposition"), "Elsewhere"):
		return fmt.Errorf("it is presented as %q, %q", res.Header.Get("Content-Type"), res.Header.Get("Content-Disposition"))
	}
	if err := s.call(ctx, http.MethodDelete, "/v1/recordings/"+string(r.ID)+"/links", s.apiKey, nil, nil); err != nil {
		return err
	}
	if _, err := r.link(ctx); !refused(err, http.StatusUnauthorized) {
		return fmt.Errorf("a link that was revoked: %w", err)
	}
	return nil
}

// refused says whether the broker answered with this status.
func refused(err error, status int) bool {
	r, ok := errors.AsType[*rig.Refusal](err)
	return ok && r.Status == status
}

// remove deletes a recording, twice.
func remove(ctx context.Context, s *stage) error {
	r, err := s.finished(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if err := s.call(ctx, http.MethodDelete, "/v1/recordings/"+string(r.ID), s.apiKey, nil, nil); err != nil {
			return err
		}
	}
	if _, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucketName), Key: r.key()}); err == nil {
		return errors.New("the object is still there")
	}
	if _, err := r.link(ctx); !refused(err, http.StatusNotFound) {
		return fmt.Errorf("the link of a deleted recording: %w", err)
	}
	return nil
}

// fetch downloads a recording by the command, which verifies it.
func fetch(ctx context.Context, s *stage) error {
	r, err := s.finished(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "fetched.webm")
	if _, err := s.cli(ctx, "fetch", "--force", "-o", file, string(r.ID)); err != nil {
		return err
	}
	got, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(got, r.whole()) {
		err = fmt.Errorf("%d bytes were fetched, other than the %d that were recorded", len(got), len(r.whole()))
	}
	return err
}
