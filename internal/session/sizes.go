package session

// maxParts is how many parts of an upload the provider takes.
func (l Limits) maxParts() int64 {
	if l.MaxParts > 0 {
		return int64(l.MaxParts)
	}
	return MaxPartNumber
}

// minPart is the least size of a part that is not the last, in bytes.
func (l Limits) minPart() int64 { return max(l.MinPart, MinPartSize) }

// sizeStep: a part size that is chosen here is a multiple of so many bytes.
const sizeStep = 1 << 20

// fit chooses the sizes that a request leaves open. If the request does not say how
// long the recording will be, the parts are large enough for MaxBytes. If it names a
// part size, MaxBytes is lowered to what parts of that size can hold.
func (l Limits) fit(s *Session, allowed int64) {
	open := s.PartSize == 0
	if open {
		s.PartSize = max(l.PartSize, l.minPart())
	}
	if s.MaxBytes == 0 {
		s.MaxBytes = allowed
		if !open {
			s.MaxBytes = min(allowed, max(s.PartSize, 0)*l.maxParts())
		}
	}
	if need := (s.MaxBytes + l.maxParts() - 1) / l.maxParts(); open && need > s.PartSize {
		s.PartSize = min((need+sizeStep-1)/sizeStep*sizeStep, MaxPartSize)
	}
}

// checkSizes refuses sizes of s that contradict each other. size is the announced
// total, or 0. allowed is how many bytes the grant and the broker allow.
func (l Limits) checkSizes(s *Session, size, allowed int64) error {
	parts := l.maxParts()
	switch {
	case s.PartSize < l.minPart():
		return outOfRange("part_size", l.minPart(), "part_size is %d bytes; S3 takes no fewer than %d", s.PartSize, l.minPart())
	case s.PartSize > MaxPartSize:
		return outOfRange("part_size", MaxPartSize, "part_size is %d bytes; S3 takes no more than %d", s.PartSize, int64(MaxPartSize))
	case s.MaxBytes < 1 || s.MaxBytes > allowed:
		return outOfRange("max_bytes", allowed, "max_bytes is %d; at most %d are allowed", s.MaxBytes, allowed)
	case size < 0:
		return outOfRange("size", 1, "size is %d bytes", size)
	case size > s.PartSize*parts && !s.Unsized: // else its client cuts the parts
		return outOfRange("part_size", (size+parts-1)/parts, "%d bytes do not fit in %d parts of %d bytes", size, parts, s.PartSize)
	case size > s.MaxBytes:
		return outOfRange("size", s.MaxBytes, "size is %d bytes; at most %d are allowed", size, s.MaxBytes)
	case s.MaxBytes > s.PartSize*parts:
		return outOfRange("part_size", (s.MaxBytes+parts-1)/parts, "max_bytes, %d, do not fit in %d parts of %d bytes", s.MaxBytes, parts, s.PartSize)
	}
	return nil
}
