// Package awssdk sets up the AWS SDK's client of S3 so that it adds nothing of
// its own to a request.
package awssdk

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Plain turns off what the SDK adds to requests and what S3 does not need.
//
// By default the SDK announces a CRC32 for every upload that it creates. S3 then
// refuses the parts that browsers PUT without one.
func Plain(o *s3.Options) {
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	o.APIOptions = append(o.APIOptions, signLess)
}

const acceptEncoding = "Accept-Encoding"

// signLess keeps Accept-Encoding out of the signature and x-id out of the query.
// Google and some proxies rewrite the header before the signature is checked, and
// Google refuses the parameter (rclone, GCS.yaml, read by others 2026-11-29).
//
// A stack that presigns has no such step. Package presign signs URLs itself, and
// without x-id.
func signLess(stack *middleware.Stack) error {
	if _, signs := stack.Finalize.Get("Signing"); !signs {
		return nil
	}
	if err := stack.Finalize.Insert(onRequest("slipway.SignLess", func(r *smithyhttp.Request) {
		r.Header.Del(acceptEncoding)
		query := r.URL.Query()
		query.Del("x-id")
		r.URL.RawQuery = query.Encode()
	}), "Signing", middleware.Before); err != nil {
		return err
	}
	// The SDK's own value. Without one, net/http asks for gzip.
	return stack.Finalize.Insert(onRequest("slipway.AcceptEncoding", func(r *smithyhttp.Request) {
		r.Header.Set(acceptEncoding, "identity")
	}), "Signing", middleware.After)
}

// onRequest is a step that changes the HTTP request of each attempt.
func onRequest(id string, change func(*smithyhttp.Request)) middleware.FinalizeMiddleware {
	return middleware.FinalizeMiddlewareFunc(id, func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if r, ok := in.Request.(*smithyhttp.Request); ok {
			change(r)
		}
		return next.HandleFinalize(ctx, in)
	})
}
