package session_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// bound are the algorithms that bind a part to its bytes.
var bound = []session.ChecksumAlgorithm{session.SHA256, session.CRC32C, session.MD5}

// other is another body of the same length.
func other(body []byte) []byte { return append(bytes.Clone(body[1:]), body[0]) }

func claimOf(parts []map[string]any, size int64) map[string]any {
	return map[string]any{"parts": parts, "size": size}
}

func completing(t *testing.T, a *apitest.API, o apitest.Opened, claim map[string]any) apitest.Answer {
	t.Helper()
	return a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/complete", o.Token, claim)
}

// A signed checksum is S3's to hold a body against.
func TestAPartIsBoundToItsBytes(t *testing.T) {
	a := apitest.Start(t)
	body := apitest.Noise(1000)
	for _, algorithm := range bound {
		t.Run(string(algorithm), func(t *testing.T) {
			o := a.Open(t, "ann", map[string]any{"checksum": algorithm})
			if o.Checksum != string(algorithm) {
				t.Fatalf("it was opened with %s", o.Checksum)
			}
			var signed struct{ URLs []apitest.URL }
			a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/parts", o.Token, map[string]any{
				"sign": []map[string]any{{"number": 1, "size": len(body), "checksum": algorithm.Sum(body)}},
			}).Want(t, 200).Into(t, &signed)
			url := signed.URLs[0]
			if url.Headers[algorithm.Header()] != string(algorithm.Sum(body)) {
				t.Fatalf("the headers to send are %v", url.Headers)
			}
			if res := apitest.Put(t, url, other(body)); res.StatusCode != 400 {
				t.Errorf("another body is answered with %s", res.Status)
			}
			without := url
			without.Headers = map[string]string{}
			if res := apitest.Put(t, without, body); res.StatusCode != 403 {
				t.Errorf("without the signed header it is answered with %s", res.Status)
			}
			another := url
			another.Headers = map[string]string{algorithm.Header(): string(algorithm.Sum([]byte("another")))}
			if res := apitest.Put(t, another, []byte("another")); res.StatusCode != 403 {
				t.Errorf("with another checksum than was signed it is answered with %s", res.Status)
			}
			if res := apitest.Put(t, url, body); res.StatusCode != 200 {
				t.Errorf("the body is answered with %s", res.Status)
			}
		})
	}
}

// With a checksum a page need not read ETags: a part that was replaced behind
// its back, by a PUT that came late, is found.
func TestAClaimByChecksumAloneFindsTheWrongPart(t *testing.T) {
	a := apitest.Start(t)
	for _, algorithm := range bound {
		t.Run(string(algorithm), func(t *testing.T) {
			o := a.Open(t, "ann", map[string]any{"checksum": algorithm})
			parts, size := a.Upload(t, o, apitest.Noise(session.MinPartSize), apitest.Noise(99))
			right := parts[1]["checksum"]
			late := apitest.Noise(99)
			a.UploadPart(t, o, 2, late)
			for _, p := range parts {
				delete(p, "etag")
			}
			p := completing(t, a, o, claimOf(parts, size)).Problem(t, 409, "parts-differ")
			if len(p.Parts) != 1 || p.Parts[0].Number != 2 || p.Parts[0].Want.Checksum != right || p.Parts[0].Have.Checksum != string(algorithm.Sum(late)) {
				t.Errorf("what differs is %+v", p.Parts)
			}
			parts[1] = a.UploadPart(t, o, 2, late)
			delete(parts[1], "etag")
			completing(t, a, o, claimOf(parts, size)).Want(t, 200)
			a.Store.Forget()
			completing(t, a, o, claimOf(parts, size)).Want(t, 200) // the object tells that it is this one
			parts[0]["checksum"] = algorithm.Sum(late)
			completing(t, a, o, claimOf(parts, size)).Problem(t, 409, "completed-otherwise")
		})
	}
}

func TestAutoIsTheBestOfTheProvider(t *testing.T) {
	for _, c := range []struct {
		name   string
		known  []session.ChecksumAlgorithm // nil: nothing is
		asked  string
		become string
	}{
		{"nobody knows", nil, "auto", "sha256"},
		{"of all", bound, "auto", "sha256"},
		{"as R2", []session.ChecksumAlgorithm{session.CRC32C, session.MD5}, "auto", "crc32c"},
		{"as B2", []session.ChecksumAlgorithm{session.MD5}, "auto", "md5"},
		{"there is none", []session.ChecksumAlgorithm{}, "auto", "none"},
		{"a recorder of before, as R2", []session.ChecksumAlgorithm{session.CRC32C, session.MD5}, "sha256", "none"},
		{"one that is not the best", bound, "md5", "md5"},
		{"by name, where nobody knows", nil, "md5", "md5"},
		{"none", bound, "none", "none"},
		{"nothing asked", bound, "", "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := apitest.Start(t)
			a.Broker.Limits.Checksums = c.known
			asked := map[string]any{}
			if c.asked != "" {
				asked["checksum"] = c.asked
			}
			o := a.Open(t, "ann", asked)
			if o.Checksum != c.become {
				t.Fatalf("%q became %s, want %s", c.asked, o.Checksum, c.become)
			}
			parts, size := a.Upload(t, o, apitest.Noise(99))
			var shown struct{ Checksum string }
			a.Call(t, "GET", "/v1/sessions/"+string(o.ID), a.APIKey, nil).Want(t, 200).Into(t, &shown)
			a.Store.Forget()
			completing(t, a, o, claimOf(parts, size)).Want(t, 200)
			if shown.Checksum != c.become {
				t.Errorf("the record says %s", shown.Checksum)
			}
		})
	}
}

