package devs3

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// manner is how another provider differs from AWS, as others saw it. Nobody
// here has tried any of these providers; each difference has its source.
type manner struct {
	refuses  func(header string, part bool) *s3err.APIError // a header, in lower case, of a part or of another request
	maxParts int                                            // 0: as AWS
	minPart  int64                                          // bytes, of every part but the last; 0: as AWS
	equal    bool                                           // all parts but the last have one size
	opaque   bool                                           // the ETag of a part is not an MD5
	deaf     bool                                           // it ignores checksum algorithms and conditions
	noCORS   bool                                           // it has no PutBucketCors
	rewrites bool                                           // it changes Accept-Encoding before it checks the signature
}

// manners are by the names that internal/provider has.
var manners = map[string]manner{
	// 501 to a part with a SHA-256: Cloudflare.NET PR#43 (2026-08-24). No tags, no
	// SSE, no Object Lock: https://developers.cloudflare.com/r2/api/s3/api/. Equal
	// parts: https://developers.cloudflare.com/r2/objects/multipart-objects/. Opaque
	// ETags of parts: s3cmd#1273, s3fs#2095.
	"r2": {refuses: refusedByR2, equal: true, opaque: true},
	// 400 to x-amz-checksum-*: cyberduck#16107, exfilac#35; to every header that it
	// does not know, in the same words.
	"b2": {refuses: refusedByB2},
	// SHA-256 is not for others' tools: multicloudj#468. Conditions have headers of
	// their own: https://cloud.google.com/storage/docs/xml-api/reference-headers.
	// CORS: https://cloud.google.com/storage/docs/xml-api/put-bucket-cors. Signatures:
	// rclone, GCS.yaml.
	"gcs": {deaf: true, noCORS: true, rewrites: true},
	// 1,000 parts: https://www.scaleway.com/en/docs/object-storage/, gitlab#426260.
	"scaleway": {maxParts: 1000},
	// Parts of 15 MiB: https://docs.coreweave.com/products/storage/object-storage.
	"coreweave": {minPart: 15 << 20},
	// Parts of more than 10 MiB: micronaut-oracle-cloud PR#794.
	"oracle": {minPart: 10<<20 + 1},
}

// Manners are the names that Config.As takes.
func Manners() []string { return slices.Sorted(maps.Keys(manners)) }

func refusedByR2(header string, part bool) *s3err.APIError {
	unheard := part && header == "x-amz-checksum-sha256" || header == "x-amz-tagging" ||
		strings.HasPrefix(header, "x-amz-server-side-encryption") || strings.HasPrefix(header, "x-amz-object-lock")
	if !unheard {
		return nil
	}
	return &s3err.APIError{Code: "NotImplemented", HTTPStatusCode: http.StatusNotImplemented, Description: fmt.Sprintf("Header '%s' not implemented", header)}
}

// knownToB2 are the headers that B2's S3 takes.
// https://www.backblaze.com/docs/cloud-storage-s3-compatible-api (read by others)
var knownToB2 = []string{
	"x-amz-date", "x-amz-content-sha256", "x-amz-acl", "x-amz-meta-", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-storage-class",
	"x-amz-server-side-encryption", "x-amz-object-lock-", "x-amz-bypass-governance-retention", "x-amz-user-agent", "x-amz-decoded-content-length",
}

func refusedByB2(header string, _ bool) *s3err.APIError {
	known := func(name string) bool { return strings.HasPrefix(header, name) }
	if !strings.HasPrefix(header, "x-amz-") || slices.ContainsFunc(knownToB2, known) {
		return nil
	}
	return &s3err.APIError{Code: "InvalidArgument", HTTPStatusCode: http.StatusBadRequest, Description: fmt.Sprintf("Unsupported header '%s' received for this API call.", header)}
}

// handle refuses what the provider refuses, before anything else is checked.
func (m *manner) handle(c fiber.Ctx) error {
	query := c.RequestCtx().QueryArgs()
	number, err := strconv.Atoi(string(query.Peek("partNumber")))
	isPart := err == nil && c.Method() == fiber.MethodPut
	if m.maxParts > 0 && isPart && number > m.maxParts {
		return refuse(c, s3err.APIError{Code: "InvalidArgument", HTTPStatusCode: http.StatusBadRequest, Description: fmt.Sprintf("Part number must be an integer between 1 and %d, inclusive", m.maxParts)})
	}
	if m.noCORS && query.Has("cors") {
		return refuse(c, s3err.GetAPIError(s3err.ErrNotImplemented))
	}
	if m.rewrites && (query.Has("x-id") || signs(c, "accept-encoding")) {
		return refuse(c, s3err.GetAPIError(s3err.ErrSignatureDoesNotMatch))
	}
	if m.refuses != nil {
		for name := range c.Request().Header.All() {
			if refusal := m.refuses(strings.ToLower(string(name)), isPart); refusal != nil {
				return refuse(c, *refusal)
			}
		}
	}
	err = c.Next()
	if m.deaf {
		c.Response().Header.Del("x-amz-checksum-algorithm")
		c.Response().Header.Del("x-amz-checksum-type")
	}
	return err
}

