package httpapi_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// limited holds an answer against what a client needs to try again.
func limited(t *testing.T, a apitest.Answer, reason string, limit int64) apitest.Problem {
	t.Helper()
	p := a.Problem(t, 429, reason)
	seconds, _ := strconv.ParseInt(a.Header.Get("Retry-After"), 10, 64)
	if p.Code != "limited" || p.Limit != limit || p.RetryAfterMs < 1 || seconds != (p.RetryAfterMs+999)/1000 {
		t.Errorf("%+v, Retry-After: %d; want the limit %d, and the same wait twice", p, seconds, limit)
	}
	return p
}

// uploads is how many multipart uploads S3 has of us.
func uploads(t *testing.T, a *apitest.API) int {
	t.Helper()
	page, err := a.Broker.Bucket.Uploads(t.Context(), a.Broker.Limits.KeyPrefix, session.UploadCursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Uploads)
}

func TestAnOwnerOpensNoMoreSessionsThanAllowed(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.KeyPrefix, a.Broker.Limits.Quota = "open-sessions/", session.Quota{MaxOpen: 2}
	grant := a.Grant(t, "ann")
	open := func(key string) apitest.Answer {
		return a.Call(t, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm"}, "Idempotency-Key", key)
	}
	var first, again apitest.Opened
	open("1").Want(t, 201).Into(t, &first)
	open("2").Want(t, 201)
	for key := range 3 {
		limited(t, open(fmt.Sprint("past it ", key)), "open-sessions", 2)
	}
	if n := uploads(t, a); n != 2 {
		t.Errorf("S3 has %d uploads; want those of the two sessions", n)
	}
	if open("1").Want(t, 201).Into(t, &again); again.ID != first.ID {
		t.Errorf("the same request opened %s and then %s", first.ID, again.ID)
	}
	a.Call(t, "POST", path(first, "/parts"), first.Token, map[string]any{}).Want(t, 200)
	a.Call(t, "DELETE", path(first, ""), first.Token, nil).Want(t, 200)
	open("3").Want(t, 201)

	a.Broker.Limits.Quota = session.Quota{}
	lowered := a.Keyring.SignGrant(session.Grant{Owner: "bob", ExpiresAt: time.Now().Add(time.Hour), MaxOpen: 1})
	body := map[string]any{"content_type": "video/webm"}
	a.Call(t, "POST", "/v1/sessions", lowered, body).Want(t, 201)
	limited(t, a.Call(t, "POST", "/v1/sessions", lowered, body), "open-sessions", 1)
}

// sealed is a Bucket in which nothing begins.
type sealed struct{ session.Bucket }

func (sealed) Create(context.Context, session.NewUpload) (session.Upload, error) {
	return session.Upload{}, &session.Error{Kind: session.Unavailable, Reason: "s3"}
}

// hasty is a Store that looks before the others are there.
type hasty struct{ session.Store }

func (h hasty) Admit(ctx context.Context, id session.ID, _ session.Admission) (*session.Session, error) {
	found, err := h.Store.Get(ctx, id)
	if session.KindOf(err) == session.NotFound {
		return nil, nil
	}
	return found, err
}

func TestARefusedOpenLeavesNoUpload(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.KeyPrefix, a.Broker.Limits.Quota = "refused/", session.Quota{MaxOpen: 1}
	grant, body := a.Grant(t, "ann"), map[string]any{"content_type": "video/webm"}
	a.Call(t, "POST", "/v1/sessions", grant, body).Want(t, 201)
	s3, store := a.Broker.Bucket, a.Broker.Store
	a.Broker.Bucket = sealed{s3}
	limited(t, a.Call(t, "POST", "/v1/sessions", grant, body), "open-sessions", 1)
	a.Broker.Bucket, a.Broker.Store = s3, hasty{store}
	limited(t, a.Call(t, "POST", "/v1/sessions", grant, body), "open-sessions", 1)
	if n := uploads(t, a); n != 1 {
		t.Errorf("S3 has %d uploads; want that of the session", n)
	}
}

func TestADayThatIsFullEndsNoRecording(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.Quota = session.Quota{DailyBytes: 10}
	grant := a.Grant(t, "ann")
	o := a.Open(t, "ann", nil)
	part := a.UploadPart(t, o, 1, apitest.Noise(10))
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"uploaded": []any{part}}).Want(t, 200)
	body := map[string]any{"content_type": "video/webm"}
	p := limited(t, a.Call(t, "POST", "/v1/sessions", grant, body), "daily-bytes", 10)
	if p.RetryAfterMs > 24*time.Hour.Milliseconds() {
		t.Errorf("ask again after %d ms; want midnight", p.RetryAfterMs)
	}
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": []any{part}, "size": 10}).Want(t, 200)
	a.Later(time.Duration(p.RetryAfterMs) * time.Millisecond)
	a.Call(t, "POST", "/v1/sessions", a.Grant(t, "ann"), body).Want(t, 201)
}

