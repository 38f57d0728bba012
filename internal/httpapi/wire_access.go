package httpapi

import "time"

// freshToken is the session token with a longer life, where the one that came
// will end before long.
type freshToken struct {
	Token       string    `json:"token,omitzero"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	ExpiresInMs int64     `json:"expires_in_ms,omitzero"`
}

type linkRequest struct {
	TTLSeconds *int64 `json:"ttl_s"`
}

type linkAnswer struct {
	WatchURL    string    `json:"watch_url"`
	Token       string    `json:"token"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"` // of a link that ends
	ExpiresInMs int64     `json:"expires_in_ms,omitzero"`
}
