package doctor

import (
	"bytes"
	"context"
	"slices"

	"slipway/internal/session"
)

// binding is one way to bind a part to its bytes, and the check that tries it.
type binding struct {
	check     string
	algorithm session.ChecksumAlgorithm
	title     string
}

// bindings are all of them, the best first.
var bindings = []binding{
	{"s3-checksum", session.SHA256, "SHA-256"},
	{"s3-checksum-crc32c", session.CRC32C, "CRC32C"},
	{"s3-checksum-md5", session.MD5, "Content-MD5"},
}

// checksumChecks are those of checksums, in order.
var checksumChecks = []string{"s3-checksum", "s3-checksum-absent", "s3-checksum-crc32c", "s3-checksum-md5", "s3-abort"}

// checksums tries each algorithm with a right and a wrong value, whatever the
// profile says, and finds out which a session can have.
func (e *examination) checksums(ctx context.Context) {
	u, err := e.create(ctx, e.algorithm)
	if err != nil {
		e.r.skip("s3-create", checksumChecks...)
		return
	}
	if e.NoChecksums {
		for _, name := range checksumChecks[:len(checksumChecks)-1] {
			e.r.note(name, skipped("BROKER_S3_NO_CHECKSUMS is set"))
		}
	} else {
		e.r.Profile.Checksums = saw(e, []string{})
		for _, b := range bindings {
			e.bind(ctx, b)
		}
	}
	if err = e.Bucket.Abort(ctx, u); err == nil {
		delete(e.open, u.ID)
	}
	e.r.note("s3-abort", e.may(err, "an upload can be aborted, and is gone then", "objects", "s3:AbortMultipartUpload"))
}

// sessionsHave says whether sessions get this checksum, unless S3 refuses it.
// If no session gets a checksum, it need not work.
func (e *examination) sessionsHave(b binding) bool {
	names := e.expected().ChecksumsOfParts()
	if names == nil { // nobody knows: see session.Limits
		return b.algorithm.Kept()
	}
	return slices.Contains(names, string(b.algorithm))
}

// bind opens an upload with one algorithm and tries it.
func (e *examination) bind(ctx context.Context, b binding) {
	u, err := e.create(ctx, b.algorithm)
	switch {
	case err != nil:
		e.r.note(b.check, fail("BROKER_S3_NO_CHECKSUMS=true  # where this server has no checksums of parts", "no upload can be opened, with %s or without: %s", b.title, why(err)))
	case u.Algorithm != b.algorithm:
		e.r.note(b.check, e.lacks(b))
	default:
		e.r.note(b.check, e.checksum(ctx, u, b))
	}
	if b.algorithm != session.SHA256 {
		return
	}
	if u.Algorithm == session.SHA256 {
		e.r.note("s3-checksum-absent", e.checksumAbsent(ctx, u))
	} else {
		e.r.skip(b.check, "s3-checksum-absent")
	}
}

// lacks is the verdict on an algorithm by which S3 does not check an upload.
func (e *examination) lacks(b binding) verdict {
	const saw = "this S3 takes no %s: it refuses an upload that is opened with it, or does not answer with the algorithm"
	if b.algorithm == session.SHA256 && e.sessionsHave(b) {
		return warn("# nothing to set: a session gets the best of the others, or none, whatever it asks for", saw, b.title)
	}
	return skipped(saw, b.title)
}

// checksum first sends a body that does not match the signed checksum, and
// then one that does.
func (e *examination) checksum(ctx context.Context, u session.Upload, b binding) verdict {
	sum := u.Algorithm.Sum(probe)
	url, err := e.sign(ctx, u, int64(len(probe)), sum)
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	refused, err := e.put(ctx, url, "", sum, bytes.ToUpper(probe))
	switch {
	case err != nil:
		return skipped("the PUT with a wrong %s was broken off: %s", b.title, why(err))
	case refused.ok():
		return e.useless(b, "a PUT with a wrong %s is taken: a part that was damaged on its way would become part of a recording", b.title)
	}
	a, err := e.put(ctx, url, "", sum, probe)
	switch {
	case a.mend != "" && a.mend != mendSecret && e.sessionsHave(b): // with a wrong secret no earlier check would have passed
		return fail(a.mend, "a PUT with its %s is refused (%s)", b.title, a)
	case err != nil || !a.ok():
		return e.useless(b, "a PUT with its %s is refused (%s)", b.title, orAnswer(err, a))
	}
	if b.algorithm.Kept() {
		if v := e.isListed(ctx, u, b, a); v.status != OK {
			return v
		}
	} else if etag := session.ETag(a.header.Get("ETag")); etag != "" {
		e.r.Profile.OpaquePartETags = saw(e, session.MD5Of(etag) != sum)
	}
	e.r.Profile.Checksums.Value = append(e.r.Profile.Checksums.Value, string(b.algorithm))
	return good("a PUT with a wrong %s is refused (%s)", b.title, refused)
}

// useless is the verdict on an algorithm that binds nothing, or with which S3
// takes no part.
func (e *examination) useless(b binding, saw string, args ...any) verdict {
	if e.sessionsHave(b) {
		return fail("BROKER_S3_NO_CHECKSUMS=true  # recordings then lack this protection; or broker doctor --write-profile FILE, and BROKER_S3_PROFILE=FILE", saw, args...)
	}
	return skipped(saw+"; no session has it here", args...)
}

// isListed looks for the checksum of the one part of u, whose PUT was answered
// with a.
func (e *examination) isListed(ctx context.Context, u session.Upload, b binding, a answer) verdict {
	sum := b.algorithm.Sum(probe)
	parts, err := e.Bucket.ListParts(ctx, u)
	if err != nil {
		return skipped("what became of the checksum cannot be seen: %s", why(err))
	}
	e.r.Profile.ListsChecksums = saw(e, len(parts) == 1 && parts[0].Checksum == sum)
	switch {
	case len(parts) == 1 && parts[0].Checksum == sum:
		return good("ListParts tells the %s of a part", b.title)
	case len(parts) == 1 && parts[0].Checksum == "" && string(parts[0].ETag) == a.header.Get("ETag"):
		if !e.sessionsHave(b) {
			return skipped("a part's %s is checked, and ListParts does not tell it; no session has it here", b.title)
		}
		return warn("# nothing to set: the broker goes by ETags, which pages have to be able to read (cors-etag)", "a PUT with a wrong %s is refused, and ListParts does not tell the %s of a part", b.title, b.title)
	}
	return e.useless(b, "ListParts does not tell the %s of a part, which complete has to name", b.title)
}

func orAnswer(err error, a answer) string {
	if err != nil {
		return why(err)
	}
	return a.String()
}

// checksumAbsent uses a URL without a checksum. The broker never signs one for
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
