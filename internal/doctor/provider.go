package doctor

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/bucketrules"
	"slipway/internal/provider"
)

// provider is the profile of the provider that runs the S3: by the address, or
// else by what the server calls itself. It is nil if neither tells.
func (e *examination) provider() *provider.Profile {
	if p := e.expected(); p.Name != "unknown" {
		return p
	}
	if p := provider.At(e.PublicAt); p.Name != "unknown" {
		return p
	}
	return provider.Called(e.server)
}

// partSizes reports providers that want all parts but the last of one size.
func (e *examination) partSizes() verdict {
	switch p := e.provider(); {
	case p == nil:
		return skipped("the provider is unknown, so doctor cannot tell whether it wants parts of one size")
	case p.EqualParts.Value:
		return warn("# nothing to set: recorder.js does this; your own clients must cut every part but the last to the session's part_size",
			"%s completes an upload only if all parts but the last are of one size", p.Title)
	default:
		return good("%s is not known to want parts of one size", p.Title)
	}
}

// lifecycle looks for a rule that ends unfinished uploads, late enough.
func (e *examination) lifecycle(ctx context.Context) verdict {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	days := e.Uploads.Days()
	mend := fmt.Sprintf("%s  # a rule that ends unfinished uploads under %s after %d days", mendCORS, e.KeyPrefix, days)
	if p := e.provider(); p != nil && p.Name == "minio" {
		// It refuses such a rule (InvalidArgument), its users report (read
		// 2026-11-22); not tried here.
		return warn(fmt.Sprintf("mc admin config set ALIAS api stale_uploads_expiry=%dh", 24*days),
			"MinIO ends unfinished uploads by a setting of the whole server, which cannot be seen from here: 24 hours if nobody changed it")
	}
	aborts, err := bucketrules.Aborts(ctx, e.S3, e.BucketName, e.KeyPrefix)
	switch {
	case bucketrules.Unsupported(err):
		return skipped("this S3 has no lifecycle rules; only the brokers' sweep finds what they leave unfinished")
	case codeOf(err) == "AccessDenied":
		return skipped("the broker's credentials may not read this (s3:GetLifecycleConfiguration), and need not")
	case err != nil:
		return fail(e.allow("bucket", "s3:GetLifecycleConfiguration"), "%s", why(err))
	}
	return e.judge(aborts, mend)
}

func (e *examination) judge(aborts []bucketrules.Abort, mend string) verdict {
	days, all := e.Uploads.Days(), false
	first := bucketrules.Abort{Days: -1}
	for _, a := range aborts {
		all = all || a.All
		if first.Days < 0 || a.Days < first.Days {
			first = a
		}
	}
	switch {
	case first.Days >= 0 && time.Duration(first.Days)*24*time.Hour <= e.Uploads.Resume:
		return fail(mend, "rule %q ends uploads after %d days, while recorders may come back for %s (BROKER_RESUME_WINDOW)", first.ID, first.Days, e.Uploads.Resume)
	case first.Days >= 0 && first.Days < days:
		return warn(mend, "rule %q ends uploads after %d days; the longest recording and the time to come back are %s (BROKER_SESSION_TTL)", first.ID, first.Days, max(e.Uploads.Longest, e.Uploads.Resume))
	case !all:
		return warn(mend, "no rule ends unfinished uploads under %s if brokers are gone for good", e.KeyPrefix)
	}
	return good("rule %q ends unfinished uploads after %d days", first.ID, first.Days)
}
