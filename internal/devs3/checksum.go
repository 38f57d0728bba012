package devs3

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/s3err"
)

// none is how S3 writes "no checksum" in its messages.
const none = "null"

// algorithm is the checksum an upload was created with.
type algorithm struct {
	name string // lower case, none for none
	kind types.ChecksumType
}

// check refuses a part whose checksum is not the one that its upload wants.
// part is the algorithm of the part's checksum, none if it has none.
//
// On AWS the checksum belongs to the upload. In an upload without one, parts
// must have none. With a composite checksum, which SHA-256 always is, every
// part must have it. A client may leave a full-object checksum (the CRCs) to
// the server. versitygw 1.8.0 enforces the last two, and accepts anything in
// an upload without a checksum.
func (a algorithm) check(part string) error {
	switch {
	case part == a.name:
		return nil
	case part == none && a.kind == types.ChecksumTypeFullObject:
		return nil
	}
	return s3err.GetChecksumTypeMismatchErr(types.ChecksumAlgorithm(a.name), types.ChecksumAlgorithm(part))
}

// partChecksum returns the algorithm of the checksum a part carries, in a
// header or at the end of an aws-chunked body, or none.
func partChecksum(in *s3.UploadPartInput) string {
	if r, ok := isChunked(in.Body); ok && r.Algorithm() != "" {
		return r.Algorithm()
	}
	for _, header := range []struct {
		name  string
		value *string
	}{
		{"sha256", in.ChecksumSHA256},
		{"sha1", in.ChecksumSHA1},
		{"sha512", in.ChecksumSHA512},
		{"md5", in.ChecksumMD5},
		{"crc32", in.ChecksumCRC32},
		{"crc32c", in.ChecksumCRC32C},
		{"crc64nvme", in.ChecksumCRC64NVME},
		{"xxhash64", in.ChecksumXXHASH64},
		{"xxhash3", in.ChecksumXXHASH3},
		{"xxhash128", in.ChecksumXXHASH128},
	} {
		if header.value != nil {
			return header.name
		}
	}
	return none
}
