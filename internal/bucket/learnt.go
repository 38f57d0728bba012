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
// and some refuse. The broker does what it is for by itself then.
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

// learnt is what this S3 server was seen to lack. It is safe for concurrent use.
type learnt struct {
	log *slog.Logger

	mu      sync.Mutex                  // guards what follows
	refused []string                    // names of options that are not sent any more
	opaque  bool                        // ETags of objects are no MD5s of MD5s
	lacking []session.ChecksumAlgorithm // that uploads are opened without
	etags   partETags                   // what those of parts are
}

// partETags is what is known of the ETags of parts.
type partETags struct {
	md5s  bool // of what is not encrypted with KMS, as is known of the server
	plain bool // and the upload that was opened last is not encrypted so
}

// without remembers which options are refused, and tells of each once.
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

// opaqueETags says whether an object's ETag can be foretold.
func (l *learnt) opaqueETags() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opaque
}

// compare holds the ETag of a recording that was completed just now against the
// foretold one. SSE-KMS makes ETags opaque on AWS, and some servers always do.
func (l *learnt) compare(ctx context.Context, told, foretold session.ETag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opaque || told == foretold || foretold == "" {
		return
	}
	l.opaque = true
	l.log.WarnContext(ctx, "this S3 server's ETags are not made of the parts' MD5s; recordings are told apart by checksum and size from now on")
}

// Why an algorithm is not used any more.
const (
	refusesIt    = "it refuses uploads that are opened with it"
	passesOverIt = "it does not answer with the algorithm that an upload was opened with"
	listsNone    = "it does not list the checksums of parts"
)

// hold looks whether parts that had to have a checksum are listed with it. Where
// they are not, nobody can complete them without the recorder, as SeaweedFS 4.53
// wants to be told what it does not tell.
func (l *learnt) hold(ctx context.Context, a session.ChecksumAlgorithm, parts []session.Part) {
	if slices.ContainsFunc(parts, func(p session.Part) bool { return p.Checksum == "" }) {
		l.lack(ctx, listsNone, a)
	}
}

// lack has uploads opened without these algorithms from now on, and tells of each
// once.
func (l *learnt) lack(ctx context.Context, why string, algorithms ...session.ChecksumAlgorithm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range algorithms {
		if !slices.Contains(l.lacking, a) {
			l.lacking = append(l.lacking, a)
			l.log.WarnContext(ctx, "this S3 server cannot be trusted with a checksum; uploads are opened without from now on", "checksum", string(a), "because", why)
		}
	}
}

// trusted are those of algorithms that S3 is to be told of.
func (l *learnt) trusted(algorithms []session.ChecksumAlgorithm) []session.ChecksumAlgorithm {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(algorithms), func(a session.ChecksumAlgorithm) bool {
		return !a.Kept() || slices.Contains(l.lacking, a)
	})
}

// encryption is what S3 said of an upload that was opened just now: with KMS the
// ETags of parts are no MD5s, whoever asked for it.
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

// leftOut are the options that are not sent any more.
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

// refusesChecksum says whether err may be a refusal of the checksum that an
// upload was to be opened with: AWS, and Cloudflare R2 of some, say NotImplemented;
// Backblaze B2 says InvalidArgument of every header that it does not know.
func refusesChecksum(err error) bool {
	return slices.Contains(headerRefusals, codeOf(err))
}

// headerRefusals are the codes with which servers refuse a header.
var headerRefusals = []string{notImplemented, "InvalidArgument", "InvalidRequest"}

// refusesOption says whether err may be a refusal of an option, and which ones
// it names that were sent. S3's own word is NotImplemented, which can do
// without a name; others say InvalidArgument or InvalidRequest.
//
// A size that is not the object's is refused with InvalidRequest too, and the
// header is named: that refusal says what does not match.
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
