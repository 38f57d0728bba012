package session

import (
	"strings"
	"time"
)

// MaxOpenSessions is the highest MaxOpen of a grant. For more, leave MaxOpen out.
const MaxOpenSessions = 100_000

// maxGrantTypes keeps a grant short enough for a header.
const maxGrantTypes = 16

// CheckGrant returns an error if a grant may not be made as asked. ttl is its life.
func (b *Broker) CheckGrant(g Grant, ttl time.Duration) error {
	if g.Owner == "" {
		return invalid("owner", ReasonMissing, "owner is required")
	}
	if err := checkText("owner", string(g.Owner), MaxOwnerBytes); err != nil {
		return err
	}
	if err := checkText("display_name", g.DisplayName, MaxDisplayNameBytes); err != nil {
		return err
	}
	if ttl < time.Minute || ttl > 7*24*time.Hour {
		return outOfRange("ttl_s", 7*24*3600, "ttl_s is %d; 60 to 604800 are allowed", int64(ttl/time.Second))
	}
	if g.MaxBytes < 0 || g.MaxBytes > b.Limits.MaxBytes {
		return outOfRange("max_bytes", b.Limits.MaxBytes, "max_bytes is %d; 1 to %d are allowed", g.MaxBytes, b.Limits.MaxBytes)
	}
	if g.MaxOpen < 0 || g.MaxOpen > MaxOpenSessions {
		return outOfRange("max_open_sessions", MaxOpenSessions, "max_open_sessions is %d; 1 to %d are allowed", g.MaxOpen, MaxOpenSessions)
	}
	if g.Origin != "" {
		if err := CheckOrigin(g.Origin); err != nil {
			return invalid("origin", ReasonBadOrigin, "%s", err)
		}
	}
	if len(g.ContentTypes) > maxGrantTypes {
		return outOfRange("content_types", maxGrantTypes, "content_types has %d entries; at most %d are allowed", len(g.ContentTypes), maxGrantTypes)
	}
	for _, pattern := range g.ContentTypes {
		if err := checkContentType(strings.ReplaceAll(pattern, "/*", "/x"), nil); err != nil {
			return invalid("content_types", ReasonBadContentType, "content_types holds %q; only video and audio types, such as video/webm or audio/*, can be granted", pattern)
		}
	}
	return nil
}
