package provider

import (
	"fmt"
	"slices"
	"strings"
)

// Consequences say what recordings lack at a provider, and where, in words for
// docs/providers.md. They follow from the facts that are known. What the
// broker makes up for is not among them.
func (p *Profile) Consequences() (all []string) {
	add := func(holds bool, format string, args ...any) {
		if holds {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	add(is(p.UnsignedCopy, true), "**anybody who may PUT a part can copy any object that the signing credentials can read**: sign playback with other credentials (`BROKER_S3_PLAYBACK_ROLE` or `_ACCESS_KEY_ID`), and do not give `s3:GetObject` to those that sign parts ([deploy/iam](../deploy/iam/README.md))")
	add(is(p.StoresCutPuts, true), "**a PUT that is cut is stored as a whole part, its rest zeros**: without a checksum, a part that nobody reported is not trusted")
	add(p.Checksums.Known() && len(p.Checksums.Value) == 0, "parts carry no checksum (`none`): a recording is compared by sizes and ETags")
	add(len(p.Checksums.Value) > 0 && !slices.Contains(p.Checksums.Value, "sha256"), "parts carry %s, not SHA-256", strings.Join(p.Checksums.Value, " or "))
	add(is(p.ListsByKeyOnly, true), "an unfinished upload that Redis forgot is found only by its token or its session's ID, and not by the sweep, `orphans` or a plain `rebuild`")
	add(is(p.AbortRule, false), "no rule of the bucket ends unfinished uploads; brokers end them, while they run")
	add(is(p.CORSCall, false), "`broker bucket apply` cannot set CORS rules: set them in the provider's own way")
	add(is(p.IfNoneMatch, false), "after Redis was lost, a second upload of a key may replace the first, in the moment between the broker's HEAD and its complete")
	add(p.MaxParts.Known() && p.MaxParts.Value < 10_000, "a recording has %d parts at most, so its parts are larger", p.MaxParts.Value)
	add(p.MinPart.Value > 5<<20, "parts have at least %d MiB, so more is lost with a lost device", p.MinPart.Value>>20)
	add(is(p.EqualParts, true), "your own clients have to cut all parts but the last to one size, as recorder.js does")
	add(is(p.Tags, false), "no tags (BROKER_S3_TAGS)")
	add(is(p.SSE, false), "no encryption that is asked for (BROKER_S3_SSE)")
	return all
}

// is says whether a fact is known and has a value.
func is[T comparable](f Fact[T], value T) bool { return f.Known() && f.Value == value }
