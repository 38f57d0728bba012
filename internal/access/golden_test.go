package access_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"slipway/internal/access"
	"slipway/internal/session"
)

// goldenTime and goldenKey are what testdata/tokens-v1.json was made with.
var (
	goldenTime = time.UnixMilli(1_800_000_000_000)
	goldenKey  = []byte(strings.Repeat("g", 32))
)

var goldenSessionToken = session.SessionToken{
	ID: "07aebagbafaydqqcikbmga2dqpcaw", Bucket: "s3/recordings", UploadID: "u.1", Owner: "ann", Name: "Küche", ContentType: "video/webm;codecs=vp9,opus",
	Algorithm: session.SHA256, PartSize: 5 << 20, MaxBytes: 100 << 20, OnAbandon: session.Salvage, OpenedAt: goldenTime.Add(-time.Hour), ExpiresAt: goldenTime.Add(191 * time.Hour),
}

func goldenRing(t *testing.T) *access.Keyring {
	t.Helper()
	ring, err := access.NewKeyring(nil, [][]byte{goldenKey}, func() time.Time { return goldenTime })
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// The file holds what the broker of commit d49bdd6 signed: recorders have such
// tokens for weeks, and people have the links for years.
func TestTokensOfBeforeAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/tokens-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]string
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	ring := goldenRing(t)
	for name, want := range map[string]session.Credential{
		"bare_grant":    {Grant: &session.Grant{Owner: "ann", ExpiresAt: goldenTime.Add(time.Hour)}},
		"grant":         {Grant: &session.Grant{Owner: "ann", ExpiresAt: goldenTime.Add(time.Hour), MaxBytes: 7 << 20, ContentTypes: []string{"video/webm", "audio/*"}}},
		"session_token": {SessionToken: &goldenSessionToken},
		"share_token":   {Link: &session.Link{ID: goldenSessionToken.ID}},
	} {
		if got, err := ring.Check(golden[name]); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("the %s is read as %+v (%v)", name, got, err)
		}
	}
	// And brokers of before read ours, as long as these are the same.
	if ring.SignSessionToken(goldenSessionToken) != golden["session_token"] || ring.SignLink(session.Link{ID: goldenSessionToken.ID}) != golden["share_token"] {
		t.Error("a session token or a share token is signed as another one than before")
	}
}

// A broker of before reads a token as encoding/json does into the fields that
// it knows; it refuses any version but 1.
func TestTokensWithNewFieldsAreReadByBrokersOfBefore(t *testing.T) {
	ring := goldenRing(t)
	var grant struct {
		Version      int      `json:"v"`
		Owner        string   `json:"o"`
		ExpiresAt    int64    `json:"e"`
		MaxBytes     int64    `json:"m,omitempty"`
		ContentTypes []string `json:"c,omitempty"`
	}
	payload(t, ring.SignGrant(session.Grant{Owner: "ann", ExpiresAt: goldenTime, MaxBytes: 7, ContentTypes: []string{"audio/*"}, MaxOpen: 3, Origin: "https://app.example"}), &grant)
	if grant.Version != 1 || grant.Owner != "ann" || grant.ExpiresAt != goldenTime.UnixMilli() || grant.MaxBytes != 7 || len(grant.ContentTypes) != 1 {
		t.Errorf("the grant reads %+v", grant)
	}
	var share struct {
		Version int    `json:"v"`
		ID      string `json:"i"`
	}
	payload(t, ring.SignLink(session.Link{ID: goldenSessionToken.ID, Generation: "G", ExpiresAt: goldenTime}), &share)
	if share.Version != 1 || share.ID != string(goldenSessionToken.ID) {
		t.Errorf("the share token reads %+v", share)
	}
}

// A broker of before would sign the parts of such a session without the checksum
// that S3 wants. It says token-version to any version but 1, and the recorder
// asks another broker.
func TestATokenWithANewChecksumIsLeftToNewBrokers(t *testing.T) {
	ring := goldenRing(t)
	for algorithm, version := range map[session.ChecksumAlgorithm]int{session.NoChecksum: 1, session.SHA256: 1, session.CRC32C: 2, session.MD5: 2} {
		content := goldenSessionToken
		content.Algorithm = algorithm
		token := ring.SignSessionToken(content)
		var read struct {
			Version int `json:"v"`
		}
		if payload(t, token, &read); read.Version != version {
			t.Errorf("with %s it is of version %d, want %d", algorithm, read.Version, version)
		}
		if got, err := ring.Check(token); err != nil || *got.SessionToken != content {
			t.Errorf("with %s it reads %+v (%v)", algorithm, got.SessionToken, err)
		}
		if got, err := ring.Reopen(token); err != nil || got != content {
			t.Errorf("with %s it is reopened as %+v (%v)", algorithm, got, err)
		}
	}
}

func payload(t *testing.T, token string, into any) {
	t.Helper()
	_, rest, _ := strings.Cut(token, "_")
	text, _, _ := strings.Cut(rest, ".")
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
