package session

import (
	"context"
	"slices"
)

// An unsized session belongs to a client that never says how long its parts are, such
// as Uppy. So its URLs cannot limit the length. These limits hold instead:
//
//	numbers    only as many are signed as max_bytes needs with the smallest parts that S3 takes
//	probes     list what has arrived, and abort the session if it is too much
//	complete   takes the sizes from S3, and compares them with max_bytes and the announced size
//	the reaper completes no session that has too much

// tooMuch reports whether more bytes of s have arrived than s may have.
func (s *Session) tooMuch(listed []Part) bool { return s.Unsized && totalSize(listed) > s.MaxBytes }

// weighed returns the claim with the sizes that S3 lists. If S3 does not list a part
// with the claimed ETag, the part gets no size, and so differs.
func weighed(claimed, listed []Part) []Part {
	all := slices.Clone(claimed)
	for _, p := range listed {
		i := int(p.Number) - 1 // a claim names every part from 1 on, in order
		if i < len(all) && all[i].Size == 0 && all[i].ETag.is(p.ETag) {
			all[i].Size = p.Size
		}
	}
	return all
}

// bound checks the size of what will be completed, because no URL limited it. A session
// with more than max_bytes is aborted: no other claim could make it smaller, and its
// parts would cost storage until then.
func (b *Broker) bound(ctx context.Context, s *Session, parts []Part) error {
	if !s.Unsized {
		return nil
	}
	if s.tooMuch(parts) {
		_, _ = b.Abort(ctx, Ref{ID: s.ID}, 0) // if it fails now, a probe does it
		e := outOfRange("parts", s.MaxBytes, "the parts are %d bytes; at most %d are allowed, so the upload was aborted", totalSize(parts), s.MaxBytes)
		e.Reason = ReasonMaxBytes
		return e
	}
	for i, p := range parts[:len(parts)-1] {
		if p.Size < MinPartSize {
			return tooSmall(place{"parts", i}, p.Size)
		}
	}
	if size := totalSize(parts); s.Announced > 0 && size != s.Announced {
		return invalid("parts", ReasonWrongSize, "the parts are %d bytes in S3, and %d were announced", size, s.Announced)
	}
	return nil
}
