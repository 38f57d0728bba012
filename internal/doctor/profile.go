package doctor

import (
	"strings"
	"time"

	"slipway/internal/provider"
)

// expected is the profile that a broker would use.
func (c *Config) expected() *provider.Profile {
	if c.Profile == nil {
		return provider.Unknown()
	}
	return c.Profile
}

// saw is a fact that was measured just now.
func saw[T any](e *examination, v T) provider.Fact[T] {
	return provider.Fact[T]{Value: v, Source: "broker doctor", Day: e.Now().UTC().Format(time.DateOnly), Run: true}
}

// measure begins the profile that the checks fill in. What they do not try
// stays as it was expected.
func (e *examination) measure() {
	e.r.Expected = e.expected()
	found := *e.r.Expected
	e.r.Profile = &found
}

// profile compares what was found with what was expected. A broker uses the
// expected profile until it learns otherwise.
func (e *examination) profile() verdict {
	expected := e.expected()
	switch differ := provider.Differences(e.r.Profile, expected); {
	case expected.Name == "unknown":
		return good("nothing is known of this S3 beforehand: brokers learn from its answers, or from the file that --write-profile writes")
	case len(differ) > 0:
		return warn("broker doctor --write-profile FILE  # and BROKER_S3_PROFILE=FILE", "it differs from the profile of %s: %s", expected.Title, strings.Join(differ, "; "))
	default:
		return good("as in the profile of %s", expected.Title)
	}
}
