package client

import (
	"context"
	"net/http"
	"time"

	"slipway/internal/session"
)

// GrantRequest is what a grant shall allow. For zero fields the broker
// decides.
type GrantRequest struct {
	Owner        session.Owner `json:"owner"`
	TTLSeconds   int64         `json:"ttl_s,omitzero"`
	MaxBytes     int64         `json:"max_bytes,omitzero"`
	ContentTypes []string      `json:"content_types,omitempty"`
	MaxOpen      int           `json:"max_open_sessions,omitzero"`
	Origin       string        `json:"origin,omitzero"`
}

// Grant is a capability: anybody who has it can open sessions.
type Grant struct {
	Grant     string        `json:"grant"`
	Owner     session.Owner `json:"owner"`
	ExpiresAt time.Time     `json:"expires_at"`
}

// NewGrant mints a grant. It is sent once. If the answer is lost, there is
// only a grant that nobody has.
func (c *Client) NewGrant(ctx context.Context, r GrantRequest) (a Answer[Grant], err error) {
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/v1/grants", body: r, once: true}, &a)
	return a, err
}
