package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"

	"slipway/internal/session"
)

func checksumOf(body []byte) session.Checksum {
	sum := sha256.Sum256(body)
	return session.Checksum(base64.StdEncoding.EncodeToString(sum[:]))
}

// checksums opens an upload with SHA-256, tries what must be refused, and
// aborts.
func (e *examination) checksums(ctx context.Context) {
	algorithm := session.SHA256
	if e.NoChecksums {
		algorithm = session.NoChecksum
	}
	u, err := e.create(ctx, algorithm)
	switch {
	case e.NoChecksums && err == nil:
		e.r.note("s3-checksum", skipped("BROKER_S3_NO_CHECKSUMS is set"))
		e.r.note("s3-checksum-absent", skipped("BROKER_S3_NO_CHECKSUMS is set"))
	case err != nil:
		e.r.note("s3-checksum", fail("BROKER_S3_NO_CHECKSUMS=true  # where this server has no x-amz-checksum-sha256", "no upload can be opened with SHA-256: %s", why(err)))
		e.r.skip("s3-checksum", "s3-checksum-absent", "s3-abort")
		return
	default:
		e.r.note("s3-checksum", e.checksum(ctx, u))
		e.r.note("s3-checksum-absent", e.checksumAbsent(ctx, u))
	}
	if err = e.Bucket.Abort(ctx, u); err == nil {
		delete(e.open, u.ID)
	}
	e.r.note("s3-abort", e.may(err, "an upload can be aborted, and is gone then", "objects", "s3:AbortMultipartUpload"))
}

// checksum sends a body that is not the one whose checksum was signed, and then
// the right one.
func (e *examination) checksum(ctx context.Context, u session.Upload) verdict {
	const off = "BROKER_S3_NO_CHECKSUMS=true  # recordings then lack this protection"
	sum := checksumOf(probe)
	url, err := e.sign(ctx, u, int64(len(probe)), sum)
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	refused, err := e.put(ctx, url, "", sum, bytes.ToUpper(probe))
	switch {
	case err != nil:
		return skipped("the PUT with a wrong SHA-256 was broken off: %s", why(err))
	case refused.ok():
		return fail(off, "a PUT with a wrong SHA-256 is taken: a part that was damaged on its way would become part of a recording")
	}
	a, err := e.put(ctx, url, "", sum, probe)
	if err != nil || !a.ok() {
		return fail(off, "a PUT with its SHA-256 is refused (%s)", orAnswer(err, a))
	}
	parts, err := e.Bucket.ListParts(ctx, u)
	if err != nil {
		return skipped("what became of the checksum cannot be seen: %s", why(err))
	}
	if len(parts) != 1 || parts[0].Checksum != sum {
		return fail(off, "ListParts does not tell the SHA-256 of a part, which complete has to name")
	}
	return good("a PUT with a wrong SHA-256 is refused (%s)", refused)
}

func orAnswer(err error, a answer) string {
	if err != nil {
		return why(err)
	}
	return a.String()
}

// checksumAbsent uses a URL without a checksum, as the broker never signs for
// such an upload.
func (e *examination) checksumAbsent(ctx context.Context, u session.Upload) verdict {
	u.Algorithm = session.NoChecksum
	url, err := e.sign(ctx, u, int64(len(probe)), "")
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	a, err := e.put(ctx, url, "", "", probe)
	switch {
	case err != nil:
		return skipped("the PUT without a SHA-256 was broken off: %s", why(err))
	case a.ok():
		return warn("# nothing to set: the broker signs the checksum of every part, so none goes without", "an upload with SHA-256 takes a part without one, which AWS refuses")
	}
	return good("an upload with SHA-256 refuses a part without one (%s)", a)
}
