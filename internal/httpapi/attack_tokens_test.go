package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/httpapi"
	"slipway/internal/session"
)

// forge returns what could be made of ann's genuine token, and of another
// genuine one, without the key that signs them.
func (a *target) forge(t *testing.T, other string) map[string]string {
	t.Helper()
	prefix, rest := a.o.Token[:3], a.o.Token[3:]
	payload, seal, _ := strings.Cut(rest, ".")
	otherPayload, otherSeal, _ := strings.Cut(other[3:], ".")
	grant := a.Grant(t, "ann")
	return map[string]string{
		"no seal":                  prefix + payload,
		"an empty seal":            prefix + payload + ".",
		"half a seal":              prefix + payload + "." + seal[:len(seal)/2],
		"a seal of zeros":          prefix + payload + "." + strings.Repeat("A", len(seal)),
		"a seal in other words":    prefix + payload + "." + seal[:len(seal)-1] + string(seal[len(seal)-1]+1), // the last two bits of it carry nothing
		"a padded seal":            prefix + payload + "." + seal + "=",
		"two seals":                prefix + payload + "." + seal + "." + seal,
		"another's seal":           prefix + payload + "." + otherSeal,
		"another's payload":        prefix + otherPayload + "." + seal,
		"a longer payload":         prefix + payload + "AAAA." + seal,
		"a shorter payload":        prefix + payload[:len(payload)-4] + "." + seal,
		"all but its last byte":    a.o.Token[:len(a.o.Token)-1],
		"half of it":               a.o.Token[:len(a.o.Token)/2],
		"no beginning":             rest,
		"as a grant":               "gr_" + rest,
		"as a link":                "wt_" + rest,
		"as an API key":            "sk_" + rest,
		"a grant as it":            "st_" + grant[3:],
		"a grant as a link":        "wt_" + grant[3:],
		"in capitals":              "ST_" + rest,
		"a JWT that nobody signed": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + payload + ".",
		"longer than any token":    a.o.Token + strings.Repeat("A", 8<<10),
		"signed anew":              a.resign(t, strings.Repeat("x", access.MinTokenKey)),
		"signed with zeros":        a.resign(t, strings.Repeat("\x00", access.MinTokenKey)),
		"signed with the ID":       a.resign(t, strings.Repeat(string(a.o.ID), 2)),
	}
}

// resign signs what ann's token says with a key of the attacker's: what it says
// can be read by whoever has one.
func (a *target) resign(t *testing.T, key string) string {
	t.Helper()
	token, err := a.Keyring.Reopen(a.o.Token)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := access.NewKeyring(nil, [][]byte{[]byte(key)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token.MaxBytes = 1 << 40
	return ring.SignSessionToken(token)
}

func TestAttackForgedToken(t *testing.T) {
	a := newTarget(t)
	forged := a.forge(t, a.Open(t, "ann", nil).Token)
	for name, bearer := range forged {
		t.Run(name, func(t *testing.T) {
			a.LeavesNoTrace(t, func() {
				for _, r := range a.calls() {
					a.Call(t, r.method, r.path, bearer, r.body).Problem(t, 401, "bad-token")
				}
				a.Call(t, "POST", path(a.o, "/token"), a.APIKey, map[string]any{"token": bearer}).Problem(t, 400, "bad-token")
			})
		})
	}
	a.completes(t)
}

func TestAttackExpiredToken(t *testing.T) {
	a := newTarget(t, func(c *httpapi.Config) { c.Links.TTL = time.Hour })
	grant, link := a.Grant(t, "ann"), shareOf(a.o.WatchURL)
	a.Later(24 * time.Hour)
	for reason, bearer := range map[string]string{"token-expired": a.o.Token, "grant-expired": grant, "link-expired": link} {
		t.Run(reason, func(t *testing.T) {
			a.LeavesNoTrace(t, func() {
				for _, r := range a.calls() {
					a.Call(t, r.method, r.path, bearer, r.body).Problem(t, 401, reason)
				}
			})
		})
	}
}

// A genuine token of the same owner, of another one and of nobody.
func TestAttackAnotherSessionsToken(t *testing.T) {
	a := newTarget(t)
	for _, owner := range []string{"ann", "bob"} {
		t.Run(owner, func(t *testing.T) {
			other := a.Open(t, owner, nil)
			a.LeavesNoTrace(t, func() {
				for _, bearer := range []string{other.Token, shareOf(other.WatchURL)} {
					for _, r := range a.calls() {
						a.Call(t, r.method, r.path, bearer, r.body).Want(t, 403)
					}
				}
				// Not even whoever may renew it can move a token to another session.
				a.Call(t, "POST", path(a.o, "/token"), a.APIKey, map[string]any{"token": other.Token}).Problem(t, 403, "foreign-token")
			})
		})
	}
	a.completes(t)
}

// A link watches. Whoever was sent one can do nothing else with it.
func TestAttackLinkAsSessionToken(t *testing.T) {
	a := newTarget(t)
	link := shareOf(a.o.WatchURL)
	a.LeavesNoTrace(t, func() {
		for _, r := range a.calls() {
			answer := a.Call(t, r.method, r.path, link, r.body)
			if r.method == "GET" && strings.HasPrefix(r.path, "/v1/recordings/") {
				answer.Problem(t, 409, "not-completed")
				continue
			}
			answer.Want(t, 403)
		}
	})
	a.completes(t)
}

// The token of a session in another bucket is genuine, and names nothing here.
func TestAttackTokenOfAnotherBucket(t *testing.T) {
	a := newTarget(t)
	token, err := a.Keyring.Reopen(a.o.Token)
	if err != nil {
		t.Fatal(err)
	}
	token.Bucket = "https://s3.example/elsewhere"
	bearer := a.Keyring.SignSessionToken(token)
	a.LeavesNoTrace(t, func() {
		for _, r := range []request{{"GET", path(a.o, ""), nil}, {"POST", path(a.o, "/parts"), map[string]any{}}, {"POST", path(a.o, "/complete"), a.claim()}, {"DELETE", path(a.o, ""), nil}} {
			if p := a.Call(t, r.method, r.path, bearer, r.body).Problem(t, 503, "other-bucket"); p.Code != session.Unavailable.String() {
				t.Errorf("%s %s: %+v", r.method, r.path, p)
			}
		}
	})
}
