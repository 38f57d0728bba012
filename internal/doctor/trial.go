package doctor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/session"
)

// What each part of the trial upload is for.
const (
	wholeNumber    = session.PartNumber(1)
	replacedNumber = session.PartNumber(2)
	unsignedNumber = session.PartNumber(3)
	cutNumber      = session.PartNumber(4)
	lateNumber     = session.PartNumber(5)
)

// trialChecks are those of trial, in order.
var trialChecks = []string{"s3-body", "s3-replaced-part", "s3-part-numbers", "s3-unsigned", "s3-cut", "s3-late-put"}

// trial opens an upload that it never completes. With its parts it does what
// goes wrong on a bad day and what an attacker would try.
func (e *examination) trial(ctx context.Context) {
	u, err := e.create(ctx, e.algorithm)
	if err != nil {
		e.r.skip("s3-create", trialChecks...)
		return
	}
	e.cut(ctx, u) // first, because the result shows at the end
	e.r.note("s3-body", e.body(ctx, u))
	replaced := e.replaced(ctx, u)
	e.r.note("s3-replaced-part", replaced)
	if replaced.status == Skipped { // S3 takes no part, whatever its number
		e.r.skip("s3-replaced-part", "s3-part-numbers")
	} else {
		e.r.note("s3-part-numbers", e.numbers(ctx, u))
	}
	e.r.note("s3-unsigned", e.unsigned(ctx, u))
	e.r.note("s3-cut", e.cutIsGone(ctx, u))
	e.r.note("s3-late-put", e.late(ctx, u))
}

// putPart signs a part of u and sends it.
func (e *examination) putPart(ctx context.Context, u session.Upload, number session.PartNumber, body []byte, header http.Header) (answer, error) {
	url, err := e.signPart(ctx, u, number, body)
	if err != nil {
		return answer{}, err
	}
	return e.send(ctx, http.MethodPut, url, withSum(header, sumFor(u, body)), bytes.NewReader(body), int64(len(body)))
}

// body PUTs the smallest part that need not be the last of a recording.
func (e *examination) body(ctx context.Context, u session.Upload) verdict {
	a, err := e.putPart(ctx, u, wholeNumber, make([]byte, session.MinPartSize), nil)
	switch {
	case err != nil:
		return fail("# is there a proxy before S3 that ends long requests, or a line too slow for 5 MiB in 15 s?", "a PUT of 5 MiB, the smallest part of a long recording, got %s", why(err))
	case a.status == http.StatusRequestEntityTooLarge:
		return fail("client_max_body_size 0;  # of nginx; the proxy before S3 has a limit on bodies", "a PUT of 5 MiB, the smallest part of a long recording, is refused (%s), which a proxy's limit on bodies does", a)
	case !a.ok():
		return fail(e.mendRefused(a), "a PUT of 5 MiB, the smallest part of a long recording, is refused (%s)", a)
	}
	return good("a PUT of 5 MiB is taken")
}

// replaced PUTs a number twice, as a recorder does with its last part and, at
// the end, with its first.
func (e *examination) replaced(ctx context.Context, u session.Upload) verdict {
	const other = "# use an S3 server where a part can be PUT again: recorders replace their last part as it grows"
	if a, err := e.putPart(ctx, u, replacedNumber, bytes.ToUpper(probe), nil); err != nil || !a.ok() {
		return skipped("the part to be replaced is not taken (%s)", orAnswer(err, a))
	}
	a, err := e.putPart(ctx, u, replacedNumber, probe, nil)
	if err != nil || !a.ok() {
		return fail(other, "a part cannot be PUT again (%s)", orAnswer(err, a))
	}
	if a.header.Get("ETag") == "" {
		return skipped("what is listed cannot be told apart without the ETags of PUTs")
	}
	parts, err := e.Bucket.ListParts(ctx, u)
	if err != nil {
		return skipped("what became of it cannot be seen: %s", why(err))
	}
	parts = slices.DeleteFunc(parts, func(p session.Part) bool { return p.Number != replacedNumber })
	e.r.Profile.ListsEveryPut = saw(e, len(parts) > 1)
	switch {
	case len(parts) > 1:
		return warn("# nothing to set: the broker picks the part that is meant; tools that complete with whatever is listed may take the older one", "a part that was PUT again is listed %d times", len(parts))
	case len(parts) == 0 || string(parts[0].ETag) != a.header.Get("ETag"):
		return fail(other, "a part that was PUT again is not listed as it was sent last")
	}
	return good("a part that is PUT again replaces the one before")
}

