package access_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/session"
)

func TestTokensOutliveARotatedKey(t *testing.T) {
	old, fresh := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("f", 32))
	ring := func(keys ...[]byte) *access.Keyring {
		k, err := access.NewKeyring(nil, keys, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	token := ring(old).SignShare("00aaaaaaaaaaaaaaaaaaaaaaaaaaw")
	if _, err := ring(fresh, old).Check(token); err != nil {
		t.Errorf("a token of the key before is refused: %v", err)
	}
	if _, err := ring(fresh).Check(token); session.KindOf(err) != session.Unauthorized {
		t.Errorf("a token of a key that is gone is answered with %v", err)
	}
}

func TestAPIKeysAreReadBackAsWritten(t *testing.T) {
	key, secret := access.NewAPIKey("app", session.ScopeGrants, session.ScopeOps)
	read, err := access.ParseAPIKey(key.String())
	if err != nil || read.String() != key.String() {
		t.Fatalf("%s became %s (%v)", key, read, err)
	}
	if strings.Contains(key.String(), secret) {
		t.Error("the setting holds the key itself")
	}
	ring, err := access.NewKeyring([]access.APIKey{read}, [][]byte{[]byte(strings.Repeat("k", 32))}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := ring.Check(secret)
	if err != nil || !cred.APIKey.Allows(session.ScopeOps) || cred.APIKey.Allows(session.ScopeSessions) {
		t.Errorf("the key is let in as %+v (%v)", cred.APIKey, err)
	}
	for _, bad := range []string{"", "app", "app:grants", "app:grants:abc", "app:everything:" + strings.Repeat("0", 64), ":grants:" + strings.Repeat("0", 64)} {
		if _, err := access.ParseAPIKey(bad); err == nil {
			t.Errorf("%q is taken for an API key", bad)
		}
	}
}

func TestATokenThatEndedIsReopened(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	ring, err := access.NewKeyring(nil, [][]byte{[]byte(strings.Repeat("k", 32))}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	want := session.Ticket{ID: "00aaaaaaaaaaaaaaaaaaaaaaaaaaw", Bucket: "b", UploadID: "u", Owner: "ann", Name: "n", ContentType: "video/webm", Algorithm: session.SHA256,
		PartSize: 1, MaxBytes: 2, OnAbandon: session.Discard, OpenedAt: now.Add(-time.Hour), ExpiresAt: now}
	token := ring.SignTicket(want)
	if _, err := ring.Check(token); session.ReasonOf(err) != "token-expired" {
		t.Errorf("as a credential it is answered with %v", err)
	}
	if got, err := ring.Reopen(token); err != nil || got != want {
		t.Errorf("reopened it is %+v (%v)", got, err)
	}
	grant := ring.SignGrant(session.Grant{Owner: "ann", ExpiresAt: now.Add(time.Hour)})
	for name, bad := range map[string]string{
		"nothing": "", "cut short": token[:len(token)-1], "changed": strings.Replace(token, ".", "A.", 1), "without its beginning": token[3:],
		"a grant": grant, "a grant as a token": "st_" + grant[3:],
	} {
		if _, err := ring.Reopen(bad); session.KindOf(err) != session.Invalid || session.ReasonOf(err) != "bad-token" {
			t.Errorf("%s is answered with %v", name, err)
		}
	}
}

// FuzzCheck holds that no bearer string but those we signed gets past, and
// that none makes Check stumble.
func FuzzCheck(f *testing.F) {
	now := time.UnixMilli(1_800_000_000_000) // the same in every worker
	ring, err := access.NewKeyring(nil, [][]byte{[]byte(strings.Repeat("k", 32))}, func() time.Time { return now })
	if err != nil {
		f.Fatal(err)
	}
	genuine := ring.SignGrant(session.Grant{Owner: "ann", ExpiresAt: now.Add(time.Hour)})
	for _, seed := range []string{"", "gr_", "gr_.", "st_e30.AAAA", genuine, genuine[:len(genuine)-1], "wt_" + genuine[3:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bearer string) {
		if _, err := ring.Check(bearer); err == nil && bearer != genuine {
			t.Errorf("%q gets past", bearer)
		} else if err != nil && session.KindOf(err) != session.Unauthorized {
			t.Errorf("%q is answered with %v", bearer, err)
		}
	})
}
