package client

import (
	"context"
	"net/http"

	"slipway/internal/session"
)

// OpenRequest is what a session shall be for. For zero fields the broker
// decides.
type OpenRequest struct {
	ContentType string                    `json:"content_type"`
	Owner       session.Owner             `json:"owner,omitzero"`
	Name        string                    `json:"name,omitzero"`
	Metadata    map[string]string         `json:"metadata,omitempty"`
	Checksum    session.ChecksumAlgorithm `json:"checksum,omitzero"`
	Size        int64                     `json:"size,omitzero"`
	PartSize    int64                     `json:"part_size,omitzero"`
	Finish      string                    `json:"finish,omitzero"`
}

// Opened is a session to upload to.
type Opened struct {
	ID       session.ID                `json:"id"`
	Token    string                    `json:"token"` // a secret
	State    session.State             `json:"state"`
	Checksum session.ChecksumAlgorithm `json:"checksum"`
	PartSize int64                     `json:"part_size"`
	WatchURL string                    `json:"watch_url"`
}

// Open opens a session. The same key returns the same session again.
func (c *Client) Open(ctx context.Context, key string, r OpenRequest) (o Opened, err error) {
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/v1/sessions", header: http.Header{"Idempotency-Key": {key}}, body: r}, &o)
	return o, err
}

// PartToSign is a part that shall get a URL.
type PartToSign struct {
	Number   session.PartNumber `json:"number"`
	Size     int64              `json:"size"`
	Checksum session.Checksum   `json:"checksum,omitzero"`
}

// SignedPart is where to PUT a part. Send every header exactly as it is here.
type SignedPart struct {
	Number  session.PartNumber `json:"number"`
	URL     string             `json:"url"` // a secret until it expires
	Headers map[string]string  `json:"headers"`
}

// SignRequest reports the parts that S3 has, and asks for URLs.
type SignRequest struct {
	Uploaded []Part       `json:"uploaded,omitempty"`
	Sign     []PartToSign `json:"sign,omitempty"`
}

// Signed has the URLs in the order they were asked for.
type Signed struct {
	URLs  []SignedPart `json:"urls"`
	Token string       `json:"token"` // use this one from now on, unless it is empty
}

// Sign reports and signs parts of the session that the token belongs to.
func (c *Client) Sign(ctx context.Context, id session.ID, token string, r SignRequest) (s Signed, err error) {
	_, err = c.do(ctx, call{method: http.MethodPost, path: sessionPath(id) + "/parts", bearer: token, body: r}, &s)
	return s, err
}

// Renew exchanges a session token, which may have ended, for a fresh one.
func (c *Client) Renew(ctx context.Context, id session.ID, token string) (string, error) {
	type body struct {
		Token string `json:"token"`
	}
	var renewed body
	_, err := c.do(ctx, call{method: http.MethodPost, path: sessionPath(id) + "/token", body: body{token}}, &renewed)
	return renewed.Token, err
}

// claim is what a recording consists of.
type claim struct {
	Parts []Part `json:"parts"`
	Size  int64  `json:"size"`
}

// Claim completes a session with these parts, which are all of the recording.
func (c *Client) Claim(ctx context.Context, id session.ID, parts []Part) (Answer[Ended], error) {
	var size int64
	for _, p := range parts {
		size += p.Size
	}
	return c.settled(ctx, call{method: http.MethodPost, path: sessionPath(id) + "/complete", body: claim{parts, size}})
}
