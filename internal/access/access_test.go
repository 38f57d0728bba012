package access_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/session"
)

func TestTokensOutliveARotatedKey(t *testing.T) {
	old, fresh := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("f", 32))
	ring := func(keys ...[]byte) *access.Keyring {
		k, err := access.NewKeyring(nil, keys, func() time.Time { return goldenTime })
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	sign := func(k *access.Keyring) map[string]string {
		return map[string]string{
			"grant":         k.SignGrant(session.Grant{Owner: "ann", ExpiresAt: goldenTime.Add(time.Hour)}),
			"session token": k.SignSessionToken(goldenSessionToken),
			"share token":   k.SignLink(session.Link{ID: goldenSessionToken.ID}),
		}
	}
	before, between := sign(ring(old)), sign(ring(fresh, old))
	for name, token := range before {
		if _, err := ring(fresh, old).Check(token); err != nil {
			t.Errorf("a %s of the key before is refused: %v", name, err)
		}
		if _, err := ring(fresh).Check(token); session.ReasonOf(err) != "bad-token" {
			t.Errorf("a %s of a key that is gone is answered with %v", name, err)
		}
		if _, err := ring(fresh).Check(between[name]); err != nil {
			t.Errorf("a %s is not signed by the first key: %v", name, err)
		}
	}
}

// Brokers are restarted one after another, so two steps are at work at once.
func TestTokenKeysRotateInStepsWithoutARefusal(t *testing.T) {
	old, fresh := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("f", 32))
	var rings []*access.Keyring
	for _, keys := range [][][]byte{{old}, {old, fresh, old}, {fresh, old}} {
		ring, err := access.NewKeyring(nil, keys, func() time.Time { return goldenTime })
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rings); n > 0 {
			for _, pair := range [][2]*access.Keyring{{ring, rings[n-1]}, {rings[n-1], ring}} {
				if _, err := pair[0].Check(pair[1].SignSessionToken(goldenSessionToken)); err != nil {
					t.Errorf("between steps %d and %d a token is refused: %v", n, n+1, err)
				}
			}
			if !bytes.Equal(ring.Derive("ids"), rings[0].Derive("ids")) {
				t.Errorf("step %d derives other secrets", n+1)
			}
		}
		rings = append(rings, ring)
	}
}

func TestAnAPIKeyIsRotatedUnderItsName(t *testing.T) {
	one, oldSecret := access.NewAPIKey("app", session.ScopeGrants)
	two, newSecret := access.NewAPIKey("app", session.ScopeGrants)
	for name, c := range map[string]struct {
		keys []access.APIKey
		old  bool
	}{"both": {[]access.APIKey{one, two}, true}, "the new one": {[]access.APIKey{two}, false}} {
		ring, err := access.NewKeyring(c.keys, [][]byte{goldenKey}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if cred, err := ring.Check(newSecret); err != nil || cred.APIKey.Name != "app" {
			t.Errorf("with %s the new key is answered with %v", name, err)
		}
		if _, err := ring.Check(oldSecret); (err == nil) != c.old {
			t.Errorf("with %s the old key is answered with %v", name, err)
		}
	}
}

func TestWhatTokensCarryComesBack(t *testing.T) {
	ring := goldenRing(t)
	grant := session.Grant{Owner: "ann", ExpiresAt: goldenTime.Add(time.Hour), MaxBytes: 7, MaxOpen: 3, ContentTypes: []string{"audio/*"}, Origin: "https://app.example"}
	if got, err := ring.Check(ring.SignGrant(grant)); err != nil || !reflect.DeepEqual(*got.Grant, grant) {
		t.Errorf("the grant comes back as %+v (%v)", got.Grant, err)
	}
	link := session.Link{ID: goldenSessionToken.ID, Generation: "G", ExpiresAt: goldenTime.Add(time.Millisecond)}
	if got, err := ring.Check(ring.SignLink(link)); err != nil || *got.Link != link {
		t.Errorf("the share token comes back as %+v (%v)", got.Link, err)
	}
	link.ExpiresAt = goldenTime
	if _, err := ring.Check(ring.SignLink(link)); session.KindOf(err) != session.Unauthorized || session.ReasonOf(err) != "link-expired" {
		t.Errorf("a link that has just ended is answered with %v", err)
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
	want := session.SessionToken{ID: "00aaaaaaaaaaaaaaaaaaaaaaaaaaw", Bucket: "b", UploadID: "u", Owner: "ann", Name: "n", ContentType: "video/webm", Algorithm: session.SHA256,
		PartSize: 1, MaxBytes: 2, OnAbandon: session.Discard, OpenedAt: now.Add(-time.Hour), ExpiresAt: now}
	token := ring.SignSessionToken(want)
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

// What Uppy knows its upload by stands in URLs, which others log.
func TestTheNameOfAnUploadIsNoCredential(t *testing.T) {
	ring := goldenRing(t)
	content := goldenSessionToken
	content.Algorithm, content.Unsized, content.Announced = session.NoChecksum, true, 7
	name := ring.SignUpload(content)
	if got, err := ring.OpenUpload(name); err != nil || !reflect.DeepEqual(got, content) {
		t.Errorf("it is read as %+v (%v)", got, err)
	}
	if _, err := ring.Check(name); session.ReasonOf(err) != "bad-token" {
		t.Errorf("as a bearer string it is answered with %v", err)
	}
	if _, err := ring.Reopen(name); session.ReasonOf(err) != "bad-token" {
		t.Errorf("as a session token to renew it is answered with %v", err)
	}
	_, sealed, _ := strings.Cut(name, "_")
	for what, other := range map[string]string{"a session token": ring.SignSessionToken(content), "one under a session token's name": "st_" + sealed, "nothing": "", "its beginning": "up_"} {
		if _, err := ring.OpenUpload(other); what != "one under a session token's name" && session.KindOf(err) != session.Invalid {
			t.Errorf("%s is answered with %v", what, err)
		}
		if _, err := ring.Check(other); what != "a session token" && session.KindOf(err) != session.Unauthorized {
			t.Errorf("%s, as a bearer string, is answered with %v", what, err)
		}
	}
}

// A device may come back after weeks, and Uppy cannot be given another name.
func TestTheNameOfAnUploadDoesNotEnd(t *testing.T) {
	ring := goldenRing(t)
	content := goldenSessionToken
	content.ExpiresAt = goldenTime.Add(-time.Hour)
	if _, err := ring.OpenUpload(ring.SignUpload(content)); err != nil {
		t.Error(err)
	}
}
