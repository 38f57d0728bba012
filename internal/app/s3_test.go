package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"slipway/internal/presign"
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
	signer, err := presign.New(t.Context(), clients.Public, s.S3.Bucket, time.Now)
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