func TestSigningTooFastIsToldWhenToComeBack(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.Rates.Session = session.Rate{PerSecond: 1, Burst: 10}
	o := a.Open(t, "ann", nil)
	sign := func(n int) apitest.Answer {
		var parts []any
		for i := range n {
			parts = append(parts, map[string]any{"number": i + 1, "size": 5})
		}
		return a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{"sign": parts})
	}
	sign(9).Want(t, 200)
	p := limited(t, sign(10), "sign-rate", 1)
	a.Later(time.Duration(p.RetryAfterMs) * time.Millisecond)
	sign(10).Want(t, 200)
	a.Broker.Limits.Rates = session.Rates{Owner: session.Rate{PerSecond: 1, Burst: 10}}
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Want(t, 200) // a heartbeat costs one
	limited(t, sign(10), "owner-sign-rate", 1)
}

// Whoever only looks costs Redis and S3 something all the same. What a token
// looks at goes by the session's rate, what a grant looks at by its owner's, and
// operators wait for nobody.
func TestLookingTooFastIsToldWhenToComeBack(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	part := a.UploadPart(t, o, 1, apitest.Noise(10))
	look := func(bearer string) apitest.Answer { return a.Call(t, "GET", path(o, ""), bearer, nil) }
	grant, bobs := a.Grant(t, "ann"), a.Grant(t, "bob")

	a.Broker.Limits.Rates.Session = session.Rate{PerSecond: 10, Burst: 50}
	for range 2 { // 20 each
		look(o.Token).Want(t, 200)
	}
	p := limited(t, look(o.Token), "sign-rate", 10)
	for range 3 {
		look(grant).Want(t, 200)
		look(a.APIKey).Want(t, 200)
		look(bobs).Problem(t, 404, "unknown-session")
	}
	a.Later(time.Duration(p.RetryAfterMs) * time.Millisecond)
	look(o.Token).Want(t, 200)
	limited(t, look(o.Token), "sign-rate", 10)

	a.Broker.Limits.Rates = session.Rates{Owner: session.Rate{PerSecond: 10, Burst: 50}}
	for range 2 {
		look(grant).Want(t, 200)
	}
	limited(t, look(grant), "owner-sign-rate", 10)
	limited(t, look(o.Token), "owner-sign-rate", 10)
	look(bobs).Problem(t, 404, "unknown-session")
	look(a.APIKey).Want(t, 200)

	a.Broker.Limits.Rates = session.Rates{}
	look(o.Token).Want(t, 200)
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": []any{part}, "size": 10}).Want(t, 200)
}

// A claim reads all that a look reads; and what is completing is asked for again
// and again by a recorder that does as it is told.
func TestClaimingTooFastIsToldWhenToComeBack(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	part := a.UploadPart(t, o, 1, apitest.Noise(10))
	claim := func(bearer string, size int) apitest.Answer {
		wrong := map[string]any{"number": 1, "size": size, "etag": part["etag"]}
		return a.Call(t, "POST", path(o, "/complete"), bearer, map[string]any{"parts": []any{wrong}, "size": size})
	}
	a.Broker.Limits.Rates.Session = session.Rate{PerSecond: 10, Burst: 50}
	for range 2 {
		claim(o.Token, 9).Problem(t, 409, "parts-differ")
	}
	p := limited(t, claim(o.Token, 9), "sign-rate", 10)
	claim(a.APIKey, 9).Problem(t, 409, "parts-differ")
	a.Later(time.Duration(p.RetryAfterMs) * time.Millisecond)
	claim(o.Token, 10).Want(t, 200)
	for range 5 {
		claim(o.Token, 10).Want(t, 200)
	}
}

func TestOpeningTooFastIsToldWhenToComeBack(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Limits.KeyPrefix = "opening-too-fast/"
	a.Broker.Limits.Rates.Owner = session.Rate{PerSecond: 10, Burst: 50}
	open := func(bearer string, body map[string]any) apitest.Answer {
		body["content_type"] = "video/webm"
		return a.Call(t, "POST", "/v1/sessions", bearer, body, "Idempotency-Key", fmt.Sprint(body))
	}
	ann, bob := a.Grant(t, "ann"), a.Grant(t, "bob")
	var first apitest.Opened
	for i := range 2 {
		open(ann, map[string]any{"name": fmt.Sprint(i)}).Want(t, 201).Into(t, &first)
	}
	before := uploads(t, a)
	p := limited(t, open(ann, map[string]any{"name": "2"}), "owner-sign-rate", 10)
	limited(t, open(ann, map[string]any{"name": "1"}), "owner-sign-rate", 10) // a repeated one is a call, too
	limited(t, open(a.APIKey, map[string]any{"owner": "ann"}), "owner-sign-rate", 10)
	if n := uploads(t, a); n != before {
		t.Errorf("S3 has %d uploads; want the %d of before", n, before)
	}
	open(bob, map[string]any{}).Want(t, 201)
	for i := range 5 {
		open(a.APIKey, map[string]any{"name": fmt.Sprint(i)}).Want(t, 201) // nobody's have no rate
	}
	a.Later(time.Duration(p.RetryAfterMs) * time.Millisecond)
	open(ann, map[string]any{"name": "2"}).Want(t, 201)
}
