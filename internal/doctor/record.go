package doctor

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what S3's ETags are
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// probe is the whole recording. It is the last part of its upload, so it may
// be as small as it likes.
var probe = []byte("slipway: broker doctor\n")

const contentType = "application/octet-stream"

// record makes a recording of a single part, as a recorder and a broker would,
// and tries what S3 must refuse. clean removes what record leaves open.
func (e *examination) record(ctx context.Context) {
	rest := []string{"s3-list-prefix", "s3-length", "s3-put", "cors", "cors-etag", "s3-poster", "s3-list-parts", "s3-size", "s3-complete", "s3-etag", "s3-complete-again", "s3-get", "cors-get", "s3-condition", "s3-delete"}
	u, err := e.create(ctx, e.algorithm)
	e.r.note("s3-create", e.may(err, "an upload can be opened, encrypted, stored and tagged as configured", "objects", "s3:PutObject"))
	if err != nil {
		e.r.skip("s3-create", rest...)
		return
	}
	e.r.note("s3-list-prefix", e.listedByPrefix(ctx, u))
	sum := sumFor(u, probe)
	url, err := e.sign(ctx, u, int64(len(probe)), sum)
	if err != nil {
		e.r.note("s3-length", fail(mendCredentials, "%s", why(err)))
		e.r.skip("s3-length", rest[2:]...)
		return
	}
	e.r.note("s3-length", e.length(ctx, url, sum))
	etag, v := e.upload(ctx, url, sum)
	e.r.note("s3-put", v)
	e.pages(ctx, url, sum)
	if etag == "" {
		e.r.skip("s3-put", rest[5:]...)
		return
	}
	e.r.note("s3-poster", e.poster(ctx))
	parts, err := e.Bucket.ListParts(ctx, u)
	e.r.note("s3-list-parts", e.listed(parts, err, etag))
	e.finish(ctx, u, etag)
}

func (e *examination) create(ctx context.Context, algorithm session.ChecksumAlgorithm) (session.Upload, error) {
	n := session.NewUpload{Key: e.key, ContentType: contentType}
	if algorithm != session.NoChecksum {
		n.Algorithms = []session.ChecksumAlgorithm{algorithm}
	}
	u, err := e.Bucket.Create(ctx, n)
	if err == nil {
		e.open[u.ID] = u
	}
	return u, err
}

func (e *examination) sign(ctx context.Context, u session.Upload, size int64, sum session.Checksum) (session.SignedURL, error) {
	return e.signed(ctx, u, session.PartToSign{Number: 1, Size: size, Checksum: sum})
}

// signPart signs exactly this body.
func (e *examination) signPart(ctx context.Context, u session.Upload, number session.PartNumber, body []byte) (session.SignedURL, error) {
	return e.signed(ctx, u, session.PartToSign{Number: number, Size: int64(len(body)), Checksum: sumFor(u, body)})
}

func (e *examination) signed(ctx context.Context, u session.Upload, part session.PartToSign) (session.SignedURL, error) {
	signed, err := e.Signer.SignParts(ctx, u, []session.PartToSign{part}, urlLife)
	if err != nil {
		return "", err
	}
	return signed[0].URL, nil
}

// listedByPrefix looks for an open upload under the prefix of all that brokers
// upload. The sweep and rebuild have no other way to find one.
func (e *examination) listedByPrefix(ctx context.Context, u session.Upload) verdict {
	const alone = "# nothing to set: the broker goes on with the uploads that it knows; let the server itself end the others, later than BROKER_SESSION_TTL"
	found, err := e.lists(ctx, e.KeyPrefix, u)
	if err == nil {
		e.r.Profile.ListsByKeyOnly = saw(e, !found)
	}
	if err == nil && found {
		return good("an unfinished upload is listed by its prefix")
	}
	if err == nil {
		found, err = e.lists(ctx, string(e.key), u)
	}
	switch {
	case err != nil:
		return e.may(err, "", "bucket", "s3:ListBucketMultipartUploads")
	case found:
		return warn(alone, "an unfinished upload is listed by its whole key only: neither sweep nor `broker rebuild` finds one that no record and no token knows")
	}
	return warn(alone, "an unfinished upload is not listed: neither sweep nor `broker rebuild` finds one that no record and no token knows")
}

