package presign

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"slipway/internal/session"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// issuer is a credentials provider whose credentials last an hour, as a role's
// do, and are numbered.
type issuer struct {
	now    func() time.Time
	asked  atomic.Int64
	refuse atomic.Bool
	slow   chan struct{} // if set, an answer waits for it
}

func (i *issuer) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if i.refuse.Load() {
		return aws.Credentials{}, errors.New("planted: no answer")
	}
	if i.slow != nil {
		select {
		case <-i.slow:
		case <-ctx.Done():
			return aws.Credentials{}, ctx.Err()
		}
	}
	n := i.asked.Add(1)
	return aws.Credentials{AccessKeyID: fmt.Sprintf("AK%d", n), SecretAccessKey: fmt.Sprintf("secret %d", n), SessionToken: fmt.Sprintf("token %d", n),
		CanExpire: true, Expires: i.now().Add(time.Hour)}, nil
}

// clock is a stopped clock that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time        { return noon.Add(time.Duration(c.offset.Load())) }
func (c *clock) set(d time.Duration)   { c.offset.Store(int64(d)) }
func (c *clock) after(d time.Duration) { c.offset.Add(int64(d)) }

func newSigner(provider aws.CredentialsProvider, now func() time.Time) *Signer {
	return &Signer{endpoint: endpoint{region: "eu-central-1", base: "https://b.s3.example", path: "/", host: "b.s3.example"}, credentials: newCredentials(provider), now: now}
}

func sign(t testing.TB, s *Signer, ttl time.Duration) (session.SignedPart, url.Values, error) {
	t.Helper()
	signed, err := s.SignParts(t.Context(), session.Upload{Key: "k", ID: "u"}, []session.PartToSign{{Number: 1, Size: 1}}, ttl)
	if err != nil {
		return session.SignedPart{}, nil, err
	}
	u, err := url.Parse(string(signed[0].URL))
	if err != nil {
		t.Fatal(err)
	}
	return signed[0], u.Query(), nil
}

func TestAURLNeverOutlivesItsCredentials(t *testing.T) {
	var c clock
	provider := &issuer{now: c.now}
	s := newSigner(provider, c.now)
	if _, _, err := sign(t, s, time.Minute); err != nil { // issued at noon, until one
		t.Fatal(err)
	}
	provider.refuse.Store(true)
	cases := []struct {
		name       string
		at         time.Duration
		asked      time.Duration
		life       time.Duration
		wantReason session.Reason
	}{
		{"as asked while they last", 0, 15 * time.Minute, 15 * time.Minute, ""},
		{"to the second they end", 30 * time.Minute, 30 * time.Minute, 30 * time.Minute, ""},
		{"cut to what is left", 30 * time.Minute, 31 * time.Minute, 30 * time.Minute, ""},
		{"cut to whole seconds", 30*time.Minute + 300*time.Millisecond, time.Hour, 29*time.Minute + 59*time.Second, ""},
		{"5 s are enough", time.Hour - 5*time.Second, time.Hour, 5 * time.Second, ""},
		{"less is no URL", time.Hour - 4999*time.Millisecond, time.Hour, 0, "no-credentials"},
		{"nor after their end", 2 * time.Hour, time.Hour, 0, "no-credentials"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c.set(tc.at)
			signed, query, err := sign(t, s, tc.asked)
			if tc.wantReason != "" {
				if session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != tc.wantReason {
					t.Errorf("the answer is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := query.Get("X-Amz-Expires"); got != fmt.Sprint(int(tc.life.Seconds())) || !signed.ExpiresAt.Equal(c.now().Truncate(time.Second).Add(tc.life)) {
				t.Errorf("it lives %s s, until %s; want %s", got, signed.ExpiresAt, tc.life)
			}
		})
	}
}

func TestCredentialsThatEndAtOnceAreRefused(t *testing.T) {
	provider := &issuer{now: func() time.Time { return noon.Add(-time.Hour + 2*time.Second) }}
	_, _, err := sign(t, newSigner(provider, func() time.Time { return noon }), time.Minute)
	if session.KindOf(err) != session.Unavailable || session.ReasonOf(err) != "credentials-ending" {
		t.Errorf("the answer is %v", err)
	}
}

func TestWhoWaitsForCredentialsMayStopWaiting(t *testing.T) {
	provider := &issuer{now: func() time.Time { return noon }, slow: make(chan struct{})}
	s := newSigner(provider, func() time.Time { return noon })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	go func() { _, _, _ = sign(t, s, time.Minute) }() // holds the provider until slow is closed
	start := time.Now()
	_, err := s.SignParts(ctx, session.Upload{Key: "k", ID: "u"}, []session.PartToSign{{Number: 1, Size: 1}}, time.Minute)
	if session.ReasonOf(err) != "no-credentials" || time.Since(start) > 5*time.Second {
		t.Errorf("after %s the answer is %v", time.Since(start), err)
	}
	close(provider.slow)
}

func TestNoURLLivesOverSevenDays(t *testing.T) {
	s := newSigner(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s"}, nil
	}), func() time.Time { return noon })
	for asked, want := range map[time.Duration]string{7*24*time.Hour - time.Second: "604799", 7 * 24 * time.Hour: "604800", 7*24*time.Hour + time.Second: "604800"} {
		if _, query, err := sign(t, s, asked); err != nil || query.Get("X-Amz-Expires") != want {
			t.Errorf("asked for %s, it lives %s s (%v)", asked, query.Get("X-Amz-Expires"), err)
		}
	}
}

