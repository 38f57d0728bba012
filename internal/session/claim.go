package session

import (
	"slices"
	"time"
)

// Claim is what the recorder says the recording consists of: every part, and the
// sum of their sizes. S3 says what is there, and the claim says what should be. A
// PUT that stalled can arrive after the PUT that replaced it, so neither of the two
// is enough alone.
type Claim struct {
	Parts    []Part
	Size     int64         // bytes
	Duration time.Duration // of what was recorded, up to MaxDuration; 0: the recorder cannot know
}

// MaxDuration is longer than any recording. It catches a duration that was given in
// the wrong unit before anybody is told of it.
const MaxDuration = 365 * 24 * time.Hour

// digest names the claim as it is written. The same claim always has the same digest.
func (c Claim) digest() string { return partsDigest(c.Parts) }

// with returns the claimed parts. If the claim gives only the size of a part, with
// takes what was reported for it with that size.
func (c Claim) with(reported []Part) []Part {
	told := byNumber(reported)
	parts := slices.Clone(c.Parts)
	for i, p := range parts {
		if r, ok := told[p.Number]; ok && p.silent() && r.Size == p.Size {
			parts[i].ETag = r.ETag
		}
	}
	return parts
}

// silent reports whether p has neither an ETag nor a checksum.
func (p Part) silent() bool { return p.ETag == "" && p.Checksum == "" }

func byNumber(parts []Part) map[PartNumber]Part {
	m := make(map[PartNumber]Part, len(parts))
	for _, p := range parts {
		m[p.Number] = p
	}
	return m
}

// checkClaim refuses a claim that is wrong in itself, whatever S3 holds.
func checkClaim(s *Session, c Claim) error {
	if len(c.Parts) == 0 {
		return invalid("parts", ReasonMissing, "parts is empty; a recording has at least one")
	}
	for i, p := range c.Parts {
		if err := checkClaimed(s, c, place{"parts", i}, p); err != nil {
			return err
		}
	}
	if sum := totalSize(c.Parts); sum != c.Size {
		return invalid("size", ReasonWrongSize, "size is %d bytes and the parts add up to %d", c.Size, sum)
	}
	return checkDuration(c.Duration)
}

func checkDuration(d time.Duration) error {
	if d < 0 {
		return outOfRange("duration_ms", 0, "duration_ms is below 0")
	}
	if d > MaxDuration {
		return outOfRange("duration_ms", MaxDuration.Milliseconds(), "duration_ms is over %d, which is a year", MaxDuration.Milliseconds())
	}
	return nil
}

func checkClaimed(s *Session, c Claim, at place, p Part) error {
	if err := checkPart(s, at, p.Number, p.Size); err != nil {
		return err
	}
	if want := PartNumber(at.index + 1); p.Number != want {
		return invalid(at.field("number"), ReasonHole, "%s.number is %d where %d should follow; a claim names every part from 1 on, in order", at, p.Number, want)
	}
	if s.Unsized && p.silent() {
		return invalid(at.field("etag"), ReasonMissing, "%s has no ETag, and nothing else says what it is", at)
	}
	if at.index < len(c.Parts)-1 && p.Size < MinPartSize && !s.Unsized {
		return tooSmall(at, p.Size)
	}
	if p.Checksum != "" && s.Algorithm == NoChecksum && s.State != Completed && !s.Adopted {
		return invalid(at.field("checksum"), ReasonChecksumUnexpected, "this session was opened without checksums")
	}
	if s.Algorithm != NoChecksum && p.silent() {
		return invalid(at.String(), ReasonChecksumMissing, "this session was opened with %s, so %s needs its checksum or its ETag", s.Algorithm, at)
	}
	return checkSum(s, at, p.Checksum)
}

func tooSmall(at place, size int64) error {
	e := invalid(at.field("size"), ReasonPartTooSmall, "%s.size is %d bytes; only the last part may be under %d", at, size, MinPartSize)
	e.Limit = MinPartSize
	return e
}

// settle returns the parts to complete with, as S3 lists them, or a Conflict
// that names every part on which claim and S3 differ.
func settle(claimed, listed []Part) ([]Part, error) {
	have := byNumber(listed)
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
			if p.Checksum == "" && want.Checksum.Algorithm().Kept() { // S3 took it and does not list it; complete has to name it all the same
				p.Checksum = want.Checksum
			}
			parts = append(parts, p)
		}
	}
	for _, p := range listed {
		if _, left := have[p.Number]; left { // S3 would drop it silently
			differ = append(differ, Difference{Number: p.Number, Have: &p})
		}
	}
	if len(differ) > 0 {
		return nil, differing(differ, "%d parts in S3 are not as claimed; PUT those again and complete again")
	}
	return parts, nil
}

// differing returns a Conflict that names parts; words is a format for their number.
func differing(parts []Difference, words string) error {
	e := conflict(ReasonPartsDiffer, words, len(parts))
	e.Parts = parts
	return e
}

// sameContent compares a part that S3 lists with what it should be. The stronger
// proof decides: if both have a checksum, the ETag does not count, because a proxy
// may have changed it. If S3 took a checksum and does not list it (SeaweedFS 4.53),
// that is no difference: S3 checked it when the part came.
func sameContent(have, want Part) bool {
	switch {
	case have.Size != want.Size:
		return false
	case want.Checksum != "" && have.Checksum != "":
		return want.Checksum == have.Checksum
	default:
		return want.ETag == "" || want.ETag.is(have.ETag)
	}
}
