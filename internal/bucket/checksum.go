package bucket

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// kept are the checksum algorithms whose values S3 stores, in S3's own words.
var kept = map[session.ChecksumAlgorithm]types.ChecksumAlgorithm{
	session.SHA256: types.ChecksumAlgorithmSha256,
	session.CRC32C: types.ChecksumAlgorithmCrc32c,
}

// algorithmOf reads S3's word.
func algorithmOf(word types.ChecksumAlgorithm) session.ChecksumAlgorithm {
	for name, theirs := range kept {
		if word == theirs {
			return name
		}
	}
	return session.NoChecksum
}

// keptOf is the one checksum that S3 lists for a part.
func keptOf(sha256, crc32c *string) session.Checksum {
	if sha256 != nil {
		return session.Checksum(*sha256)
	}
	return session.Checksum(aws.ToString(crc32c))
}

// compositeOf is the checksum of an object if it is a checksum of its parts'
// checksums. A checksum of the object's bytes cannot be compared with those of
// parts.
func compositeOf(sha256, crc32c *string) session.Checksum {
	if sum := keptOf(sha256, crc32c); strings.Contains(string(sum), "-") {
		return sum
	}
	return ""
}

// name puts a part's checksum into a request to complete.
func name(p *types.CompletedPart, sum session.Checksum) {
	switch sum.Algorithm() {
	case session.SHA256:
		p.ChecksumSHA256 = aws.String(string(sum))
	case session.CRC32C:
		p.ChecksumCRC32C = aws.String(string(sum))
	}
}

// create tries the algorithms in order, and at last none. If S3 refuses an
// algorithm and takes the same request without it, create does not try it
// again. The same holds if S3 passes over an algorithm. AWS answers with the
// algorithm that it checks the upload by. A server that does not, such as Ceph
// RGW 16.2, takes parts with any checksum and lists none, so its checksums
// prove nothing.
func (b *Bucket) create(ctx context.Context, in *s3.CreateMultipartUploadInput, algorithms []session.ChecksumAlgorithm) (*s3.CreateMultipartUploadOutput, session.ChecksumAlgorithm, error) {
	rest := session.NoChecksum // what an upload has if S3 is told of no algorithm
	if slices.Contains(algorithms, session.MD5) {
		rest = session.MD5
	}
	var refused []session.ChecksumAlgorithm
	for _, a := range b.learnt.trusted(algorithms) {
		in.ChecksumAlgorithm, in.ChecksumType = kept[a], types.ChecksumTypeComposite
		out, err := b.client.CreateMultipartUpload(ctx, in)
		if refusesChecksum(err) {
			refused = append(refused, a)
			continue
		}
		if err != nil {
			return nil, "", err
		}
		b.learnt.lack(ctx, refusesIt, refused...)
		if out.ChecksumAlgorithm != in.ChecksumAlgorithm {
			b.learnt.lack(ctx, passesOverIt, a)
			a = rest
		}
		return out, a, nil
	}
	in.ChecksumAlgorithm, in.ChecksumType = "", ""
	out, err := b.client.CreateMultipartUpload(ctx, in)
	if err == nil {
		b.learnt.lack(ctx, refusesIt, refused...)
	}
	return out, rest, err
}
