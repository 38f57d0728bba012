package doctor

import (
	"bytes"
	"context"
	"net/http"

	"slipway/internal/session"
)

// posterKey is where the poster of the probe would be.
func (e *examination) posterKey() session.Key { return e.key + ".jpg" }

// poster PUTs a poster as a recorder does, with all that is signed with it.
// clean removes it. A recording is as good without one, so nothing is worse
// than a warning.
func (e *examination) poster(ctx context.Context) verdict {
	signed, err := e.Signer.SignFile(ctx, e.posterKey(), session.FileToSign{Size: int64(len(probe)), ContentType: session.PosterType, Checksum: e.algorithm.Sum(probe)}, urlLife)
	if err != nil {
		return warn(mendCredentials, "the PUT of a poster cannot be signed: %s", why(err))
	}
	header := http.Header{}
	for name, value := range signed.Headers {
		header.Set(name, value)
	}
	a, err := e.send(ctx, http.MethodPut, signed.URL, header, bytes.NewReader(probe), int64(len(probe)))
	switch {
	case err != nil:
		return warn("# nothing to set: recordings go without a poster; run the doctor again", "the PUT of a poster got %s", why(err))
	case !a.ok():
		return warn(e.mendPoster(a, header), "the PUT of a poster is refused (%s), so recordings have none", a)
	}
	if _, err := e.Bucket.Head(ctx, e.posterKey()); err != nil {
		return warn("# use an S3 server where an object is there once its PUT is answered", "a poster was taken, and is not found: %s", why(err))
	}
	return good("a poster is taken")
}

// mendPoster knows that S3 takes parts of the same signer. What it refuses is
// what a part has not.
func (e *examination) mendPoster(a answer, signed http.Header) string {
	if a.code == "AccessDenied" && signed.Get("x-amz-tagging") != "" {
		return e.allow("objects", "s3:PutObjectTagging") + "  # for the credentials that sign"
	}
	return e.mendRefused(a)
}