// numbers tries the part numbers of long recordings. Some providers have fewer
// than ten thousand.
func (e *examination) numbers(ctx context.Context, u session.Upload) verdict {
	taken := 1_000 // the fewest that a provider is known to take
	for _, number := range []session.PartNumber{1001, session.MaxPartNumber} {
		a, err := e.putPart(ctx, u, number, probe[:1], nil)
		switch {
		case err != nil:
			return skipped("the PUT of part %d was broken off: %s", number, why(err))
		case !a.ok() && int(number) > e.expected().MaxParts.Or(session.MaxPartNumber):
			return good("part %d is refused (%s), and sessions keep to %d parts", number, a, e.expected().MaxParts.Value)
		case !a.ok():
			e.r.Profile.MaxParts = saw(e, taken)
			return fail("broker doctor --write-profile FILE  # and BROKER_S3_PROFILE=FILE: sessions keep to max_parts then", "part %d is refused (%s): a recording of more parts could not go on", number, a)
		}
		taken = int(number)
	}
	e.r.Profile.MaxParts = saw(e, taken)
	return good("part numbers up to %d are taken", session.MaxPartNumber)
}

// unsigned adds headers that nobody signed to a part's URL. If S3 obeys them,
// anybody with a URL for one part can do what the broker's credentials can.
func (e *examination) unsigned(ctx context.Context, u session.Upload) verdict {
	const (
		strict = "# use an S3 server that refuses x-amz-* headers that are not signed, or a proxy before it that removes them from presigned PUTs"
		apart  = "BROKER_S3_SIGNING_ACCESS_KEY_ID=… BROKER_S3_PLAYBACK_ACCESS_KEY_ID=…  # or _ROLE: the credentials that sign parts then need no s3:GetObject (deploy/iam)"
	)
	if err := e.Bucket.SetNote(ctx, e.source(), secret); err != nil {
		return skipped("nothing can be put there to be copied: %s", why(err))
	}
	copied, err := e.putPart(ctx, u, unsignedNumber, probe, http.Header{"X-Amz-Copy-Source": {"/" + e.BucketName + "/" + string(e.source())}})
	if err != nil {
		return skipped("the PUT with an unsigned x-amz-copy-source was broken off: %s", why(err))
	}
	parts, err := e.Bucket.ListParts(ctx, u)
	carried := slices.ContainsFunc(parts, func(p session.Part) bool { return p.Number == unsignedNumber && p.Size == int64(len(secret)) })
	if err == nil && (carried || !e.PartsReadNothing) { // otherwise a permission may be missing
		e.r.Profile.UnsignedCopy = saw(e, carried)
	}
	switch {
	case err != nil:
		return skipped("what became of an unsigned x-amz-copy-source cannot be seen: %s", why(err))
	case carried && e.PartsReadNothing:
		return fail(`# take s3:GetObject from the credentials of BROKER_S3_SIGNING_…: deploy/iam/parts.json`, "an unsigned x-amz-copy-source is carried out, because the credentials that sign parts may read: anybody who may PUT a part can copy any recording")
	case carried:
		return fail(apart, "an unsigned x-amz-copy-source is carried out: anybody who may PUT a part can copy any recording")
	}
	a, err := e.putPart(ctx, u, unsignedNumber, probe, http.Header{"X-Amz-Meta-Slipway": {"unsigned"}})
	switch {
	case err != nil:
		return skipped("the PUT with an unsigned x-amz-meta was broken off: %s", why(err))
	case copied.ok() || a.ok():
		return warn(strict, "x-amz-* headers that nobody signed are taken, although they do nothing here")
	}
	return good("x-amz-* headers that nobody signed are refused (%s)", copied)
}

// secret is somebody else's object, and has another size than probe.
const secret = "slipway: broker doctor's own secret\n"

// source is the key of that object.
func (e *examination) source() session.Key { return e.key + "-source" }

