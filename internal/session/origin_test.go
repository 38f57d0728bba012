package session_test

import (
	"testing"

	"slipway/internal/session"
)

func TestAStarIsOneLabelOfAnOrigin(t *testing.T) {
	for _, c := range []struct {
		allowed, origin string
		matches         bool
	}{
		{"https://app.example.com", "https://app.example.com", true},
		{"https://*.example.com", "https://app.example.com", true},
		{"https://*.example.com:8443", "https://app.example.com:8443", true},
		{"https://*.eu.example.com", "https://app.eu.example.com", true},
		{"https://*.example.com", "https://a.b.example.com", false},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "https://.example.com", false},
		{"https://*.example.com", "http://app.example.com", false},
		{"https://*.example.com", "https://app.example.com:8443", false},
		{"https://*.example.com", "https://app.example.com.evil.net", false},
		{"https://*.example.com", "https://evil.net/.example.com", false},
		{"https://*.example.com", "https://evilexample.com", false},
		{"https://*.example.com", "", false},
		{"https://*.example.com", "null", false},
		{"https://*.com", "https://example.com", false},
	} {
		if got := session.OriginMatches(c.allowed, c.origin); got != c.matches {
			t.Errorf("%q where %s is allowed: %t", c.origin, c.allowed, got)
		}
	}
}

func TestAStarElsewhereIsNoOrigin(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://*.example.com": true, "https://*.a.example.com:8443": true, "https://*.com": false, "https://*": false, "https://a*.example.com": false,
		"https://*.*.example.com": false, "https://app.*.com": false, "*.example.com": false, "https://**.example.com": false,
	} {
		if err := session.CheckOrigin(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