// lists looks through the uploads under prefix, beginning right before the key
// of u. If the server refuses that, it begins with the first: MinIO takes no
// place that does not begin with the prefix (NotImplemented, seen 2026-11-29).
func (e *examination) lists(ctx context.Context, prefix string, u session.Upload) (bool, error) {
	page, err := e.Bucket.Uploads(ctx, prefix, session.UploadCursor{Key: before(u.Key)}, 100)
	if slices.Contains([]string{"NotImplemented", "InvalidArgument"}, codeOf(err)) {
		page, err = e.Bucket.Uploads(ctx, prefix, session.UploadCursor{}, 1000)
	}
	return slices.ContainsFunc(page.Uploads, func(l session.ListedUpload) bool { return l.ID == u.ID && l.Key == u.Key }), err
}

// before is a key shortly before another one.
func before(key session.Key) session.Key { return key[:len(key)-1] }

// length sends another length than was signed.
func (e *examination) length(ctx context.Context, url session.SignedURL, sum session.Checksum) verdict {
	var refused answer
	for _, body := range [][]byte{append(bytes.Clone(probe), "and more\n"...), probe[:len(probe)-1]} {
		a, err := e.put(ctx, url, "", sum, body)
		switch {
		case err != nil:
			return skipped("the PUT of another length than was signed was broken off: %s", why(err))
		case a.ok():
			return fail("# use an S3 server, or a proxy before it, that checks signed headers: content-length is one", "a PUT of %d bytes is taken where %d were signed, so anybody who records can get past every limit", len(body), len(probe))
		}
		refused = a
	}
	return good("a PUT of another length than was signed is refused (%s)", refused)
}

// upload sends the part and returns its ETag, or "" if S3 did not take it.
func (e *examination) upload(ctx context.Context, url session.SignedURL, sum session.Checksum) (string, verdict) {
	a, err := e.put(ctx, url, "", sum, probe)
	switch {
	case err != nil:
		return "", fail("BROKER_S3_PUBLIC_ENDPOINT=https://…  # as browsers reach S3", "a presigned PUT got %s", why(err))
	case !a.ok():
		return "", fail(e.mendRefused(a), "a presigned PUT is refused (%s)", a)
	case a.header.Get("ETag") == "":
		return "", fail("# use an S3 server, or a proxy before it, that answers a PUT with an ETag", "a presigned PUT is answered without an ETag")
	}
	return a.header.Get("ETag"), good("a presigned PUT is taken")
}

func (e *examination) listed(parts []session.Part, err error, etag string) verdict {
	// The part may be listed more than once, because it was PUT for each origin
	// too. s3-replaced-part reports servers that list every PUT.
	asSent := slices.ContainsFunc(parts, func(p session.Part) bool { return p.Size == int64(len(probe)) && string(p.ETag) == etag })
	others := slices.ContainsFunc(parts, func(p session.Part) bool { return p.Number != 1 })
	if err != nil || asSent && !others {
		return e.may(err, "the part is listed as it was sent", "objects", "s3:ListMultipartUploadParts")
	}
	return fail("# use an S3 server whose ListParts tells sizes and ETags as PUT did", "the part is not listed as it was sent: %d parts", len(parts))
}

