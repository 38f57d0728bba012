package devs3

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"

	"slipway/internal/session"
)

// cors answers for the origins in its list, and for no others.
//
// versitygw has two ways of its own, and neither fits. Its server-wide option
// takes one origin and sends it to every page. A bucket's CORS configuration
// can have many origins, but is stored with the data, so last week's page
// address would stay allowed. Also, an answer that fails before the bucket is
// known, such as the 403 to an expired URL, goes out without these headers,
// and a page sees a network error. So whatever the gateway says about CORS is
// replaced.
type cors struct{ origins []string }

const (
	corsMethods = "GET, HEAD, PUT, POST" // POST is a form's upload, as Uppy makes (see bench); ours makes none
	corsExposed = "ETag, x-amz-request-id, x-amz-id-2, x-amz-version-id, x-amz-checksum-sha256, x-amz-checksum-type, " +
		"Accept-Ranges, Content-Length, Content-Range, Content-Type, Last-Modified"
	corsVary   = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
	corsMaxAge = "600" // in seconds; Chromium goes up to 7200
)

// corsHeaders are the request headers a page may send, besides x-amz-*.
var corsHeaders = []string{"content-type", "content-md5", "range", "if-match", "if-none-match", "if-range"}

func newCORS(origins []string) *cors { return &cors{origins} }

// handle is middleware before everything that authenticates, so that refusals
// have the headers too.
func (o *cors) handle(c fiber.Ctx) error {
	if c.Method() == fiber.MethodOptions {
		return o.preflight(c)
	}
	if c.RequestCtx().QueryArgs().Has("cors") { // nothing would use these rules
		return refuse(c, s3err.GetAPIError(s3err.ErrNotImplemented))
	}
	defer o.expose(c) // deferred, because a panic is answered too
	return c.Next()
}

// byRules uses the rules of the bucket itself. versitygw does so too, but not
// if it refuses a signature.
func byRules(be backend.Backend) fiber.Handler {
	apply := middlewares.ApplyBucketCORS(be, func(c fiber.Ctx) (string, error) {
		bucket, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/"), "/")
		return bucket, nil
	}, "")
	return func(c fiber.Ctx) error {
		defer func() { // deferred, because a panic is answered too
			if c.Method() != fiber.MethodOptions && len(c.Response().Header.Peek("Access-Control-Allow-Origin")) == 0 {
				_ = apply(c) // the answer goes out in any case
			}
		}()
		return c.Next()
	}
}

// preflight answers the question a browser asks before a PUT.
func (o *cors) preflight(c fiber.Ctx) error {
	method, headers := c.Get("Access-Control-Request-Method"), c.Get("Access-Control-Request-Headers")
	allow := o.allow(c.Get("Origin"))
	c.Set("Vary", corsVary)
	if allow == "" || !corsMethodAllowed(method) || !corsHeadersAllowed(headers) {
		return refuseCORS(c, method)
	}
	c.Set("Access-Control-Allow-Origin", allow)
	c.Set("Access-Control-Allow-Methods", corsMethods)
	if headers != "" {
		c.Set("Access-Control-Allow-Headers", headers)
	}
	c.Set("Access-Control-Max-Age", corsMaxAge)
	return c.SendStatus(fiber.StatusOK)
}

// expose puts the CORS headers on an answer, whatever its status.
func (o *cors) expose(c fiber.Ctx) {
	for _, name := range []string{"Allow-Origin", "Allow-Methods", "Allow-Headers", "Allow-Credentials", "Expose-Headers", "Max-Age"} {
		c.Response().Header.Del("Access-Control-" + name)
	}
	c.Set("Vary", corsVary)
	if allow := o.allow(c.Get("Origin")); allow != "" {
		c.Set("Access-Control-Allow-Origin", allow)
		c.Set("Access-Control-Expose-Headers", corsExposed)
	}
}

// allow returns what to send as the allowed origin, "" for nothing.
func (o *cors) allow(origin string) string {
	switch {
	case origin == "":
		return ""
	case slices.ContainsFunc(o.origins, func(allowed string) bool { return session.OriginMatches(allowed, origin) }):
		return origin
	case slices.Contains(o.origins, "*"):
		return "*"
	}
	return ""
}

func corsMethodAllowed(method string) bool {
	return slices.Contains(strings.Split(corsMethods, ", "), method)
}

func corsHeadersAllowed(list string) bool {
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "" && !strings.HasPrefix(name, "x-amz-") && !slices.Contains(corsHeaders, name) {
			return false
		}
	}
	return true
}

func refuseCORS(c fiber.Ctx, method string) error {
	return refuse(c, s3err.GetAccessForbiddenErr(s3err.ErrCORSForbidden, method, s3err.ResourceTypeObject))
}

// refuse answers for a middleware. If a middleware returns an error itself,
// versitygw answers with an internal error.
func refuse(c fiber.Ctx, refusal s3err.S3Error) error {
	c.Set("Content-Type", fiber.MIMEApplicationXML)
	return c.Status(refusal.StatusCode()).Send(refusal.XMLBody(utils.EnsureRequestIDs(c)))
}