// errCut ends a body before its announced length, and the connection with it.
var errCut = errors.New("cut on purpose")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

// cut sends half of a part and closes the connection.
func (e *examination) cut(ctx context.Context, u session.Upload) {
	body := make([]byte, 1<<20)
	url, err := e.signPart(ctx, u, cutNumber, body)
	if err != nil {
		return // no part can be signed; other checks say so
	}
	half := io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{})
	_, _ = e.send(ctx, http.MethodPut, url, withSum(nil, sumFor(u, body)), half, int64(len(body))) // its error is the cut
}

// cutIsGone checks whether the part that never came whole is there.
func (e *examination) cutIsGone(ctx context.Context, u session.Upload) verdict {
	parts, err := e.Bucket.ListParts(ctx, u)
	if err != nil {
		return skipped("what became of a PUT that was cut cannot be seen: %s", why(err))
	}
	stays := slices.ContainsFunc(parts, func(p session.Part) bool { return p.Number == cutNumber })
	e.r.Profile.StoresCutPuts = saw(e, stays)
	switch {
	case stays && e.expected().StoresCutPuts.Value:
		return warn("# nothing to set: brokers trust no part without a checksum that nobody reported, as the profile says", "a PUT that was cut in the middle is stored as a whole part: its rest is not what was recorded")
	case stays:
		return fail("broker doctor --write-profile FILE  # and BROKER_S3_PROFILE=FILE: brokers trust no part that nobody reported then",
			"a PUT that was cut in the middle is stored as a whole part: its rest is not what was recorded")
	}
	return good("a PUT that is cut in the middle leaves no part")
}

// late lets a PUT end after its upload was aborted.
func (e *examination) late(ctx context.Context, u session.Upload) verdict {
	body := make([]byte, 1<<20)
	url, err := e.signPart(ctx, u, lateNumber, body)
	if err != nil {
		return skipped("no URL can be signed: %s", why(err))
	}
	rest, write := io.Pipe()
	type outcome struct {
		a   answer
		err error
	}
	ended := make(chan outcome, 1)
	go func() { // ends with the PUT, which callWithin bounds
		a, err := e.send(ctx, http.MethodPut, url, withSum(nil, sumFor(u, body)), rest, int64(len(body)))
		_ = rest.CloseWithError(io.ErrClosedPipe) // releases a writer that still writes
		ended <- outcome{a, err}
	}()
	_, _ = write.Write(body[:len(body)/2]) // returns when it is on its way
	aborted := e.Bucket.Abort(ctx, u)
	_, _ = write.Write(body[len(body)/2:])
	_ = write.Close()
	put := <-ended
	if aborted != nil {
		return skipped("the upload cannot be aborted while a PUT is on its way: %s", why(aborted))
	}
	if _, err := e.Bucket.ListParts(ctx, u); session.KindOf(err) != session.NotFound {
		return warn("# nothing to set: the broker's sweep finds such uploads and aborts them again", "a PUT that ends after an abort (%s) brings the upload back", orAnswer(put.err, put.a))
	}
	delete(e.open, u.ID)
	return good("a PUT that ends after an abort leaves nothing (%s)", orAnswer(put.err, put.a))
}

// mendRefused is what to do about a presigned request that S3 refuses.
func (e *examination) mendRefused(a answer) string {
	switch a.code {
	case "SignatureDoesNotMatch":
		return a.mend
	case "InvalidAccessKeyId":
		return mendCredentials
	}
	return e.allow("objects", "s3:PutObject")
}

const mendCredentials = "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…  # or a profile or a role"

// withSum adds the checksum that was signed, if one was.
func withSum(header http.Header, sum session.Checksum) http.Header {
	if header == nil {
		header = http.Header{}
	}
	if sum != "" {
		header.Set(sum.Algorithm().Header(), string(sum))
	}
	return header
}

// sumFor is the checksum of a part of u, where it needs one.
func sumFor(u session.Upload, body []byte) session.Checksum {
	return u.Algorithm.Sum(body)
}

// proxied says whether an answer has a header more than once. Then both S3 and
// a proxy before it made one.
func proxied(a answer, header string) bool {
	return len(a.header.Values(header)) > 1 || strings.Contains(a.header.Get(header), ",")
}
