// Package uppy lets Uppy upload through a broker as it would through Companion:
// the same calls, over the use cases of internal/session. What Companion leaves
// to the client is the broker's here: whose the upload is, its limits, its key.
//
// Uppy 6 sends no header of the page's, so its grant stands in the path; Uppy 5
// sends an Authorization header. Both were read and run on 2026-11-30:
// @uppy/aws-s3 5.1.0 and 6.3.1, and @uppy/companion 6.2.2 for the answers.
package uppy

import (
	"context"
	"net/http"

	"slipway/internal/session"
)

// Request is one request, as the API has it that these routes stand in.
type Request interface {
	Context() context.Context
	// Param is what stands in the path in the place of :name, and Query what
	// stands in the query; both are "" where there is nothing.
	Param(name string) string
	Query(name string) string
	// Credential checks a bearer string, or where it is empty that of the
	// Authorization header.
	Credential(bearer string) (session.Credential, error)
	// Read decodes the body, of limit bytes at most.
	Read(into any, limit int64) error
	// About notes for the log which session it is about.
	About(session.ID)
	// Completed counts that a session is completed, and says where it is watched.
	Completed(session.ID) string
}

// Sealer makes what Uppy knows as the uploadId.
type Sealer interface {
	SignUpload(session.SessionToken) string
	OpenUpload(name string) (session.SessionToken, error)
}

// Route is one call, to be mounted in the API.
type Route struct {
	Method, Path string // :name is a parameter
	Answer       func(Request) (any, error)
}

// Routes are all calls, once with the grant in the path and once without.
func Routes(b *session.Broker, seal Sealer) []Route {
	u := &uploads{b, seal}
	var all []Route
	for _, at := range []string{"/c/s3", "/c/:grant/s3"} {
		all = append(all,
			Route{http.MethodPost, at + "/multipart", u.open},
			Route{http.MethodGet, at + "/multipart/:upload", u.list},
			Route{http.MethodGet, at + "/multipart/:upload/batch", u.signMany},
			Route{http.MethodGet, at + "/multipart/:upload/:number", u.sign},
			Route{http.MethodPost, at + "/multipart/:upload/complete", u.complete},
			Route{http.MethodDelete, at + "/multipart/:upload", u.abort},
			Route{http.MethodGet, at + "/params", inOnePiece},
			Route{http.MethodGet, at + "/sts", credentials},
		)
	}
	return all
}

// inOnePiece is asked for the form of an upload that is not multipart. S3 keeps
// no upload of that kind open, so there would be nothing to resume or to bound.
func inOnePiece(r Request) (any, error) {
	if _, err := grant(r); err != nil {
		return nil, err
	}
	return nil, &session.Error{Kind: session.Invalid, Reason: session.ReasonMissing, Field: "shouldUseMultipart",
		Detail: "set shouldUseMultipart: true in the options of AwsS3; uploads in one piece are not signed here"}
}

// credentials is asked for credentials of the whole bucket.
func credentials(r Request) (any, error) {
	if _, err := grant(r); err != nil {
		return nil, err
	}
	return nil, &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSuchPath,
		Detail: "nobody is given credentials of the bucket; leave getCredentials and getTemporarySecurityCredentials out of the options of AwsS3"}
}

// grant is the only credential that Uppy is to have: it says who the owner is
// and what the limits are.
func grant(r Request) (*session.Grant, error) {
	cred, err := r.Credential(r.Param("grant"))
	if err != nil {
		return nil, err
	}
	if cred.Grant == nil {
		return nil, &session.Error{Kind: session.Forbidden, Reason: session.ReasonWrongCredential, Detail: "Uppy's calls take a grant and nothing else"}
	}
	return cred.Grant, nil
}

type uploads struct {
	broker *session.Broker
	seal   Sealer
}

// upload is the one in the path, if the caller's grant is of its owner and the
// key is its own.
//
// It is as good as a session token for as long as there is such a grant, which is
// what renewing one would take: so it does not end by itself, as Uppy could not
// be given another.
func (u *uploads) upload(r Request) (*session.SessionToken, error) {
	g, err := grant(r)
	if err != nil {
		return nil, err
	}
	t, err := u.seal.OpenUpload(r.Param("upload"))
	if err != nil {
		return nil, err
	}
	r.About(t.ID)
	switch {
	case t.Owner != g.Owner:
		return nil, &session.Error{Kind: session.NotFound, Reason: session.ReasonUnknownSession, Detail: "the owner of this grant has no such upload"}
	case r.Query("key") != string(u.broker.Key(t.ID)):
		return nil, &session.Error{Kind: session.Invalid, Reason: session.ReasonForeignKey, Field: "key", Detail: "key is not that of this upload"}
	}
	return &t, nil
}

func ref(t *session.SessionToken) session.Ref {
	return session.Ref{ID: t.ID, SessionToken: t, Owner: &t.Owner}
}
