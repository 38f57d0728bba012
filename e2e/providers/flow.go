//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/bench/rig"
	"slipway/internal/session"
)

// again is how often what may go either way is tried: some servers list parts
// in random order.
const again = 4

// whole is a check that recordings with a checksum come out whole: completed,
// completed again, played.
func whole(checksum string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		for range again {
			r, err := s.begin(ctx, checksum)
			if refused(err, http.StatusBadRequest) {
				return unfit("is none of the broker's")
			}
			if err != nil {
				return err
			}
			if r.Checksum != checksum {
				return unfit("gets " + r.Checksum)
			}
			if err := r.fill(ctx); err != nil {
				return err
			}
			if err := r.finish(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// finish completes a recording twice, and plays it.
func (r *recording) finish(ctx context.Context) error {
	if err := r.complete(ctx); err != nil {
		return err
	}
	if err := r.complete(ctx); err != nil {
		return fmt.Errorf("completing again: %w", err)
	}
	return r.plays(ctx)
}

// unprofiled has a broker learn by itself what the server cannot do.
func unprofiled(ctx context.Context, s *stage) error {
	if err := s.serve(ctx, "BROKER_S3_PROFILE=auto"); err != nil {
		return err
	}
	defer s.serve(ctx) //nolint:errcheck // the next check tells
	for range again {
		r, err := s.filled(ctx, "sha256")
		if err != nil {
			return err
		}
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lateput has a PUT of other bytes land after its replacement. Complete either
// takes the part that is claimed, or says that it differs, and then a recorder
// PUTs it again.
func lateput(ctx context.Context, s *stage) error {
	r, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	late := noise(r.PartSize)
	to, err := r.sign(ctx, 2, late)
	if err != nil {
		return err
	}
	if _, err := s.send(ctx, to, late); err != nil {
		return err
	}
	err = r.complete(ctx)
	if differs(err, 2) {
		if err = r.put(ctx, 2, r.bodies[1]); err == nil {
			err = r.complete(ctx)
		}
	}
	if err != nil {
		return err
	}
	return r.plays(ctx)
}

// differs says whether the broker found just this part to be another than was
// claimed.
func differs(err error, number int) bool {
	refused, ok := errors.AsType[*rig.Refusal](err)
	if !ok || refused.Status != http.StatusConflict {
		return false
	}
	var p struct {
		Reason string
		Parts  []struct{ Number int }
	}
	return json.Unmarshal(refused.Body, &p) == nil && p.Reason == string(session.ReasonPartsDiffer) && len(p.Parts) == 1 && p.Parts[0].Number == number
}

// salvage has the broker complete what its client left.
func salvage(ctx context.Context, s *stage) error {
	for range again {
		r, err := s.filled(ctx, "none")
		if err != nil {
			return err
		}
		if err := r.report(ctx); err != nil {
			return err
		}
		if err := r.end(ctx, http.MethodPost, "/salvage", s.apiKey, nil); err != nil {
			return err
		}
		if err := r.plays(ctx); err != nil {
			return err
		}
	}
	return nil
}

// abort frees the parts, and a PUT that comes afterwards brings nothing back.
func abort(ctx context.Context, s *stage) error {
	r, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	upload, err := s.uploadOf(ctx, r)
	if err != nil {
		return err
	}
	to, err := r.sign(ctx, 2, r.bodies[1])
	if err != nil {
		return err
	}
	if err := r.end(ctx, http.MethodDelete, "", r.Token, nil); err != nil {
		return err
	}
	_, late := s.send(ctx, to, r.bodies[1])
	if parts, err := s.parts(ctx, r, upload); err == nil && parts > 0 {
		return fmt.Errorf("S3 still lists %d parts; the PUT that came too late got %w", parts, late)
	}
	if _, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucketName), Key: r.key()}); err == nil {
		return errors.New("there is an object")
	}
	return nil
}

// key is the recording's.
func (r *recording) key() *string { return aws.String(string(r.ID.Key(keyPrefix))) }

// uploadOf finds a recording's upload behind the broker's back.
func (s *stage) uploadOf(ctx context.Context, r *recording) (string, error) {
	out, err := s.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: aws.String(bucketName), Prefix: r.key()})
	switch {
	case err != nil:
		return "", err
	case len(out.Uploads) != 1:
		return "", fmt.Errorf("%d uploads of the key of one", len(out.Uploads))
	}
	return aws.ToString(out.Uploads[0].UploadId), nil
}

// parts counts what S3 has of an upload.
func (s *stage) parts(ctx context.Context, r *recording, upload string) (int, error) {
	out, err := s.client.ListParts(ctx, &s3.ListPartsInput{Bucket: aws.String(bucketName), Key: r.key(), UploadId: &upload})
	if err != nil {
		return 0, err
	}
	return len(out.Parts), nil
}
