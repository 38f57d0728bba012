package session

import (
	"context"
	"slices"
)

// An unsized session is that of a client which never says how long its parts
// are, such as Uppy. What bounds it in the place of the lengths in its URLs:
//
//	numbers    are signed up to what max_bytes can hold, cut as small as S3 takes parts
//	probes     list what has arrived, and abort the session where it is too much
//	complete   takes the sizes from S3, and holds them against max_bytes and what was announced
//	the reaper completes nothing that is too much

// tooMuch reports whether more of s has arrived than its URLs could not forbid.
func (s *Session) tooMuch(listed []Part) bool { return s.Unsized && totalSize(listed) > s.MaxBytes }

// weighed is a claim with the sizes that it leaves to S3. A part that S3 does
// not list with the ETag claimed keeps none, and so differs.
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

// bound holds what is about to be completed against what was never signed. What
// is more than max_bytes is aborted: no other claim could make it less, and until
// somebody does it costs as much as if it were a recording.
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
