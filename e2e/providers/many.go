//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"slipway/internal/provider"
)

const (
	batch    = 500 // parts that are signed in one call
	parallel = 8   // PUTs at once
)

// maxParts is how many the server takes, as far as doctor found.
func (s *stage) maxParts() int {
	p, err := provider.Read(s.profile)
	if err != nil {
		p = provider.Unknown()
	}
	return p.MaxParts.Or(10_000)
}

// putMany PUTs parts of a byte, which S3 takes as long as nobody completes.
func (r *recording) putMany(ctx context.Context, count int) error {
	for from := 1; from <= count; from += batch {
		var wanted []part
		for number := from; number < from+batch && number <= count; number++ {
			wanted = append(wanted, part{Number: number, Size: 1})
		}
		var answer struct{ URLs []signed }
		if err := r.call(ctx, http.MethodPost, "/parts", map[string]any{"sign": wanted}, &answer); err != nil {
			return err
		}
		puts, during := errgroup.WithContext(ctx)
		puts.SetLimit(parallel)
		for _, to := range answer.URLs {
			puts.Go(func() error {
				_, err := r.stage.send(during, to, []byte("x"))
				return err
			})
		}
		if err := puts.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// manyParts uploads as many parts as S3 has numbers for, of a byte each, has
// the broker list them, and frees them.
func manyParts(ctx context.Context, s *stage) error {
	limit := s.maxParts()
	r, err := s.begin(ctx, "none")
	if err != nil {
		return err
	}
	if err := r.putMany(ctx, limit); err != nil {
		return err
	}
	upload, err := s.uploadOf(ctx, r)
	if err != nil {
		return err
	}
	if err := r.lists(ctx, limit); err != nil {
		return err
	}
	if err := r.end(ctx, http.MethodDelete, "", r.Token, nil); err != nil {
		return err
	}
	if left, err := s.parts(ctx, r, upload); err == nil && left > 0 {
		return fmt.Errorf("S3 still lists %d parts after the abort", left)
	}
	return nil
}

// lists holds what the broker shows of the parts against what was sent.
func (r *recording) lists(ctx context.Context, limit int) error {
	var shown struct{ Parts []part }
	if err := r.call(ctx, http.MethodGet, "", nil, &shown); err != nil {
		return err
	}
	if len(shown.Parts) != limit {
		return fmt.Errorf("%d parts are listed, and %d were sent", len(shown.Parts), limit)
	}
	for i, p := range shown.Parts {
		if p.Number != i+1 || p.Size != 1 {
			return fmt.Errorf("part %d of the list is number %d, of %d bytes", i+1, p.Number, p.Size)
		}
	}
	return nil
}
