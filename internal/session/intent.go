package session

import "time"

// settlesWithin is how long S3 may take over a complete. It answers nobody
// after half a minute or so, and a slow disk goes on for longer: meanwhile it
// may know neither the upload nor the object.
const settlesWithin = time.Hour

// Intent is the one CompleteMultipartUpload request a session stands for once
// it is completing. S3 has no fencing, so a broker that takes over replays
// this very request and never makes another.
type Intent struct {
	Outcome  Outcome
	Digest   string        // of what is asked of S3: of the parts as sent
	Claim    string        // names the claim as it was made; empty in a salvage
	Parts    int           // how many
	Size     int64         // bytes, all parts together
	ETag     ETag          // what the object's ETag will be, if S3 hashes as it does without SSE-KMS
	Checksum Checksum      // the composite checksum, where the parts' are kept
	Missing  []PartNumber  // salvaged: see Result
	Duration time.Duration // as claimed
	AskedAt  time.Time     // the Store's, just before S3 was asked last; zero where an older broker made it
}

// underWay reports whether S3 may still be at what it was asked.
func (i *Intent) underWay(now time.Time) bool { return now.Sub(i.AskedAt) < settlesWithin }

func intentTo(outcome Outcome, parts []Part) *Intent {
	return &Intent{Outcome: outcome, Digest: partsDigest(asSent(parts)), Parts: len(parts), Size: totalSize(parts),
		ETag: MultipartETag(parts), Checksum: compositeChecksum(parts)}
}

// among picks the parts of the intent from those that S3 lists.
func (i *Intent) among(listed []Part) []Part {
	if i.Outcome == Salvaged {
		return judgeArrival(listed, nil, false).parts // with any new part it is another list
	}
	return listed[:min(i.Parts, len(listed))] // a claim names every part from 1 on
}

// made reports whether obj is what the intent would make. The composite
// checksum decides where there is one; else the ETag, where it can be
// foretold; and the size always.
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
