package access

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
)

func ringAt(t *testing.T, key string, now *time.Time) *Keyring {
	t.Helper()
	ring, err := NewKeyring(nil, [][]byte{[]byte(strings.Repeat(key, MinTokenKey))}, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func (c *checked) len() int { return len(c.young) + len(c.old) }

func TestATokenThatWasCheckedEndsAllTheSame(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	ring := ringAt(t, "k", &now)
	token := ring.SignSessionToken(session.SessionToken{ID: "00aaaaaaaaaaaaaaaaaaaaaaaaaaw", ExpiresAt: now.Add(time.Second)})
	for range 2 {
		if cred, err := ring.Check(token); err != nil || cred.SessionToken.ID == "" {
			t.Fatalf("%+v, %v", cred, err)
		}
	}
	if ring.checked.len() != 1 {
		t.Fatalf("%d tokens are remembered", ring.checked.len())
	}
	now = now.Add(time.Second)
	if _, err := ring.Check(token); session.ReasonOf(err) != session.ReasonTokenExpired {
		t.Errorf("when it has ended: %v", err)
	}
	if got, err := ring.Reopen(token); err != nil || got.ID == "" {
		t.Errorf("to be renewed it is %+v, %v", got, err)
	}
}

func TestWhatACallerDoesToASessionTokenStaysItsOwn(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	ring := ringAt(t, "k", &now)
	token := ring.SignSessionToken(session.SessionToken{Owner: "ann", ExpiresAt: now.Add(time.Hour)})
	for range 3 {
		cred, err := ring.Check(token)
		if err != nil || cred.SessionToken.Owner != "ann" {
			t.Fatalf("%+v, %v", cred.SessionToken, err)
		}
		cred.SessionToken.Owner = "bob"
	}
}

// One wrong byte is another token, and what one ring let in no other does.
func TestOnlyTheVeryTokenIsRemembered(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	ring, other := ringAt(t, "k", &now), ringAt(t, "o", &now)
	token := ring.SignSessionToken(session.SessionToken{Owner: "ann", ExpiresAt: now.Add(time.Hour)})
	if _, err := ring.Check(token); err != nil {
		t.Fatal(err)
	}
	for i := range len(token) {
		bad := token[:i] + string(token[i]^1) + token[i+1:]
		if _, err := ring.Check(bad); session.KindOf(err) != session.Unauthorized {
			t.Errorf("changed at %d it is answered with %v", i, err)
		}
	}
	for name, bad := range map[string]string{"longer": token + "A", "shorter": token[:len(token)-1], "another kind": grantPrefix + strings.TrimPrefix(token, sessionTokenPrefix)} {
		if _, err := ring.Check(bad); session.KindOf(err) != session.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := other.Check(token); session.KindOf(err) != session.Unauthorized {
		t.Errorf("to another ring: %v", err)
	}
	if ring.checked.len() != 1 || other.checked.len() != 0 {
		t.Errorf("%d and %d are remembered; want what was genuine", ring.checked.len(), other.checked.len())
	}
}

func TestTokensAreForgotten(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	var c checked
	sum := func(i int) (s tokenSum) {
		s[0], s[1], s[2] = byte(i), byte(i>>8), byte(i>>16)
		return s
	}
	for i := range 5 * maxChecked {
		c.add(sum(i), session.SessionToken{}, now)
		if c.len() > 2*maxChecked {
			t.Fatalf("%d are remembered; at most %d", c.len(), 2*maxChecked)
		}
	}
	if _, known := c.find(sum(5*maxChecked-1), now); !known {
		t.Error("the last one is forgotten")
	}
	if _, known := c.find(sum(0), now); known {
		t.Error("the first one is remembered")
	}

	c = checked{}
	c.add(sum(1), session.SessionToken{}, now)
	c.add(sum(2), session.SessionToken{}, now)
	for range 5 { // one is brought all the time, the other never again
		now = now.Add(checkedFor - time.Second)
		if _, known := c.find(sum(1), now); !known {
			t.Error("what is brought is forgotten")
		}
	}
	_, young := c.young[sum(2)]
	_, old := c.old[sum(2)]
	if young || old {
		t.Error("what nobody brings is remembered")
	}
}