// signs reports whether a header, in lower case, is among those that are signed.
func signs(c fiber.Ctx, header string) bool {
	_, list, _ := strings.Cut(c.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	return slices.Contains(strings.Split(list, ";"), header)
}

// foreign is strict in the manner of another provider.
type foreign struct {
	*strict
	manner manner
}

var _ backend.Backend = (*foreign)(nil)

func newForeign(s *storage, cfg Config) *foreign {
	return &foreign{newStrict(s, cfg.ListsByKeyOnly), manners[cfg.As]}
}

// CreateMultipartUpload ignores the algorithm, if the provider does.
func (f *foreign) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	if f.manner.deaf {
		in.ChecksumAlgorithm, in.ChecksumType = "", ""
	}
	return f.strict.CreateMultipartUpload(ctx, in)
}

// UploadPart answers with the provider's ETag.
func (f *foreign) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	out, err := f.strict.UploadPart(ctx, in)
	if err == nil && f.manner.opaque {
		out.ETag = aws.String(disguised(aws.ToString(out.ETag)))
	}
	return out, err
}

// ListParts lists the provider's ETags.
func (f *foreign) ListParts(ctx context.Context, in *s3.ListPartsInput) (s3response.ListPartsResult, error) {
	res, err := f.strict.ListParts(ctx, in)
	for i := range res.Parts {
		if f.manner.opaque {
			res.Parts[i].ETag = disguised(res.Parts[i].ETag)
		}
	}
	return res, err
}

// CompleteMultipartUpload looks at the sizes first.
func (f *foreign) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	if err := f.checkSizes(ctx, in); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	if f.manner.deaf {
		in.IfNoneMatch = nil
	}
	if f.manner.opaque && in.MultipartUpload != nil {
		for i, part := range in.MultipartUpload.Parts {
			in.MultipartUpload.Parts[i].ETag = aws.String(revealed(aws.ToString(part.ETag)))
		}
	}
	return f.strict.CompleteMultipartUpload(ctx, in)
}

// checkSizes refuses parts that are too small for the provider, or not of one
// size. The last may be smaller.
func (f *foreign) checkSizes(ctx context.Context, in *s3.CompleteMultipartUploadInput) error {
	if f.manner.minPart == 0 && !f.manner.equal {
		return nil
	}
	sizes, err := f.sizes(ctx, in)
	if err != nil || len(sizes) == 0 {
		return err
	}
	for _, size := range sizes[:len(sizes)-1] {
		if size < f.manner.minPart {
			return s3err.APIError{Code: "EntityTooSmall", HTTPStatusCode: http.StatusBadRequest, Description: "Your proposed upload is smaller than the minimum allowed object size."}
		}
		if f.manner.equal && size != sizes[0] {
			return s3err.APIError{Code: "InvalidPart", HTTPStatusCode: http.StatusBadRequest, Description: "All non-trailing parts must have the same length."}
		}
	}
	if f.manner.equal && sizes[len(sizes)-1] > sizes[0] {
		return s3err.APIError{Code: "InvalidPart", HTTPStatusCode: http.StatusBadRequest, Description: "The last part must not be larger than the others."}
	}
	return nil
}

// sizes are those of all parts of the upload, in order.
func (f *foreign) sizes(ctx context.Context, in *s3.CompleteMultipartUploadInput) (sizes []int64, err error) {
	next := &s3.ListPartsInput{Bucket: in.Bucket, Key: in.Key, UploadId: in.UploadId, MaxParts: aws.Int32(1000)}
	for {
		page, err := f.strict.ListParts(ctx, next)
		if err != nil {
			return nil, err
		}
		for _, part := range page.Parts {
			sizes = append(sizes, part.Size)
		}
		if !page.IsTruncated {
			return sizes, nil
		}
		next.PartNumberMarker = aws.String(strconv.Itoa(page.NextPartNumberMarker))
	}
}

// disguised is an ETag that is not an MD5, and still differs between two
// bodies.
func disguised(etag string) string { return swapped(etag, "0123456789abcdef", "ghijklmnopqrstuv") }

func revealed(etag string) string { return swapped(etag, "ghijklmnopqrstuv", "0123456789abcdef") }

func swapped(text, from, to string) string {
	return strings.Map(func(r rune) rune {
		if at := strings.IndexRune(from, r); at >= 0 {
			return rune(to[at])
		}
		return r
	}, text)
}
