package bucket

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"slipway/internal/session"
)

// option is something in a request to complete that S3 servers can do without
// and some refuse. Without it, the broker does the same by itself.
type option struct {
	name string // as S3 calls it
	omit func(*s3.CompleteMultipartUploadInput)
}

const (
	ifNoneMatch   = "If-None-Match"
	mpuObjectSize = "x-amz-mp-object-size"
	checksumType  = "x-amz-checksum-type"
	checksumMode  = "x-amz-checksum-mode" // of HEAD
)

var options = []option{
	{ifNoneMatch, func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = nil }},
	{mpuObjectSize, func(in *s3.CompleteMultipartUploadInput) { in.MpuObjectSize = nil }},
	{checksumType, func(in *s3.CompleteMultipartUploadInput) { in.ChecksumType = "" }},
}

// learnt is what the broker saw this S3 server lack. It is safe for concurrent
// use.
type learnt struct {
	log *slog.Logger

	mu      sync.Mutex                  // guards what follows
	refused []string                    // names of options that the broker no longer sends
	opaque  bool                        // ETags of objects are not MD5s of MD5s
	lacking []session.ChecksumAlgorithm // algorithms that uploads are opened without
	etags   partETags                   // what the ETags of parts are
}

// partETags is what the broker knows about the ETags of parts.
type partETags struct {
	md5s  bool // the server's part ETags are MD5s without KMS
	plain bool // the newest upload is not encrypted with KMS
}

// without remembers which options the server refuses, and logs each once.
func (l *learnt) without(ctx context.Context, names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		if !slices.Contains(l.refused, name) {
			l.refused = append(l.refused, name)
			l.log.WarnContext(ctx, "this S3 server does not take a header; it is left out from now on", "header", name)
		}
	}
}

// opaqueETags says whether the broker cannot compute an object's ETag in
// advance.
func (l *learnt) opaqueETags() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opaque
}

// compare compares the ETag of a recording that was completed just now with
// the computed one. SSE-KMS makes ETags opaque on AWS, and some servers always
// do.
func (l *learnt) compare(ctx context.Context, told, foretold session.ETag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opaque || told == foretold || foretold == "" {
		return
	}
	l.opaque = true
	l.log.WarnContext(ctx, "this S3 server does not make ETags from the parts' MD5s; from now on recordings are compared by checksum and size")
}

// Why the broker no longer uses an algorithm.
const (
	refusesIt    = "it refuses uploads that are opened with this checksum"
	passesOverIt = "it does not answer with the algorithm that an upload was opened with"
	listsNone    = "it does not list the checksums of parts"
)

// hold checks whether S3 lists the checksums of parts that must have one. If
// it does not, nobody can complete them without the recorder: SeaweedFS 4.53
// wants to be told checksums that it does not list.
func (l *learnt) hold(ctx context.Context, a session.ChecksumAlgorithm, parts []session.Part) {
	if slices.ContainsFunc(parts, func(p session.Part) bool { return p.Checksum == "" }) {
		l.lack(ctx, listsNone, a)
	}
}

// lack opens uploads without these algorithms from now on, and logs each once.
func (l *learnt) lack(ctx context.Context, why string, algorithms ...session.ChecksumAlgorithm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range algorithms {
		if !slices.Contains(l.lacking, a) {
			l.lacking = append(l.lacking, a)
			l.log.WarnContext(ctx, "this S3 server does not handle a checksum; from now on uploads are opened without it", "checksum", string(a), "because", why)
		}
	}
}

// trusted are those algorithms that S3 may be told of.
func (l *learnt) trusted(algorithms []session.ChecksumAlgorithm) []session.ChecksumAlgorithm {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(algorithms), func(a session.ChecksumAlgorithm) bool {
		return !a.Kept() || slices.Contains(l.lacking, a)
	})
}

// encryption notes what S3 said about an upload that was opened just now. With
// KMS the ETags of parts are not MD5s, even if the bucket and not the broker
// asked for KMS.
func (l *learnt) encryption(of types.ServerSideEncryption) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.etags.plain = of == "" || of == types.ServerSideEncryptionAes256
}

// partMD5s says whether the ETag of a part is surely its MD5.
func (l *learnt) partMD5s() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.etags.md5s && l.etags.plain
}

// leftOut are the options that the broker no longer sends.
func (l *learnt) leftOut() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.refused)
}

// leaveOut takes options out of a request.
func leaveOut(in *s3.CompleteMultipartUploadInput, names []string) *s3.CompleteMultipartUploadInput {
	less := *in
	for _, o := range options {
		if slices.Contains(names, o.name) {
			o.omit(&less)
		}
	}
	return &less
}

// refusesChecksum says whether err may mean that the server refuses the
// checksum of a new upload. AWS says NotImplemented, and so does Cloudflare R2
// for some algorithms. Backblaze B2 says InvalidArgument to every header that
// it does not know.
func refusesChecksum(err error) bool {
	return slices.Contains(headerRefusals, codeOf(err))
}

// headerRefusals are the codes with which servers refuse a header.
var headerRefusals = []string{notImplemented, "InvalidArgument", "InvalidRequest"}

// refusesOption says whether err may mean that the server refuses an option,
// and which of the sent options it names. S3's own code is NotImplemented,
// which can come without a name; others say InvalidArgument or InvalidRequest.
//
// S3 also answers InvalidRequest, and names the header, if the size is not the
// object's. Such a refusal says what does not match.
func refusesOption(err error, leftOut []string) (named []string, refuses bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !slices.Contains(headerRefusals, api.ErrorCode()) {
		return nil, false
	}
	words := strings.ToLower(api.ErrorMessage())
	for _, o := range options {
		name := strings.ToLower(o.name)
		if strings.Contains(words, name) && !slices.Contains(leftOut, o.name) {
			named = append(named, o.name)
		}
		words = strings.ReplaceAll(words, name, "")
	}
	if strings.Contains(words, "match") {
		return nil, false
	}
	return named, len(named) > 0 || api.ErrorCode() == notImplemented
}

const notImplemented = "NotImplemented"
