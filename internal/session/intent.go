package session

import "time"

// settlesWithin is the longest time that S3 may take to complete. After about half
// a minute it no longer answers, but a slow disk may work on. Meanwhile S3 may know
// neither the upload nor the object.
const settlesWithin = time.Hour

// Intent is the CompleteMultipartUpload request of a session that is completing. S3
// cannot refuse the late request of a broker that lost its lease. So a broker that
// takes over sends exactly the same request again, and never another one.
type Intent struct {
	Outcome  Outcome
	Digest   string        // of the parts as they are sent to S3
	Claim    string        // digest of the claim as it was made; empty for a salvage
	Parts    int           // how many
	Size     int64         // bytes, all parts together
	ETag     ETag          // what the object's ETag will be, if S3 hashes as it does without SSE-KMS
	Checksum Checksum      // the composite checksum, if S3 keeps the parts' checksums
	Missing  []PartNumber  // salvaged: see Result
	Duration time.Duration // as claimed
	AskedAt  time.Time     // the Store's time just before S3 was last asked; zero if an older broker made the intent
}

// underWay reports whether S3 may still be carrying out the intent.
func (i *Intent) underWay(now time.Time) bool { return now.Sub(i.AskedAt) < settlesWithin }

func intentTo(outcome Outcome, parts []Part) *Intent {
	return &Intent{Outcome: outcome, Digest: partsDigest(asSent(parts)), Parts: len(parts), Size: totalSize(parts),
		ETag: MultipartETag(parts), Checksum: compositeChecksum(parts)}
}

// among returns those parts that S3 lists and the intent has.
func (i *Intent) among(listed []Part) []Part {
	if i.Outcome == Salvaged {
		return judgeArrival(listed, nil, false).parts // with any new part it is another list
	}
	return listed[:min(i.Parts, len(listed))] // a claim names every part from 1 on
}

// made reports whether obj is the object that the intent makes. The size always
// counts. If there is a composite checksum, it decides; else the ETag, if it can be
// known beforehand.
func (i *Intent) made(obj Object) bool {
	switch {
	case obj.Size != i.Size:
		return false
	case i.Checksum != "" && obj.Checksum != "":
		return obj.Checksum == i.Checksum
	case i.ETag != "" && !obj.OpaqueETag:
		return obj.ETag.is(i.ETag)
	}
	return true
}
