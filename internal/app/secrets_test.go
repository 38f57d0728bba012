package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/session"
)

// spy does all that can be done with a broker, and remembers every secret that
// it was told.
type spy struct {
	*running
	t       *testing.T
	secrets []string
}

func (s *spy) learn(secrets ...string) { s.secrets = append(s.secrets, secrets...) }

// want sends a request and decodes the answer, which has to have this status.
func (s *spy) want(status int, method, path, bearer string, body any, headers ...string) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d; reason %v, %v", method, path[:min(len(path), 20)], res.StatusCode, status, answer["reason"], err)
	}
	for _, name := range []string{"grant", "token", "uploadId"} {
		if secret, ok := answer[name].(string); ok {
			s.learn(secret)
		}
	}
	if link, ok := answer["watch_url"].(string); ok {
		_, share, _ := strings.Cut(link, "#")
		s.learn(share)
	}
	return answer
}

// presigned learns what is secret of a URL.
func (s *spy) presigned(address string) string {
	s.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal("the URL cannot be read")
	}
	s.learn(u.Query().Get("X-Amz-Signature"), u.Query().Get("X-Amz-Credential"), u.RawQuery)
	return address
}

// open opens a session and returns its path and its token.
func (s *spy) open(grant string) (path, token string) {
	s.t.Helper()
	opened := s.want(201, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm", "checksum": "sha256", "name": "Weekly sync"})
	return "/v1/sessions/" + opened["id"].(string), opened["token"].(string)
}

// put uploads part 1 and returns what to claim.
func (s *spy) put(path, token string, body []byte) map[string]any {
	s.t.Helper()
	sum := sha256.Sum256(body)
	part := map[string]any{"number": 1, "size": len(body), "checksum": base64.StdEncoding.EncodeToString(sum[:])}
	signed := s.want(200, "POST", path+"/parts", token, map[string]any{"sign": []any{part}})["urls"].([]any)[0].(map[string]any)
	req, err := http.NewRequestWithContext(s.t.Context(), "PUT", s.presigned(signed["url"].(string)), bytes.NewReader(body))
	if err != nil {
		s.t.Fatal("the URL cannot be used")
	}
	req.Header.Set("X-Amz-Checksum-Sha256", part["checksum"].(string))
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatal("the part cannot be uploaded")
	}
	_ = res.Body.Close()
	part["etag"] = res.Header.Get("ETag")
	return part
}

// watched plays a recording.
func (s *spy) watched(id, share string) {
	s.t.Helper()
	link := s.presigned(s.want(200, "GET", "/v1/recordings/"+id, share, nil)["url"].(string))
	res, err := http.Get(link)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatal("the recording does not play")
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// everyKind brings about an error of each kind, and puts secrets where they do
// not belong.
func (s *spy) everyKind(grant, path, token string) {
	s.t.Helper()
	forged := token[:len(token)-4] + "AAAA"
	s.learn(forged)
	s.want(400, "POST", path+"/parts", token, map[string]any{"sign": token})
	s.want(400, "POST", "/v1/grants", s.key, map[string]any{"owner": "ann", token: grant})
	s.want(401, "GET", path, forged, nil)
	s.want(401, "GET", path, "hello", nil)
	s.want(403, "POST", "/v1/grants", token, map[string]any{"owner": "ann"})
	s.want(404, "GET", "/v1/sessions/"+strings.Repeat("0", 2)+strings.Repeat("a", 26)+"w", s.key, nil)
	s.want(404, "GET", "/v1/"+token, token, nil)
	s.want(404, "GET", "/v1/sessions/"+token+"?token="+grant, token, nil)
	s.want(400, "GET", "/v1/sessions?cursor="+url.QueryEscape(token)+"&owner="+grant, s.key, nil, "Last-Event-ID", token)
	s.want(412, "DELETE", path, token, nil, "If-Match", `"7"`)
	s.want(409, "POST", path+"/complete", token, map[string]any{"parts": []any{map[string]any{"number": 1, "size": 9, "etag": `"` + strings.Repeat("0", 32) + `"`}}, "size": 9})
	s.want(413, "POST", "/v1/grants", s.key, map[string]any{"owner": strings.Repeat("a", 1<<20)})
}

// A log is read by more people, and kept for longer, than any secret should be.
func TestNoSecretIsLoggedOrCounted(t *testing.T) {
	settings := settle(t)
	redis := miniredis.RunT(t)
	redis.RequireAuth("the-password-of-redis")
	settings.RedisURL = "redis://:the-password-of-redis@" + redis.Addr()
	settings.MetricsListen = "127.0.0.1:0"
	settings.Uppy = true
	settings.AbandonAfter, settings.ResumeWindow, settings.ReapEvery = time.Second, time.Second, time.Second
	var tries atomic.Int32
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(hooks.Close)
	settings.WebhookURL, settings.WebhookSecrets = hooks.URL+"/the-path?key=the-key-of-the-receiver", []string{secret}
	s := &spy{running: run(t, settings), t: t}
	s.learn(s.key, secret, settings.TokenKeys[0], "the-password-of-redis", "the-key-of-the-receiver", os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))

	grant := s.want(201, "POST", "/v1/grants", s.key, map[string]any{"owner": "ann"})["grant"].(string)
	path, token := s.open(grant)
	part := s.put(path, token, []byte("recording"))
	s.everyKind(grant, path, token)
	s.want(200, "POST", path+"/parts", token, map[string]any{"uploaded": []any{part}})
	done := s.want(200, "POST", path+"/complete", token, map[string]any{"parts": []any{part}, "size": 9})
	_, share, _ := strings.Cut(done["watch_url"].(string), "#")
	s.watched(done["id"].(string), share)
	given, givenToken := s.open(grant)
	s.want(200, "DELETE", given, givenToken, nil)
	left, leftToken := s.open(grant)
	s.put(left, leftToken, []byte("left"))
	s.want(200, "POST", left+"/salvage", s.key, nil)
	nobody, nobodyToken := s.open(grant)
	s.put(nobody, nobodyToken, []byte("and nobody came back"))
	s.uppy(grant)
	s.until(`"act":"salvaged","session":"` + strings.TrimPrefix(nobody, "/v1/sessions/") + `"`)
	s.until(`"msg":"webhook not delivered"`)
	s.until(`"msg":"webhook delivered"`)

	s.spoil(redis, strings.TrimPrefix(given, "/v1/sessions/"))
	s.want(500, "GET", given, givenToken, nil)
	redis.Close()
	s.want(503, "GET", path, token, nil)
	for _, kind := range []session.Kind{session.Internal, session.Invalid, session.Unauthorized, session.Forbidden, session.NotFound, session.Conflict,
		session.PreconditionFailed, session.TooLarge, session.Unavailable} {
		s.until(fmt.Sprintf(`"kind":%q`, kind))
	}
	s.until(`"owner":"ann"`)
	s.tellsNothing("the log", s.log.String())
	s.tellsNothing("/metrics", s.metrics(t))
}

