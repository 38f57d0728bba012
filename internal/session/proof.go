package session

import "slices"

// known is listed with all that is known of its parts in an MD5 upload. The proof
// there is the part's ETag, on a server whose ETags are MD5s, and nothing in an
// ETag itself says so: with SSE-KMS it looks like one and is none. So the claim
// shows it. Where the ETag of one part is the MD5 that the part should have, all
// are MD5s. Else, where S3 answered the recorder with something other than the
// MD5 that it had checked, none is.
//
// What is not known to be a proof is left out, and so is never a difference: S3
// held each body against its MD5 when it came.
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

// MD5Of is the checksum of a part whose ETag is its MD5; empty where it has not
// the form of one.
func MD5Of(e ETag) Checksum {
	sum, ok := e.md5()
	if !ok {
		return ""
	}
	return encode(sum)
}

// asSent is what a CompleteMultipartUpload names of parts: MD5s are none of it.
func asSent(parts []Part) []Part {
	sent := slices.Clone(parts)
	for i, p := range sent {
		if !p.Checksum.Algorithm().Kept() {
			sent[i].Checksum = ""
		}
	}
	return sent
}

// unlisted reports whether there is a part whose checksum S3 took and does not
// list. S3 held the body against it then, and the finished object may tell.
func unlisted(listed, wanted []Part) bool {
	have := byNumber(listed)
	return slices.ContainsFunc(wanted, func(p Part) bool {
		return p.Checksum.Algorithm().Kept() && have[p.Number].Checksum == ""
	})
}

// suspected is what is said of a request that S3 refused, though all that can be
// seen is as claimed. Where S3 holds parts against checksums that it does not
// list, and the claim has no ETag of them, it was one of these.
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
