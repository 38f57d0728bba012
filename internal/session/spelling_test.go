package session_test

import (
	"context"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// spelling is a real bucket whose ETags are listed otherwise.
type spelling struct {
	session.Bucket
	list func(session.ETag) session.ETag
}

func (s *spelling) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	parts, err := s.Bucket.ListParts(ctx, u)
	for i := range parts {
		parts[i].ETag = s.list(parts[i].ETag)
	}
	return parts, err
}

// Complete takes them as they were listed, as such a server does.
func (s *spelling) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	for i := range parts {
		parts[i].ETag = session.ETag(strings.ToLower(string(parts[i].ETag)))
	}
	return s.Bucket.Complete(ctx, u, parts, size)
}

func gzipped(e session.ETag) session.ETag {
	return session.ETag(strings.TrimSuffix(string(e), `"`) + `-gzip"`)
}
func asItIs(e session.ETag) session.ETag   { return e }
func weak(e session.ETag) session.ETag     { return "W/" + e }
func unquoted(e session.ETag) session.ETag { return session.ETag(strings.Trim(string(e), `"`)) }
func capitals(e session.ETag) session.ETag { return session.ETag(strings.ToUpper(string(e))) }

// made is what a proxy says that compresses.
func made(session.ETag) session.ETag { return `"made-by-a-proxy"` }

func TestHowAnETagIsSpelledDoesNotCount(t *testing.T) {
	for _, tc := range []struct {
		name, checksum string
		claim, list    func(session.ETag) session.ETag
		want           session.Reason // of the refusal
	}{
		{"claimed weak", "none", weak, asItIs, ""},
		{"claimed without quotes", "none", unquoted, asItIs, ""},
		{"claimed as a proxy that compresses has it", "none", gzipped, asItIs, ""},
		{"claimed in capitals", "none", capitals, asItIs, ""},
		{"listed without quotes", "none", asItIs, unquoted, ""},
		{"listed in capitals", "none", asItIs, capitals, ""},
		{"another one", "none", made, asItIs, "parts-differ"},
		{"another one beside a checksum", "sha256", made, asItIs, ""},
		{"listed otherwise beside a checksum", "sha256", asItIs, capitals, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			api := apitest.Start(t)
			api.Broker.Bucket = &spelling{Bucket: api.Broker.Bucket, list: tc.list}
			opened := api.Open(t, "ann", map[string]any{"checksum": tc.checksum})
			body := apitest.Noise(99)
			part := session.Part{Number: 1, Size: 99, ETag: tc.claim(session.ETag(api.UploadPart(t, opened, 1, body)["etag"].(string)))}
			if tc.checksum == "sha256" {
				part.Checksum = session.Checksum(apitest.Sum(body))
			}
			cred, err := api.Keyring.Check(opened.Token)
			if err != nil {
				t.Fatal(err)
			}
			ref := session.Ref{ID: opened.ID, SessionToken: cred.SessionToken}
			_, err = api.Broker.Complete(t.Context(), ref, session.Claim{Parts: []session.Part{part}, Size: 99})
			if session.ReasonOf(err) != tc.want {
				t.Errorf("it is answered with %v", err)
			}
		})
	}
}

func TestAChecksumThatDiffersIsNotMadeGoodByAnETag(t *testing.T) {
	r := record(t)
	r.claim.Parts[1].Checksum = session.Checksum(apitest.Sum(r.stale))
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != "parts-differ" {
		t.Errorf("it is answered with %v", err)
	}
}

func TestParseETag(t *testing.T) {
	for text, want := range map[string]session.ETag{
		`"abc"`: `"abc"`, `abc`: `"abc"`, `W/"abc"`: `"abc"`, `"x-gzip"`: `"x-gzip"`, `""`: "", `W/""`: "",
	} {
		if got, err := session.ParseETag(text); got != want || err != nil {
			t.Errorf("ParseETag(%s) is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", `"a"b"`, "a b", `"`} {
		if got, err := session.ParseETag(text); err == nil {
			t.Errorf("ParseETag(%s) is %s", text, got)
		}
	}
}