// uppy uploads as Uppy 6 does, with secrets in the path, also where nothing is.
func (s *spy) uppy(grant string) {
	s.t.Helper()
	at := "/c/" + grant + "/s3/multipart"
	opened := s.want(200, "POST", at, "", map[string]any{"filename": "x", "type": "video/webm"})
	upload := at + "/" + opened["uploadId"].(string)
	query := "?key=" + url.QueryEscape(opened["key"].(string))
	s.presigned(s.want(200, "GET", upload+"/1"+query, "", nil)["url"].(string))
	s.want(400, "GET", upload+"/1", "", nil)
	s.want(400, "GET", at+"/"+grant+query, "", nil)
	s.want(404, "GET", "/c/"+grant+"/"+grant+query, "", nil)
	s.want(200, "DELETE", upload+query, "", nil)
}

// until waits for a line of the log.
func (s *spy) until(text string) {
	s.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !strings.Contains(s.log.String(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the log has no %s", text)
		}
	}
}

// spoil makes the record of a session unreadable.
func (s *spy) spoil(redis *miniredis.Miniredis, id string) {
	s.t.Helper()
	for _, key := range redis.Keys() {
		if strings.HasPrefix(key, "{t:"+id[:2]+"}s") {
			if err := redis.Set(key, "spoilt"); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// looksSecret is what a secret that the spy did not learn would look like.
var looksSecret = regexp.MustCompile(`(?i)x-amz-(signature|credential|security-token)|bearer [a-z0-9]|whsec_|\b(sk|gr|st|wt|up)_[a-z0-9]`)

// tellsNothing holds a text against all secrets, and against the middle and
// the end of each, where the text was cut.
func (s *spy) tellsNothing(what, text string) {
	s.t.Helper()
	if len(s.secrets) < 30 || len(text) < 2000 {
		s.t.Fatalf("%s has %d bytes, and %d secrets are known", what, len(text), len(s.secrets))
	}
	for i, secret := range s.secrets {
		half := secret[len(secret)/2:]
		for _, piece := range []string{secret, half[:min(len(half), 20)], secret[max(0, len(secret)-20):]} {
			if len(piece) >= 10 && strings.Contains(text, piece) {
				s.t.Errorf("%s has secret %d, or a piece of it", what, i+1)
			}
		}
	}
	if found := looksSecret.FindString(text); found != "" {
		s.t.Errorf("%s has %q", what, found)
	}
}
