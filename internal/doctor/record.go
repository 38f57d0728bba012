package doctor

import (
	"bytes"
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// probe is the whole recording; the last part of an upload, and this is the
// last, may be as small as it likes.
var probe = []byte("slipway: broker doctor\n")

const contentType = "application/octet-stream"

// record makes a recording of a single part, as a recorder and a broker would,
// and tries what S3 must refuse. What it leaves open, clean takes away.
func (e *examination) record(ctx context.Context) {
	rest := []string{"s3-length", "s3-put", "cors", "cors-etag", "s3-list-parts", "s3-size", "s3-complete", "s3-get", "cors-get", "s3-condition", "s3-delete"}
	u, err := e.create(ctx, session.NoChecksum)
	e.r.note("s3-create", e.may(err, "an upload can be opened, encrypted, stored and tagged as configured", "objects", "s3:PutObject"))
	if err != nil {
		e.r.skip("s3-create", rest...)
		return
	}
	url, err := e.sign(ctx, u, int64(len(probe)), "")
	if err != nil {
		e.r.note("s3-length", fail("export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…  # or a profile or a role", "%s", why(err)))
		e.r.skip("s3-length", rest[1:]...)
		return
	}
	e.r.note("s3-length", e.length(ctx, url))
	etag, v := e.upload(ctx, url)
	e.r.note("s3-put", v)
	e.pages(ctx, url)
	if etag == "" {
		e.r.skip("s3-put", "s3-list-parts", "s3-size", "s3-complete", "s3-get", "cors-get", "s3-condition", "s3-delete")
		return
	}
	parts, err := e.Bucket.ListParts(ctx, u)
	e.r.note("s3-list-parts", e.listed(parts, err, etag))
	e.finish(ctx, u, etag)
}

func (e *examination) create(ctx context.Context, algorithm session.ChecksumAlgorithm) (session.Upload, error) {
	id, err := e.Bucket.Create(ctx, session.NewUpload{Key: e.key, ContentType: contentType, Algorithm: algorithm})
	u := session.Upload{Key: e.key, ID: id, Algorithm: algorithm}
	if err == nil {
		e.open[id] = u
	}
	return u, err
}

func (e *examination) sign(ctx context.Context, u session.Upload, size int64, sum session.Checksum) (session.SignedURL, error) {
	signed, err := e.Signer.SignParts(ctx, u, []session.PartToSign{{Number: 1, Size: size, Checksum: sum}}, urlLife)
	if err != nil {
		return "", err
	}
	return signed[0].URL, nil
}

// length sends another length than was signed.
func (e *examination) length(ctx context.Context, url session.SignedURL) verdict {
	a, err := e.put(ctx, url, "", "", append(bytes.Clone(probe), "and more\n"...))
	switch {
	case err != nil:
		return skipped("the PUT of another length than was signed was broken off: %s", why(err))
	case a.ok():
		return fail("# use an S3 server, or a proxy before it, that checks signed headers: content-length is one", "a PUT of another length than was signed is taken, so anybody who records can get past every limit")
	}
	return good("a PUT of another length than was signed is refused (%s)", a)
}

// upload sends the part and returns its ETag, empty if it was not taken.
func (e *examination) upload(ctx context.Context, url session.SignedURL) (string, verdict) {
	a, err := e.put(ctx, url, "", "", probe)
	switch {
	case err != nil:
		return "", fail("BROKER_S3_PUBLIC_ENDPOINT=https://…  # as browsers reach S3", "a presigned PUT got %s", why(err))
	case !a.ok():
		return "", fail(e.allow("objects", "s3:PutObject"), "a presigned PUT is refused (%s)", a)
	case a.header.Get("ETag") == "":
		return "", fail("# use an S3 server, or a proxy before it, that answers a PUT with an ETag", "a presigned PUT is answered without an ETag")
	}
	return a.header.Get("ETag"), good("a presigned PUT is taken")
}

func (e *examination) listed(parts []session.Part, err error, etag string) verdict {
	if err != nil || len(parts) == 1 && parts[0].Size == int64(len(probe)) && string(parts[0].ETag) == etag {
		return e.may(err, "the part is listed as it was sent", "objects", "s3:ListMultipartUploadParts")
	}
	return fail("# use an S3 server whose ListParts tells sizes and ETags as PUT did", "the part is not listed as it was sent: %d parts", len(parts))
}

// finish completes the upload, reads it as a player would, and deletes it.
func (e *examination) finish(ctx context.Context, u session.Upload, etag string) {
	done, v := e.size(ctx, u, etag)
	e.r.note("s3-size", v)
	if done {
		e.r.note("s3-complete", good("the upload was completed, though with a wrong size"))
	} else {
		err := e.complete(ctx, u, etag, "", int64(len(probe)))
		e.r.note("s3-complete", e.may(err, "the upload can be completed", "objects", "s3:PutObject"))
		if err != nil {
			e.r.skip("s3-complete", "s3-get", "cors-get", "s3-condition", "s3-delete")
			return
		}
	}
	e.play(ctx)
	e.r.note("s3-condition", e.condition(ctx))
	e.r.note("s3-delete", e.delete(ctx))
}

// complete sends one CompleteMultipartUpload, with a condition if there is one.
func (e *examination) complete(ctx context.Context, u session.Upload, etag, unless string, size int64) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &e.BucketName, Key: aws.String(string(u.Key)), UploadId: aws.String(string(u.ID)), MpuObjectSize: &size,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: &etag}}},
	}
	if unless != "" {
		in.IfNoneMatch = &unless
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	out, err := e.S3.CompleteMultipartUpload(ctx, in)
	if err == nil {
		delete(e.open, u.ID)
		e.versions = e.versions || aws.ToString(out.VersionId) != ""
	}
	return err
}

