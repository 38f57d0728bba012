package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
)

// sign returns the URL of one part of ann's session.
func (a *target) sign(t *testing.T, number, size int) apitest.URL {
	t.Helper()
	var signed struct{ URLs []apitest.URL }
	a.Call(t, "POST", path(a.o, "/parts"), a.o.Token, map[string]any{"sign": []any{map[string]any{"number": number, "size": size}}}).Want(t, 200).Into(t, &signed)
	return signed.URLs[0]
}

func TestAttackAURLAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(a *target, t *testing.T){
		"completed": (*target).completes,
		"aborted": func(a *target, t *testing.T) {
			a.Call(t, "DELETE", path(a.o, ""), a.o.Token, nil).Want(t, 200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTarget(t)
			again, more := a.sign(t, 1, 5*mib), a.sign(t, 2, 9)
			end(a, t)
			a.LeavesNoTrace(t, func() {
				for _, late := range []struct {
					url  apitest.URL
					size int
				}{{again, 5 * mib}, {more, 9}} {
					if res := apitest.Put(t, late.url, apitest.Noise(late.size)); res.StatusCode != http.StatusNotFound {
						t.Errorf("S3 answers %s to part %d", res.Status, late.url.Number)
					}
				}
				a.Call(t, "POST", path(a.o, "/parts"), a.o.Token, map[string]any{"sign": []any{map[string]any{"number": 2, "size": 9}}}).Problem(t, 409, name)
			})
		})
	}
}

// The session may take 7 MiB: a part of 5 and one of 2.
func TestAttackSigningPastTheLimit(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for name, part := range map[string][2]int{
			"more than a part": {1, 5*mib + 1}, "more than is left": {2, 2*mib + 1}, "a part too many": {3, 1}, "the last that S3 has": {10_000, 1}, "one more than that": {10_001, 1},
			"a size that overflows": {2, 1<<63 - 1}, "a number that overflows": {1<<63 - 1, 1}, "no bytes": {2, 0},
		} {
			parts := []any{map[string]any{"number": 2, "size": 1}, map[string]any{"number": part[0], "size": part[1]}}
			for _, list := range []string{"sign", "uploaded"} {
				body := map[string]any{list: parts}
				if answer := a.CallBad(t, "POST", path(a.o, "/parts"), a.o.Token, body); answer.Status != 400 || strings.Contains(string(answer.Body), "X-Amz") {
					t.Errorf("%s in %s: %d %s", name, list, answer.Status, answer.Body)
				}
			}
		}
	})
	a.completes(t)
}

// A URL allows one PUT of one length. S3 holds it against all that is signed.
func TestAttackAURLThatIsChanged(t *testing.T) {
	a := newTarget(t)
	signed := a.sign(t, 2, 9)
	other := a.Open(t, "ann", nil)
	change := func(edit func(u *url.URL, q url.Values)) string {
		u, err := url.Parse(signed.URL)
		if err != nil {
			t.Fatal("the URL cannot be read")
		}
		q := u.Query()
		edit(u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	as := func(method, url string, length int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(apitest.Noise(length)))
		if err != nil {
			t.Fatal("the URL cannot be used")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal("S3 did not answer")
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s is answered with %s", method, res.Status)
		}
	}
	a.LeavesNoTrace(t, func() {
		for name, changed := range map[string]string{
			"another number":  change(func(_ *url.URL, q url.Values) { q.Set("partNumber", "1") }),
			"another upload":  change(func(_ *url.URL, q url.Values) { q.Set("uploadId", "x") }),
			"no upload":       change(func(_ *url.URL, q url.Values) { q.Del("uploadId"); q.Del("partNumber") }),
			"another key":     change(func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, string(a.o.ID), string(other.ID), 1) }),
			"a longer life":   change(func(_ *url.URL, q url.Values) { q.Set("X-Amz-Expires", "604800") }),
			"fewer headers":   change(func(_ *url.URL, q url.Values) { q.Set("X-Amz-SignedHeaders", "host") }),
			"a query besides": change(func(_ *url.URL, q url.Values) { q.Set("acl", "") }),
		} {
			t.Run(name, func(t *testing.T) { as(http.MethodPut, changed, 9) })
		}
		for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
			as(method, signed.URL, 0)
		}
		as(http.MethodPut, signed.URL, 8)
		as(http.MethodPut, signed.URL, 10)
	})
	a.completes(t)
}

// A key that was used is the owner's alone, and stands for one request.
func TestAttackAReplayedIdempotencyKey(t *testing.T) {
	a := newTarget(t)
	open := func(bearer string, body map[string]any) apitest.Answer {
		return a.Call(t, "POST", "/v1/sessions", bearer, body, "Idempotency-Key", "k1")
	}
	ann, body := a.Grant(t, "ann"), map[string]any{"content_type": "video/webm", "name": "hers"}
	var hers, his, scripts apitest.Opened
	open(ann, body).Want(t, 201).Into(t, &hers)
	a.LeavesNoTrace(t, func() {
		for _, other := range []map[string]any{
			{"content_type": "video/webm", "name": "other"}, {"content_type": "audio/webm", "name": "hers"}, {"content_type": "video/webm"},
			{"content_type": "video/webm", "name": "hers", "max_bytes": mib}, {"content_type": "video/webm", "name": "hers", "on_abandon": "abort"},
			{"content_type": "video/webm", "name": "hers", "metadata": map[string]string{"a": "b"}},
		} {
			open(ann, other).Problem(t, 409, "idempotency-key-reused")
		}
		open(a.o.Token, body).Problem(t, 403, "wrong-credential")
	})
	open(a.Grant(t, "bob"), body).Want(t, 201).Into(t, &his)
	open(a.APIKey, body).Want(t, 201).Into(t, &scripts)
	if his.ID == hers.ID || scripts.ID == hers.ID || his.ID[2:] == hers.ID[2:] {
		t.Errorf("hers is %s, his %s, nobody's %s", hers.ID, his.ID, scripts.ID)
	}
	a.Call(t, "GET", path(hers, ""), a.Grant(t, "bob"), nil).Problem(t, 404, "unknown-session")
}
