package access_test

import (
	"fmt"
	"time"

	"slipway/internal/access"
	"slipway/internal/session"
)

// A Keyring makes a grant for a person, and later says what a bearer string is.
func ExampleKeyring_Check() {
	now := func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }
	apiKey, secret := access.NewAPIKey("my-app", session.ScopeGrants)
	keyring, err := access.NewKeyring([]access.APIKey{apiKey}, [][]byte{make([]byte, access.MinTokenKey)}, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	grant := keyring.SignGrant(session.Grant{Owner: "ann", ExpiresAt: now().Add(time.Hour)})

	who, err := keyring.Check(grant)
	fmt.Println("a grant of", who.Grant.Owner, err)
	who, err = keyring.Check(secret)
	fmt.Println("the API key", who.APIKey.Name, err)
	_, err = keyring.Check("gr_forged")
	fmt.Println(session.KindOf(err), session.ReasonOf(err))
	// Output:
	// a grant of ann <nil>
	// the API key my-app <nil>
	// unauthorized bad-token
}
