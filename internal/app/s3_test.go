package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"slipway/internal/bucket"
	"slipway/internal/session"
)

func TestASigningRoleSignsAndNothingElse(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/slipway-signing"
	s := settle(t)
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "AssumeRole" || r.Form.Get("RoleArn") != role || r.Form.Get("DurationSeconds") != "3600" {
			t.Errorf("STS is asked for %v of %q for %s s, %v", r.Form["Action"], r.Form["RoleArn"], r.Form.Get("DurationSeconds"), err)
		}
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>THE-SIGNER</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>%s</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(sts.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	s.S3.SigningRole = role
	clients, err := OpenS3(t.Context(), s.S3)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := clients.signer(t.Context(), s.S3.Bucket, bucket.Keep{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	get, err := signer.SignGet(t.Context(), "recordings/a", session.Playback{}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(string(get.URL)); err != nil || u.Query().Get("X-Amz-Credential")[:11] != "THE-SIGNER/" || u.Query().Get("X-Amz-Security-Token") != "session" {
		t.Error("the URL is not signed by the role")
	}
	if life := time.Until(get.ExpiresAt); life > time.Hour {
		t.Errorf("the URL lives for %s, and the role for an hour", life)
	}
	creds, err := clients.Control.Options().Credentials.Retrieve(t.Context())
	if err != nil || creds.AccessKeyID == "THE-SIGNER" {
		t.Errorf("the broker's own requests are %s's, %v", creds.AccessKeyID, err)
	}
}

func TestTheChecksumsOfSessionsFollowTheProvider(t *testing.T) {
	type sums = []session.ChecksumAlgorithm
	for name, c := range map[string]struct {
		settings S3Settings
		want     sums
	}{
		"AWS":                            {S3Settings{}, sums{session.SHA256, session.CRC32C, session.MD5}},
		"a server that nobody knows":     {S3Settings{Endpoint: "http://127.0.0.1:9000"}, nil},
		"R2, by its address":             {S3Settings{Endpoint: "https://0123.r2.cloudflarestorage.com"}, sums{session.CRC32C, session.MD5}},
		"B2, by its name":                {S3Settings{Endpoint: "http://127.0.0.1:9000", Profile: "b2"}, sums{session.MD5}},
		"whatever it is, by the setting": {S3Settings{NoChecksums: true}, sums{}},
	} {
		if got := c.settings.checksums(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", name, got, c.want)
		}
		s := Settings{S3: c.settings}
		if got := s.limits().Checksums; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: brokers have %#v, want %#v", name, got, c.want)
		}
	}
	for name, want := range map[string]bool{"aws": true, "r2": false, "wasabi": false} {
		s := S3Settings{Profile: name}
		if got := s.bucket(bucket.Keep{}, nil).PartMD5s; got != want {
			t.Errorf("%s: the ETag of a part is its MD5: %v", name, got)
		}
	}
}

// What signs parts needs no leave to read, where another signs playback.
func TestPlaybackIsSignedByAnother(t *testing.T) {
	s := settle(t)
	s.S3.SigningAccessKey, s.S3.SigningSecretKey = "THE-WRITER", "secret"
	s.S3.PlaybackAccessKey, s.S3.PlaybackSecretKey = "THE-READER", "secret"
	clients, err := OpenS3(t.Context(), s.S3)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := clients.signer(t.Context(), s.S3.Bucket, bucket.Keep{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	get, err := signer.SignGet(t.Context(), "recordings/a", session.Playback{}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := signer.SignParts(t.Context(), session.Upload{Key: "recordings/a", ID: "u"}, []session.PartToSign{{Number: 1, Size: 1}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for who, signed := range map[string]session.SignedURL{"THE-READER": get.URL, "THE-WRITER": parts[0].URL} {
		u, err := url.Parse(string(signed))
		if key, _, _ := strings.Cut(u.Query().Get("X-Amz-Credential"), "/"); err != nil || key != who {
			t.Errorf("%s is signed by %s (%v)", u.Path, key, err)
		}
	}
	creds, err := clients.Control.Options().Credentials.Retrieve(t.Context())
	if err != nil || strings.HasPrefix(creds.AccessKeyID, "THE-") {
		t.Errorf("the broker's own requests are %s's, %v", creds.AccessKeyID, err)
	}
}

func TestWhoSignsIsSaidInOneWay(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/slipway-signing"
	for name, c := range map[string]struct {
		s    SignSettings
		says string // "" if nothing is wrong
	}{
		"nobody in particular":    {SignSettings{}, ""},
		"a role":                  {SignSettings{SigningRole: role}, ""},
		"a key":                   {SignSettings{SigningAccessKey: "k", SigningSecretKey: "s"}, ""},
		"two roles":               {SignSettings{SigningRole: role, PlaybackRole: role}, ""},
		"a role and a key":        {SignSettings{SigningRole: role, PlaybackAccessKey: "k", PlaybackSecretKey: "s"}, ""},
		"no role":                 {SignSettings{SigningRole: "role"}, "BROKER_S3_SIGNING_ROLE: \"role\" is not the ARN"},
		"no role for playback":    {SignSettings{SigningRole: role, PlaybackRole: "role"}, "BROKER_S3_PLAYBACK_ROLE: \"role\" is not the ARN"},
		"a key alone":             {SignSettings{SigningAccessKey: "k"}, "BROKER_S3_SIGNING_SECRET_ACCESS_KEY: is required"},
		"a secret alone":          {SignSettings{SigningRole: role, PlaybackSecretKey: "s"}, "BROKER_S3_PLAYBACK_ACCESS_KEY_ID: is required with its secret"},
		"both":                    {SignSettings{SigningRole: role, SigningAccessKey: "k", SigningSecretKey: "s"}, "both set"},
		"playback without others": {SignSettings{PlaybackRole: role}, "need BROKER_S3_SIGNING_ROLE"},
	} {
		p := c.s.resolve()
		text := fmt.Sprint(p)
		if (len(p) == 0) != (c.says == "") || !strings.Contains(text, c.says) {
			t.Errorf("%s: it says %s, want %q", name, text, c.says)
		}
	}
}
