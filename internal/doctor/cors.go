package doctor

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/session"
)

const (
	allowOrigin = "Access-Control-Allow-Origin"

	mendCORS  = "broker bucket apply --yes"
	mendTwice = "proxy_hide_header Access-Control-Allow-Origin;  # of nginx; S3 or the proxy before it answers a page's CORS questions, not both"
)

// anywhere is a page that no rule names, to try what "*" allows.
const anywhere = "https://doctor.slipway.example"

// pages does what the page at each origin does with a URL: ask whether it may
// PUT, then PUT, and read the ETag.
func (e *examination) pages(ctx context.Context, url session.SignedURL, sum session.Checksum) {
	if len(e.Origins) == 0 {
		e.r.note("cors", skipped("no page may record: neither BROKER_CORS_ORIGINS nor BROKER_PUBLIC_URL says which"))
	}
	for _, origin := range e.Origins {
		e.r.noteOf("cors", origin, e.preflight(ctx, url, origin))
	}
	for _, origin := range e.Origins {
		e.r.noteOf("cors-etag", origin, e.exposed(ctx, url, sum, origin))
	}
}

// headersOfPut are the headers of a recorder's PUT besides the browser's own.
func (e *examination) headersOfPut() string {
	const typed = "content-type" // of a client that sends a typed body
	for _, b := range bindings {
		if !e.NoChecksums && e.sessionsHave(b) {
			return typed + "," + b.algorithm.Header()
		}
	}
	return typed
}

// preflight asks as a browser does; https://fetch.spec.whatwg.org/#cors-preflight-fetch (read 2026-11-22).
func (e *examination) preflight(ctx context.Context, url session.SignedURL, origin string) verdict {
	page := pageOf(origin)
	a, err := e.get(ctx, http.MethodOptions, url, http.Header{
		"Origin": {page}, "Access-Control-Request-Method": {http.MethodPut}, "Access-Control-Request-Headers": {e.headersOfPut()},
	})
	switch {
	case err != nil:
		return fail(mendCORS, "the preflight of a PUT got %s", why(err))
	case !a.ok():
		return fail(mendCORS, "the preflight of a PUT is refused (%s)", a)
	case proxied(a, allowOrigin):
		return fail(mendTwice, "the preflight of a PUT is answered with two %s, which browsers refuse", allowOrigin)
	case !allows(a, page):
		return fail(mendCORS, "the preflight of a PUT does not allow this origin")
	case !lists(a, "Access-Control-Allow-Methods", http.MethodPut):
		return fail(mendCORS, "the preflight does not allow PUT")
	}
	for name := range strings.SplitSeq(e.headersOfPut(), ",") {
		if !lists(a, "Access-Control-Allow-Headers", name) {
			return fail(mendCORS, "the preflight of a PUT does not allow the header %s", name)
		}
	}
	return good("a page may PUT")
}

// exposed checks whether a page may read the ETag of its PUT. Without ETag and
// without checksums nobody can tell a part from an older one of the same size,
// and the recorder reports etag-hidden.
func (e *examination) exposed(ctx context.Context, url session.SignedURL, sum session.Checksum, origin string) verdict {
	page := pageOf(origin)
	a, err := e.put(ctx, url, page, sum, probe)
	switch {
	case err != nil:
		return fail(mendCORS, "a PUT with an Origin got %s", why(err))
	case !a.ok():
		return skipped("a PUT with an Origin is refused (%s)", a)
	case proxied(a, allowOrigin):
		return fail(mendTwice, "a PUT is answered with two %s, so the page takes it for a network error", allowOrigin)
	case !allows(a, page):
		return fail(mendCORS, "the answer to a PUT does not allow this origin, so the page takes it for a network error")
	case !lists(a, "Access-Control-Expose-Headers", "ETag"):
		return fail(mendCORS, "the ETag of a part is hidden from the page")
	}
	return good("a page may read the ETag of its part")
}

// readable checks whether a script may fetch a recording. Our own watch page
// does not need this, because it uses a player's element.
func (e *examination) readable(ctx context.Context, url session.SignedURL, origin string) verdict {
	page := pageOf(origin)
	a, err := e.get(ctx, http.MethodGet, url, http.Header{"Origin": {page}})
	switch {
	case err != nil:
		return warn(mendCORS, "a GET with an Origin got %s", why(err))
	case !a.ok():
		return skipped("a GET with an Origin is refused (%s)", a)
	case proxied(a, allowOrigin):
		return warn(mendTwice, "a GET is answered with two %s: a page's script may not read a recording", allowOrigin)
	case !allows(a, page):
		return warn(mendCORS, "a page's script may not read a recording; a player may")
	}
	return good("a page may read a recording")
}

func pageOf(origin string) string {
	if origin == "*" {
		return anywhere
	}
	return strings.Replace(origin, "://*.", "://slipway-doctor.", 1)
}

func allows(a answer, page string) bool {
	allowed := a.header.Get(allowOrigin)
	return allowed == page || allowed == "*"
}

// lists says whether a header that is a list names item, or allows everything.
func lists(a answer, header, item string) bool {
	list := strings.Split(strings.Join(a.header.Values(header), ","), ",")
	return slices.ContainsFunc(list, func(s string) bool {
		s = strings.TrimSpace(s)
		return strings.EqualFold(s, item) || s == "*"
	})
}
