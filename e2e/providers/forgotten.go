//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/provider"
	"slipway/internal/session/redisstore"
)

// flush makes Redis forget everything.
func (s *stage) flush(ctx context.Context) error {
	client, err := redisstore.Dial(s.redis.URL())
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // nothing is left unsent
	return client.FlushAll(ctx).Err()
}

// flushed goes on with a recording whose session Redis forgot, by its token
// alone, and completes it again after Redis forgot that, too.
func flushed(ctx context.Context, s *stage) error {
	r, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	if err := r.put(ctx, 2, noise(r.PartSize)); err != nil {
		return err
	}
	if err := r.complete(ctx); err != nil {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	return r.finish(ctx)
}

// rebuild has the command tell Redis what the bucket knows: a finished
// recording, and one that is not, which its client finishes.
func rebuild(ctx context.Context, s *stage) error {
	whole, err := s.finished(ctx)
	if err != nil {
		return err
	}
	open, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	args := []string{"rebuild"}
	if s.byKeyOnly() { // then by the IDs that an application kept
		args = append(args, string(whole.ID), string(open.ID))
	}
	said, err := s.cli(ctx, args...)
	if err != nil {
		return err
	}
	listed, err := s.cli(ctx, "sessions", "list", "-q")
	switch {
	case err != nil:
		return err
	case !strings.Contains(listed, string(open.ID)):
		return fmt.Errorf("an unfinished upload is not found: %s", strings.TrimSpace(said))
	}
	if listed, err = s.cli(ctx, "sessions", "list", "-q", "--state", "completed"); err != nil {
		return err
	}
	if !strings.Contains(listed, string(whole.ID)) {
		return fmt.Errorf("a finished recording is not found: %s", strings.TrimSpace(said))
	}
	return open.finish(ctx)
}

// orphans lists uploads that no session has, one of ours that Redis forgot and
// one of somebody else's, and frees the second.
func orphans(ctx context.Context, s *stage) error {
	mine, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	if s.byKeyOnly() {
		return s.second(ctx, mine)
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	foreign := keyPrefix + "foreign.webm"
	made, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucketName), Key: &foreign})
	if err != nil {
		return err
	}
	listed, err := s.cli(ctx, "orphans", "list", "-o", "ndjson")
	if err != nil {
		return err
	}
	var lost []string
	for what, key := range map[string]string{"one of ours": *mine.key(), "one of somebody else's": foreign} {
		if !strings.Contains(listed, key) {
			lost = append(lost, what)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("not listed: %s", strings.Join(lost, " and "))
	}
	if _, err := s.cli(ctx, "orphans", "abort", "--key", foreign, aws.ToString(made.UploadId)); err != nil {
		return err
	}
	if listed, err = s.cli(ctx, "orphans", "list", "-o", "ndjson"); err == nil && strings.Contains(listed, foreign) {
		err = errors.New("what was aborted is still listed")
	}
	return errors.Join(err, mine.finish(ctx))
}

// byKeyOnly says whether doctor found that uploads are listed by their exact
// key alone: then those of sessions on record are found, and no others.
func (s *stage) byKeyOnly() bool {
	p, err := provider.Read(s.profile)
	return err == nil && p.ListsByKeyOnly.Value
}

// second lists a second upload of a session on record, and frees it.
func (s *stage) second(ctx context.Context, r *recording) error {
	made, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucketName), Key: r.key()})
	if err != nil {
		return err
	}
	id := aws.ToString(made.UploadId)
	listed, err := s.cli(ctx, "orphans", "list", "-q")
	if err == nil && !strings.Contains(listed, id) {
		err = errors.New("a second upload of a session on record is not listed")
	}
	if err != nil {
		return err
	}
	if _, err := s.cli(ctx, "orphans", "abort", "--key", *r.key(), id); err != nil {
		return err
	}
	return r.finish(ctx)
}
