package session

// Claim is what the recorder says the recording consists of: every part, and
// the sum of their sizes. S3 says what is there, the claim what should be; a
// stalled PUT of a number can land after its replacement, so neither alone is
// the truth.
type Claim struct {
	Parts []Part
	Size  int64 // bytes
}

// digest names the claim as it is written: the same one, sent again, has the
// same.
func (c Claim) digest() string { return partsDigest(c.Parts) }

// checkClaim finds what is wrong with a claim as written, whatever S3 holds.
func checkClaim(s *Session, c Claim) error {
	if len(c.Parts) == 0 {
		return invalid("parts", "missing", "parts is empty; a recording has at least one")
	}
	for i, p := range c.Parts {
		if err := checkClaimed(s, c, place{"parts", i}, p); err != nil {
			return err
		}
	}
	if sum := totalSize(c.Parts); sum != c.Size {
		return invalid("size", "wrong-size", "size is %d bytes and the parts add up to %d", c.Size, sum)
	}
	return nil
}

func checkClaimed(s *Session, c Claim, at place, p Part) error {
	if err := checkPart(s, at, p.Number, p.Size); err != nil {
		return err
	}
	if want := PartNumber(at.index + 1); p.Number != want {
		return invalid(at.field("number"), "hole", "%s.number is %d where %d should follow; a claim names every part from 1 on, in order", at, p.Number, want)
	}
	if at.index < len(c.Parts)-1 && p.Size < MinPartSize {
		e := invalid(at.field("size"), "part-too-small", "%s.size is %d bytes; only the last part may be under %d", at, p.Size, MinPartSize)
		e.Limit = MinPartSize
		return e
	}
	if p.Checksum != "" && s.Algorithm != SHA256 && s.State != Completed {
		return invalid(at.field("checksum"), "checksum-unexpected", "this session was opened without checksums")
	}
	if s.Algorithm == SHA256 && p.Checksum == "" && p.ETag == "" {
		return invalid(at.String(), "checksum-missing", "this session was opened with sha256, so %s needs its checksum or its ETag", at)
	}
	return nil
}

// settle returns the parts to complete with, as S3 lists them, or a Conflict
// that names every part on which claim and S3 differ.
func settle(claimed, listed []Part) ([]Part, error) {
	have := make(map[PartNumber]Part, len(listed))
	for _, p := range listed {
		have[p.Number] = p
	}
	var parts []Part
	var differ []Difference
	for _, want := range claimed {
		p, ok := have[want.Number]
		delete(have, want.Number)
		switch {
		case !ok:
			differ = append(differ, Difference{Number: want.Number, Want: &want})
		case !sameContent(p, want):
			differ = append(differ, Difference{Number: want.Number, Have: &p, Want: &want})
		default:
			parts = append(parts, p)
		}
	}
	for _, p := range listed {
		if _, left := have[p.Number]; left { // S3 would drop it without a word
			differ = append(differ, Difference{Number: p.Number, Have: &p})
		}
	}
	if len(differ) > 0 {
		e := conflict("parts-differ", "%d parts in S3 are not as claimed; PUT those again and complete again", len(differ))
		e.Parts = differ
		return nil, e
	}
	return parts, nil
}

func sameContent(have, want Part) bool {
	return have.Size == want.Size &&
		(want.ETag == "" || want.ETag == have.ETag) &&
		(want.Checksum == "" || want.Checksum == have.Checksum)
}
