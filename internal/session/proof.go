package session

import "slices"

// known returns listed with the checksums that the ETags prove, for an upload with
// MD5. On most servers the ETag of a part is its MD5. But an ETag does not say whether
// it is one: with SSE-KMS it looks like an MD5 and is not. So known compares the ETags
// with the claim. If the ETag of one part is the MD5 that this part should have, all
// ETags are MD5s. If S3 answered the recorder with an ETag that is not the MD5 which
// it had checked, no ETag is one.
//
// An ETag that proves nothing is left out, so it is never a difference. S3 compared
// each body with its MD5 when it arrived.
func known(listed, wanted []Part) []Part {
	want := byNumber(wanted)
	areMD5s, areNot := false, false
	for _, p := range listed {
		w := want[p.Number]
		if w.Checksum.Algorithm() != MD5 {
			continue
		}
		areMD5s = areMD5s || MD5Of(p.ETag) == w.Checksum
		areNot = areNot || w.ETag != "" && MD5Of(w.ETag) != w.Checksum
	}
	if !areMD5s && !areNot {
		return listed
	}
	all := make([]Part, len(listed))
	for i, p := range listed {
		p.Checksum = ""
		if areMD5s {
			p.Checksum = MD5Of(p.ETag)
		}
		all[i] = p
	}
	return all
}

// MD5Of returns the checksum of a part whose ETag is its MD5. It is empty if the ETag
// does not look like an MD5.
func MD5Of(e ETag) Checksum {
	sum, ok := e.md5()
	if !ok {
		return ""
	}
	return encode(sum)
}

// asSent returns parts as a CompleteMultipartUpload names them: without MD5s.
func asSent(parts []Part) []Part {
	sent := slices.Clone(parts)
	for i, p := range sent {
		if !p.Checksum.Algorithm().Kept() {
			sent[i].Checksum = ""
		}
	}
	return sent
}

// unlisted reports whether S3 took the checksum of some part and does not list it. S3
// compared the body with it when the part arrived, and the finished object may tell it.
func unlisted(listed, wanted []Part) bool {
	have := byNumber(listed)
	return slices.ContainsFunc(wanted, func(p Part) bool {
		return p.Checksum.Algorithm().Kept() && have[p.Number].Checksum == ""
	})
}

// suspected returns the error for a complete that S3 refused although every part that
// it lists is as claimed. If S3 checks parts by checksums that it does not list, and
// the claim has no ETags for them, one of these parts must be the reason.
func suspected(listed, wanted []Part, refusal error) error {
	have := byNumber(listed)
	var differ []Difference
	for _, want := range wanted {
		if p := have[want.Number]; want.ETag == "" && want.Checksum.Algorithm().Kept() && p.Checksum == "" {
			differ = append(differ, Difference{Number: want.Number, Have: &p, Want: &want})
		}
	}
	if len(differ) == 0 {
		return refusal
	}
	return differing(differ, "S3 refused the parts, and of %d it does not say what they are; PUT those again and complete again")
}