// A rotation holds nobody up: while the provider takes its time, URLs are
// signed with what is still good.
func TestARotationBlocksNoRequest(t *testing.T) {
	var c clock
	provider := &issuer{now: c.now}
	s := newSigner(provider, c.now)
	if _, _, err := sign(t, s, time.Minute); err != nil {
		t.Fatal(err)
	}
	provider.slow = make(chan struct{})
	c.set(56 * time.Minute) // 4 minutes are left
	for range 100 {
		if _, query, err := sign(t, s, time.Minute); err != nil || query.Get("X-Amz-Security-Token") != "token 1" {
			t.Fatalf("signed with %s (%v)", query.Get("X-Amz-Security-Token"), err)
		}
	}
	close(provider.slow)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, query, err := sign(t, s, time.Minute); err == nil && query.Get("X-Amz-Security-Token") == "token 2" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the new credentials are never used")
		}
	}
	if n := provider.asked.Load(); n != 2 {
		t.Errorf("the provider was asked %d times", n)
	}
}

// The SDK's own cache would hand out the old credentials to their last second.
func TestTheSDKsCacheIsRefreshedAheadOfTime(t *testing.T) {
	var c clock
	provider := &issuer{now: time.Now}
	now := func() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }
	s := newSigner(aws.NewCredentialsCache(provider), now)
	if _, _, err := sign(t, s, time.Minute); err != nil {
		t.Fatal(err)
	}
	c.set(57 * time.Minute)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, query, err := sign(t, s, time.Minute); err == nil && query.Get("X-Amz-Security-Token") == "token 2" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the new credentials are never used")
		}
	}
}

// Under load and with rotations all the time, no URL mixes two credentials,
// and each is what the key of its credentials makes of it.
func TestRotationUnderLoad(t *testing.T) {
	var c clock
	s := newSigner(&issuer{now: c.now}, c.now)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				c.after(2 * time.Second) // a rotation every 30 minutes
				at := c.now()
				batch, err := s.SignParts(t.Context(), session.Upload{Key: "k", ID: "u"}, []session.PartToSign{{Number: 1, Size: 1}, {Number: 2, Size: 1}}, time.Minute)
				if err != nil {
					t.Errorf("at %s: %v", at, err)
					return
				}
				for i, signed := range batch {
					checkAgainstItsKey(t, signed, session.PartNumber(i+1))
				}
			}
		})
	}
	wg.Wait()
}

// checkAgainstItsKey signs again with the key that the URL names.
func checkAgainstItsKey(t *testing.T, signed session.SignedPart, number session.PartNumber) {
	t.Helper()
	u, err := url.Parse(string(signed.URL))
	if err != nil {
		t.Error(err)
		return
	}
	q := u.Query()
	var n int
	if _, err := fmt.Sscanf(q.Get("X-Amz-Security-Token"), "token %d", &n); err != nil {
		t.Error(err)
		return
	}
	at, err := time.Parse(timeFormat, q.Get("X-Amz-Date"))
	if err != nil {
		t.Error(err)
		return
	}
	var seconds int
	fmt.Sscan(q.Get("X-Amz-Expires"), &seconds)
	key := newSigningKey(fmt.Sprintf("AK%d", n), fmt.Sprintf("secret %d", n), fmt.Sprintf("token %d", n), at.Format(dayFormat), "eu-central-1")
	again := newBatch(key, endpoint{region: "eu-central-1", base: "https://b.s3.example", path: "/", host: "b.s3.example"}, session.Upload{Key: "k", ID: "u"}, lengthSigned, at, time.Duration(seconds)*time.Second)
	if want := again.url(session.PartToSign{Number: number, Size: 1}); string(want) != string(signed.URL) {
		t.Error("a URL is not what its own credentials make of it")
	}
}

func TestMidnight(t *testing.T) {
	var c clock
	s := newSigner(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s"}, nil
	}), c.now)
	for at, want := range map[time.Duration]string{12*time.Hour - time.Second: "20261122", 12 * time.Hour: "20261123"} {
		c.set(at)
		_, query, err := sign(t, s, time.Hour)
		if err != nil || query.Get("X-Amz-Credential") != "AK/"+want+"/eu-central-1/s3/aws4_request" || query.Get("X-Amz-Date")[:8] != want {
			t.Errorf("at %s it is signed for %s on %s (%v)", c.now(), query.Get("X-Amz-Credential"), query.Get("X-Amz-Date"), err)
		}
		o := one{bucket: "recordings", region: "eu-central-1", at: c.now(), ttl: time.Hour, credentials: aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s"},
			upload: session.Upload{Key: "k", ID: "u"}, part: session.PartToSign{Number: 1, Size: 1}}
		o.agree(t)
	}
}

func TestASignedURLPrintsWithoutItsSignature(t *testing.T) {
	u := session.SignedURL("https://b.s3.example/k?X-Amz-Credential=AK&X-Amz-Signature=5ec4e7")
	for _, verb := range []string{"%v", "%+v", "%s", "%q", "%#v"} {
		if got := fmt.Sprintf(verb, u); got != "https://b.s3.example/k?…" && got != `"https://b.s3.example/k?…"` {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