// finish completes the upload, reads it as a player would, and deletes it.
func (e *examination) finish(ctx context.Context, u session.Upload, etag string) {
	done, v := e.size(ctx, u, etag)
	e.r.note("s3-size", v)
	obj, err := e.completed(ctx, u, etag, done)
	e.r.note("s3-complete", e.may(err, "the upload can be completed", "objects", "s3:PutObject"))
	if err != nil {
		e.r.skip("s3-complete", "s3-etag", "s3-complete-again", "s3-get", "cors-get", "s3-condition", "s3-delete")
		return
	}
	e.versions = e.hasVersion(ctx)
	e.r.note("s3-etag", e.etag(ctx, etag, obj))
	e.r.note("s3-complete-again", e.again(ctx, u, etag))
	e.play(ctx)
	e.r.note("s3-condition", e.condition(ctx))
	e.r.note("s3-delete", e.delete(ctx))
}

// completed completes as a broker does. If done, it was completed already, and
// completed only checks.
func (e *examination) completed(ctx context.Context, u session.Upload, etag string, done bool) (session.Object, error) {
	if done {
		return e.Bucket.Head(ctx, e.key)
	}
	obj, err := e.Bucket.Complete(ctx, u, e.claim(u, etag), int64(len(probe)))
	if err == nil {
		delete(e.open, u.ID)
	}
	return obj, err
}

// hasVersion says whether the object is one version of several.
func (e *examination) hasVersion(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	out, err := e.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &e.BucketName, Key: aws.String(string(e.key))})
	return err == nil && aws.ToString(out.VersionId) != ""
}

func (e *examination) claim(u session.Upload, etag string) []session.Part {
	return []session.Part{{Number: 1, Size: int64(len(probe)), ETag: session.ETag(etag), Checksum: sumFor(u, probe)}}
}

// etag compares the ETag in the answer to complete with the object's, and both
// with the one that AWS would give.
func (e *examination) etag(ctx context.Context, part string, told session.Object) verdict {
	obj, err := e.Bucket.Head(ctx, e.key)
	if err != nil {
		return skipped("the object cannot be looked at: %s", why(err))
	}
	sum, err := hex.DecodeString(strings.Trim(part, `"`))
	foretold := fmt.Sprintf(`"%x-1"`, md5.Sum(sum)) //nolint:gosec // S3's definition
	e.r.Profile.OpaqueETags = saw(e, err != nil || string(obj.ETag) != foretold)
	switch {
	case obj.ETag != told.ETag:
		return warn("# nothing to set: the broker compares size and checksums then", "the answer to complete has another ETag than the object")
	case err != nil || string(obj.ETag) != foretold:
		return good("the ETag of a recording is opaque: not the MD5 of its parts' MD5s. The broker learns this by itself")
	}
	return good("the ETag of a recording is the MD5 of its parts' MD5s")
}

// again repeats a complete, as a broker does if the answer was lost.
func (e *examination) again(ctx context.Context, u session.Upload, etag string) verdict {
	_, err := e.Bucket.Complete(ctx, u, e.claim(u, etag), int64(len(probe)))
	_, listing := e.Bucket.ListParts(ctx, u)
	switch {
	case reasonOf(listing) == "s3-denied":
		return skipped("whether it is gone cannot be seen: %s", why(listing))
	case session.KindOf(listing) != session.NotFound:
		return fail("# use an S3 server that answers NoSuchUpload for an upload that is completed", "a completed upload is still there (%s): a PUT that comes late may break the finished recording", orNothing(listing))
	case err == nil:
		return good("completing again gives the same answer")
	case session.KindOf(err) == session.NotFound, session.KindOf(err) == session.Conflict:
		return good("completing again is refused (%s)", why(err))
	}
	return fail("# use an S3 server that answers a repeated complete", "completing again got %s", why(err))
}

func orNothing(err error) string {
	if err != nil {
		return why(err)
	}
	return "it lists parts"
}

// complete sends one CompleteMultipartUpload, with a condition if there is one.
func (e *examination) complete(ctx context.Context, u session.Upload, etag, unless string, size int64) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &e.BucketName, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)), MpuObjectSize: &size,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: &etag}}},
	}
	if u.Algorithm == session.SHA256 { // the upload in a bucket with Object Lock
		in.MultipartUpload.Parts[0].ChecksumSHA256 = aws.String(string(sumFor(u, probe)))
	}
	if unless != "" {
		in.IfNoneMatch = &unless
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	_, err := e.S3.CompleteMultipartUpload(ctx, in)
	if err == nil {
		delete(e.open, u.ID)
	}
	return err
}