// size claims another size than the parts have together.
func (e *examination) size(ctx context.Context, u session.Upload, etag string) (done bool, v verdict) {
	if err := e.complete(ctx, u, etag, "", int64(len(probe))+1); err != nil {
		return false, good("completing with a wrong size is refused (%s)", why(err))
	}
	return true, warn("# nothing to set: the broker compares the sizes itself, right before it completes", "completing with a wrong x-amz-mp-object-size is accepted")
}

// play reads the object as the watch page's player does, and as a page's own
// script might.
func (e *examination) play(ctx context.Context) {
	signed, err := e.Signer.SignGet(ctx, e.key, session.Playback{ContentType: contentType, Disposition: "inline"}, urlLife)
	var a answer
	if err == nil {
		a, err = e.send(ctx, http.MethodGet, signed.URL, nil, nil)
	}
	switch {
	case err != nil:
		e.r.note("s3-get", fail("BROKER_S3_PUBLIC_ENDPOINT=https://…  # as browsers reach S3", "a presigned GET got %s", why(err)))
	case !a.ok():
		e.r.note("s3-get", fail(e.allow("objects", "s3:GetObject"), "a presigned GET is refused (%s)", a))
	case !bytes.Equal(a.body, probe):
		e.r.note("s3-get", fail("# is there a proxy before S3 that changes answers?", "a presigned GET brings other bytes than were sent"))
	default:
		e.r.note("s3-get", good("a presigned GET brings what was sent"))
	}
	for _, origin := range e.Origins {
		e.r.noteOf("cors-get", origin, e.readable(ctx, signed.URL, origin))
	}
}

// condition completes a second upload of the same key, which must not replace
// the object.
func (e *examination) condition(ctx context.Context) verdict {
	u, err := e.create(ctx, session.NoChecksum)
	if err != nil {
		return skipped("no second upload can be opened: %s", why(err))
	}
	url, err := e.sign(ctx, u, int64(len(probe)), "")
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	etag, _ := e.upload(ctx, url)
	if etag == "" {
		return skipped("no second upload can be filled")
	}
	switch err := e.complete(ctx, u, etag, "*", int64(len(probe))); {
	case err == nil:
		return warn("# nothing to set: a session's key is used twice only after Redis was lost", "If-None-Match is ignored: a second upload of a key replaces the first")
	case codeOf(err) == "PreconditionFailed":
		return good("a second upload does not replace a recording (If-None-Match is honoured)")
	case codeOf(err) == "NotImplemented":
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
