package devs3

import (
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/s3err"
)

// twoAuths is AWS's answer to a request that is signed twice, word for word.
// versitygw looks only at the URL and ignores the header. Then a page that
// sends its own token to S3 would work here and nowhere else.
var twoAuths = s3err.APIError{
	Code: "InvalidArgument", HTTPStatusCode: http.StatusBadRequest,
	Description: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
}

// oneAuth refuses an Authorization header beside a presigned URL.
func oneAuth(c fiber.Ctx) error {
	if c.Get("Authorization") != "" && c.RequestCtx().QueryArgs().Has("X-Amz-Algorithm") {
		return refuse(c, twoAuths)
	}
	return c.Next()
}