// A checksum that is none of the session's is told with its field and what is
// wanted.
func TestAChecksumOfAnotherAlgorithmIsRefused(t *testing.T) {
	a := apitest.Start(t)
	for _, algorithm := range bound {
		o := a.Open(t, "ann", map[string]any{"checksum": algorithm})
		for _, other := range bound {
			if other == algorithm {
				continue
			}
			t.Run(fmt.Sprint(other, " for ", algorithm), func(t *testing.T) {
				part := []map[string]any{{"number": 1, "size": 1, "checksum": other.Sum([]byte("x"))}}
				for list, answer := range map[string]apitest.Answer{
					"sign":     a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/parts", o.Token, map[string]any{"sign": part}),
					"uploaded": a.Call(t, "POST", "/v1/sessions/"+string(o.ID)+"/parts", o.Token, map[string]any{"uploaded": part}),
					"parts":    completing(t, a, o, claimOf(part, 1)),
				} {
					p := answer.Problem(t, 400, "bad-checksum")
					want := len(algorithm.Sum(nil))
					if p.Field != list+"[0].checksum" || p.Limit != int64(want) || !strings.Contains(p.Detail, fmt.Sprintf("%s[0].checksum has %d characters", list, len(other.Sum(nil)))) {
						t.Errorf("told is %q, %d: %s", p.Field, p.Limit, p.Detail)
					}
				}
			})
		}
	}
}

// masking is a server whose ETags of parts are not those that ours has.
type masking struct{ spelling }

func (m *masking) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	listed, err := m.Bucket.ListParts(ctx, u)
	if err != nil || !slices.EqualFunc(parts, listed, func(p, l session.Part) bool { return p.ETag == m.list(l.ETag) }) {
		return session.Object{}, fmt.Errorf("the masked ETags are not named: %w", err)
	}
	return m.Bucket.Complete(ctx, u, listed, size)
}

// with is the claim with other ETags.
func (r *recorded) with(etag func(session.ETag) session.ETag) session.Claim {
	claim := session.Claim{Parts: slices.Clone(r.claim.Parts), Size: r.claim.Size}
	for i := range claim.Parts {
		claim.Parts[i].ETag = etag(claim.Parts[i].ETag)
	}
	return claim
}

func hidden(session.ETag) session.ETag { return "" }

// S3 makes ETags of its own with SSE-KMS, which look like MD5s, and Cloudflare R2
// always, which do not.
func TestWhereETagsAreNoMD5sAnMD5IsNoDifference(t *testing.T) {
	for name, mask := range map[string]func(session.ETag) session.ETag{
		"and look like some": func(e session.ETag) session.ETag {
			return session.ETag(fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(e)))[:33] + `"`)
		},
		"and do not": func(e session.ETag) session.ETag { return `"r2-` + e[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			r := recordWith(t, session.MD5)
			r.Broker.Bucket = &masking{spelling{Bucket: r.bucket, list: mask}}
			replaced := r.with(mask)
			replaced.Parts[1].ETag = mask(`"0123456789abcdef0123456789abcdef"`)
			if _, err := r.Broker.Complete(t.Context(), r.ref, replaced); session.ReasonOf(err) != session.ReasonPartsDiffer {
				t.Errorf("a part with another ETag is %v", err)
			}
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.with(hidden)); err != nil {
				t.Errorf("parts whose ETags the page cannot read are %v", err)
			}
		})
	}
}

// One part whose ETag is its MD5 shows that all are, so that the other one is
// another's.
func TestOneMD5AmongTheETagsIsAProofOfAll(t *testing.T) {
	r := recordWith(t, session.MD5)
	stale := r.presign(t, 2, r.stale)
	if res := apitest.Put(t, stale, r.stale); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	_, err := r.Broker.Complete(t.Context(), r.ref, r.with(hidden))
	var differ *session.Error
	if !errors.As(err, &differ) || differ.Reason != session.ReasonPartsDiffer || len(differ.Parts) != 1 || differ.Parts[0].Number != 2 {
		t.Fatalf("the stale part is %v", err)
	}
}