// size claims another size than the parts have together.
func (e *examination) size(ctx context.Context, u session.Upload, etag string) (done bool, v verdict) {
	if err := e.complete(ctx, u, etag, "", int64(len(probe))+1); err != nil {
		e.r.Profile.ObjectSize = saw(e, true)
		return false, good("completing with a wrong size is refused (%s)", why(err))
	}
	e.r.Profile.ObjectSize = saw(e, false)
	return true, warn("# nothing to set: the broker compares the sizes itself, right before it completes", "completing with a wrong x-amz-mp-object-size is accepted")
}

// play reads the object as the watch page's player does, and as a page's own
// script might.
func (e *examination) play(ctx context.Context) {
	signed, err := e.Signer.SignGet(ctx, e.key, session.Playback{ContentType: contentType, Disposition: "inline"}, urlLife)
	var a answer
	if err == nil {
		a, err = e.get(ctx, http.MethodGet, signed.URL, nil)
	}
	switch {
	case err != nil:
		e.r.note("s3-get", fail("BROKER_S3_PUBLIC_ENDPOINT=https://…  # as browsers reach S3", "a presigned GET got %s", why(err)))
	case !a.ok() && a.code == "SignatureDoesNotMatch":
		e.r.note("s3-get", fail(a.mend, "a presigned GET is refused (%s)", a))
	case !a.ok():
		e.r.note("s3-get", fail(e.allow("objects", "s3:GetObject"), "a presigned GET is refused (%s)", a))
	case !bytes.Equal(a.body, probe):
		e.r.note("s3-get", fail("# is there a proxy before S3 that changes answers?", "a presigned GET is answered with other bytes than were sent"))
	default:
		e.r.note("s3-get", good("a presigned GET is answered with what was sent"))
	}
	for _, origin := range e.Origins {
		e.r.noteOf("cors-get", origin, e.readable(ctx, signed.URL, origin))
	}
}

// condition completes a second upload of the same key, which must not replace
// the object.
func (e *examination) condition(ctx context.Context) verdict {
	u, err := e.create(ctx, e.algorithm)
	if err != nil {
		return skipped("no second upload can be opened: %s", why(err))
	}
	sum := sumFor(u, probe)
	url, err := e.sign(ctx, u, int64(len(probe)), sum)
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	etag, _ := e.upload(ctx, url, sum)
	if etag == "" {
		return skipped("no second upload can be filled")
	}
	err = e.complete(ctx, u, etag, "*", int64(len(probe)))
	e.r.Profile.IfNoneMatch = saw(e, statusOf(err) == http.StatusPreconditionFailed)
	switch {
	case err == nil:
		return warn("# nothing to set: a session's key is used twice only after Redis was lost", "If-None-Match is ignored: a second upload of a key replaces the first")
	case statusOf(err) == http.StatusPreconditionFailed:
		return good("a second upload does not replace a recording (If-None-Match is honoured)")
	case slices.Contains([]string{"NotImplemented", "InvalidArgument", "InvalidRequest"}, codeOf(err)):
		return warn("# nothing to set: the broker asks for the object before it completes, which leaves a moment in between", "this S3 has no If-None-Match on complete")
	default:
		return warn("# nothing to set", "completing with If-None-Match got %s", why(err))
	}
}

func (e *examination) delete(ctx context.Context) verdict {
	if err := e.Bucket.Delete(ctx, e.key); err != nil {
		return e.may(err, "", "objects", "s3:DeleteObject")
	}
	if _, err := e.Bucket.Head(ctx, e.key); session.KindOf(err) != session.NotFound {
		return fail(e.allow("objects", "s3:DeleteObject"), "the recording was deleted, and is still there")
	}
	return good("a recording can be deleted")
}