// SeaweedFS checks checksums and does not list them.
func TestAWrongPartThatIsNotListedIsNamedOnceS3RefusesIt(t *testing.T) {
	for _, algorithm := range []session.ChecksumAlgorithm{session.SHA256, session.CRC32C} {
		t.Run(string(algorithm), func(t *testing.T) {
			r := recordWith(t, algorithm)
			r.Broker.Bucket = &mute{r.bucket}
			apitest.Put(t, r.presign(t, 2, r.stale), r.stale)
			for range 2 {
				_, err := r.Broker.Complete(t.Context(), r.ref, r.with(hidden))
				var differ *session.Error
				if !errors.As(err, &differ) || differ.Reason != session.ReasonPartsDiffer || len(differ.Parts) != 2 {
					t.Fatalf("the stale part is %v", err)
				}
			}
			for i, body := range r.bodies {
				r.UploadPart(t, r.opened, i+1, body)
			}
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.with(hidden)); err != nil {
				t.Errorf("the right parts are %v", err)
			}
		})
	}
}

// mute lists no checksums, and takes them at the end.
type mute struct{ session.Bucket }

func (m *mute) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	parts, err := m.Bucket.ListParts(ctx, u)
	for i := range parts {
		parts[i].Checksum = ""
	}
	return parts, err
}

// What S3 took and does not list is looked for in the finished object.
func TestTheObjectTellsOfChecksumsThatWereNotListed(t *testing.T) {
	for _, algorithm := range []session.ChecksumAlgorithm{session.SHA256, session.CRC32C} {
		t.Run(string(algorithm), func(t *testing.T) {
			r := recordWith(t, algorithm)
			r.Broker.Bucket = &liar{mute{r.bucket}}
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); session.ReasonOf(err) != session.ReasonCompletedOtherwise {
				t.Errorf("an object with another checksum is %v", err)
			}
		})
	}
}

// liar makes objects of other bytes than were claimed.
type liar struct{ mute }

func (l *liar) Head(ctx context.Context, key session.Key) (session.Object, error) {
	obj, err := l.Bucket.Head(ctx, key)
	obj.Checksum = "other" + obj.Checksum[5:]
	return obj, err
}

// The algorithm holds for the whole upload, whoever has forgotten it.
func TestTheChecksumOfASessionComesBack(t *testing.T) {
	for _, algorithm := range append([]session.ChecksumAlgorithm{session.NoChecksum}, bound...) {
		t.Run(string(algorithm), func(t *testing.T) {
			algorithmOf := func(r *recorded, when string, ref session.Ref, want session.ChecksumAlgorithm) {
				t.Helper()
				view, err := r.Broker.Show(t.Context(), ref)
				if err != nil || view.Algorithm != want {
					t.Errorf("%s it is %+v (%v), want %s", when, view.Session, err, want)
				}
			}
			r := recordWith(t, algorithm)
			r.Store.Forget()
			algorithmOf(r, "with its token", r.ref, algorithm)
			r.Store.Forget()
			if _, err := r.Broker.Rebuild(t.Context(), func(session.Rebuilt) {}); err != nil {
				t.Fatal(err)
			}
			listed := algorithm
			if !algorithm.Kept() {
				listed = session.NoChecksum // S3 knows nothing of it until the token comes
			}
			algorithmOf(r, "rebuilt while it is unfinished", session.Ref{ID: r.opened.ID}, listed)
			algorithmOf(r, "rebuilt, and then with its token", r.ref, algorithm)
			r.complete(t, session.Completed)
			r.Store.Forget()
			if _, err := r.Broker.Rebuild(t.Context(), func(session.Rebuilt) {}); err != nil {
				t.Fatal(err)
			}
			algorithmOf(r, "rebuilt when it is finished", session.Ref{ID: r.opened.ID}, algorithm)
		})
	}
}

// A recorder that opens again, as its answer was lost and Redis with it, gets the
// upload that is there, as it is.
func TestAnOpenThatIsRepeatedGetsTheSameChecksum(t *testing.T) {
	for _, known := range [][]session.ChecksumAlgorithm{nil, bound, {session.CRC32C, session.MD5}, {session.MD5}, {}} {
		t.Run(fmt.Sprint(known), func(t *testing.T) {
			a := apitest.Start(t)
			a.Broker.Limits.Checksums = known
			open := func() *session.Session {
				t.Helper()
				opened, err := a.Broker.Open(t.Context(), session.Grant{Owner: "ann"}, session.OpenRequest{ContentType: "video/webm", Algorithm: session.AutoChecksum, IdempotencyKey: "k"}, nil)
				if err != nil {
					t.Fatal(err)
				}
				return opened.Session
			}
			first := open()
			a.Store.Forget()
			if again := open(); again.UploadID != first.UploadID || again.Algorithm != first.Algorithm {
				t.Errorf("it was %s with %s and is %s with %s", first.UploadID, first.Algorithm, again.UploadID, again.Algorithm)
			}
		})
	}
}
