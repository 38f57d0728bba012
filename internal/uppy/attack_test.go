package uppy_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// refused sends every call on an upload and holds that each is refused with one
// of these reasons, and that nothing came of it.
func (u upload) refused(t *testing.T, reasons ...string) {
	t.Helper()
	body := map[string]any{"parts": []any{map[string]any{"PartNumber": 1, "ETag": strings.Repeat("0", 32)}}}
	u.LeavesNoTrace(t, func() {
		for _, r := range []struct {
			method, path string
			body         any
		}{
			{"GET", u.path(""), nil}, {"GET", u.path("/1"), nil}, {"GET", u.path("/batch", "partNumbers", "1,2"), nil},
			{"POST", u.path("/complete"), body}, {"DELETE", u.path(""), nil},
		} {
			got := u.call(t, r.method, r.path, r.body)
			var answer struct{ Reason string }
			_ = json.Unmarshal(got.Body, &answer) // where it is let through, it is another shape
			if got.Status < 400 || !slices.Contains(reasons, answer.Reason) || strings.Contains(string(got.Body), "X-Amz-") {
				t.Errorf("%s %.12s…: %d %s, want one of %s", r.method, r.path, got.Status, answer.Reason, reasons)
			}
		}
	})
}

// What is not an upload's takes a grant too.
func TestAttackUppyWithoutAGrant(t *testing.T) {
	a := start(t)
	ann := a.Grant(t, "ann")
	u := v6(a, ann).open(t, nil)
	token, err := a.Keyring.OpenUpload(u.UploadID)
	if err != nil {
		t.Fatal(err)
	}
	ended := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(-time.Minute)}
	elsewhere := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour), Origin: "https://app.example"}
	for name, c := range map[string]struct {
		client client
		reason string
	}{
		"no grant":                           {v5(a, ""), "missing-token"},
		"a grant that has ended":             {v6(a, a.Keyring.SignGrant(ended)), "grant-expired"},
		"an ended one, a good one in front":  {client{a, "/c/" + a.Keyring.SignGrant(ended) + "/s3", ann}, "grant-expired"},
		"a grant for the pages of an origin": {v6(a, a.Keyring.SignGrant(elsewhere)), "origin"},
		"a grant that was changed":           {v5(a, ann[:len(ann)-2]+"AA"), "bad-token"},
		"an API key":                         {v5(a, a.APIKey), "wrong-credential"},
		"a session token":                    {v5(a, a.Keyring.SignSessionToken(token)), "wrong-credential"},
		"a link":                             {v6(a, a.Keyring.SignLink(session.Link{ID: token.ID})), "wrong-credential"},
		"an upload's name":                   {v6(a, u.UploadID), "bad-token"},
	} {
		t.Run(name, func(t *testing.T) {
			a.LeavesNoTrace(t, func() {
				for path, method := range map[string]string{"/multipart": "POST", "/params": "GET", "/sts": "GET"} {
					var body any
					if method == "POST" {
						body = map[string]any{"filename": "x.webm", "type": "video/webm"}
					}
					var answer struct{ Reason string }
					got := c.client.call(t, method, path, body)
					got.Into(t, &answer)
					if got.Status != 401 && got.Status != 403 || answer.Reason != c.reason {
						t.Errorf("%s %s: %d %s", method, path, got.Status, answer.Reason)
					}
				}
			})
		})
	}
}

// One person's grant does nothing to another's upload, and one upload's key
// nothing to another upload.
func TestAttackAnotherOwnersUppyUpload(t *testing.T) {
	a := start(t)
	ann, bob := a.Grant(t, "ann"), a.Grant(t, "bob")
	u, other := v6(a, ann).open(t, nil), v6(a, ann).open(t, nil)
	u.put(t, 1, apitest.Noise(99))
	with := func(c client, key string) upload { return upload{c, key, u.UploadID} }
	ended := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(-time.Minute)}
	elsewhere := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour), Origin: "https://app.example"}
	token, err := a.Keyring.OpenUpload(u.UploadID)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		upload upload
		reason string
	}{
		"another owner's grant in the path":             {with(v6(a, bob), u.Key), "unknown-session"},
		"another owner's grant in the header":           {with(v5(a, bob), u.Key), "unknown-session"},
		"another owner's in the path, her own in front": {with(client{a, "/c/" + bob + "/s3", ann}, u.Key), "unknown-session"},
		"a grant that has ended":                        {with(v6(a, a.Keyring.SignGrant(ended)), u.Key), "grant-expired"},
		"a grant for the pages of an origin":            {with(v6(a, a.Keyring.SignGrant(elsewhere)), u.Key), "origin"},
		"no grant":                                      {with(v5(a, ""), u.Key), "missing-token"},
		"a grant that is none":                          {with(v6(a, "gr_x"), u.Key), "bad-token"},
		"a grant that was changed":                      {with(v6(a, ann[:len(ann)-2]+"AA"), u.Key), "bad-token"},
		"an API key":                                    {with(v6(a, a.APIKey), u.Key), "wrong-credential"},
		"a session token":                               {with(v6(a, a.Keyring.SignSessionToken(token)), u.Key), "wrong-credential"},
		"a link":                                        {with(v5(a, a.Keyring.SignLink(session.Link{ID: token.ID})), u.Key), "wrong-credential"},
		"the upload's own name":                         {with(v5(a, u.UploadID), u.Key), "bad-token"},
		"the key of another upload":                     {with(u.client, other.Key), "foreign-key"},
		"no key":                                        {with(u.client, ""), "foreign-key"},
		"a key that leads to hers":                      {with(u.client, "x/../"+u.Key), "foreign-key"},
		"a key with something behind":                   {with(u.client, u.Key+"/x"), "foreign-key"},
		"a key in capitals":                             {with(u.client, strings.ToUpper(u.Key)), "foreign-key"},
	} {
		t.Run(name, func(t *testing.T) { c.upload.refused(t, c.reason) })
	}
}

// uploadId is ours, so nothing else gets past its seal, whatever it is.
func TestAttackAnUppyUploadID(t *testing.T) {
	a := start(t)
	c := v6(a, a.Grant(t, "ann"))
	u := c.open(t, nil)
	token, err := a.Keyring.OpenUpload(u.UploadID)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := token
	elsewhere.Bucket = "s3/other"
	for name, c := range map[string]struct{ id, reasons string }{
		"S3's own upload ID":             {string(token.UploadID), "bad-token"},
		"the session's ID":               {string(token.ID), "bad-token"},
		"the session token":              {a.Keyring.SignSessionToken(token), "bad-token"},
		"one that was changed":           {u.UploadID[:len(u.UploadID)-2] + "AA", "bad-token"},
		"one that was cut":               {u.UploadID[:len(u.UploadID)-9], "bad-token"},
		"one with something behind":      {u.UploadID + ".x", "bad-token"},
		"up and away":                    {"../x", "bad-token no-such-path"},
		"up, with hers behind":           {"../" + u.UploadID, "bad-token"},
		"up, encoded twice":              {"..%2Fx", "bad-token"},
		"two dots":                       {"..", "bad-token"},
		"a call's name":                  {"batch", "bad-token"},
		"a NUL":                          {u.UploadID + "\x00", "bad-token"},
		"a line break and a header":      {u.UploadID + "\r\nX-Evil: 1", "bad-token"},
		"not UTF-8":                      {u.UploadID + "\xff", "bad-token"},
		"a question mark":                {u.UploadID + "?uploads", "bad-token"},
		"a genuine one of other buckets": {a.Keyring.SignUpload(elsewhere), "other-bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			upload{u.client, u.Key, c.id}.refused(t, strings.Fields(c.reasons)...)
		})
	}
}

// A number is 1 to 10,000, and no more than max_bytes can need.
func TestAttackAnUppyPartNumber(t *testing.T) {
	a := start(t)
	grant := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour), MaxBytes: 11 * mib}
	u := v6(a, a.Keyring.SignGrant(grant)).open(t, nil)
	a.LeavesNoTrace(t, func() {
		for number, reason := range map[string]string{
			"0": "out-of-range", "-1": "out-of-range", "10001": "out-of-range", "4": "max-bytes", "10000": "max-bytes", "1e0": "out-of-range", "+1": "out-of-range", "01": "out-of-range", "1.0": "out-of-range",
			"0x1": "out-of-range", "%31%00": "out-of-range", "9223372036854775808": "out-of-range", "..%2F1": "out-of-range", "1%202": "out-of-range", "x": "out-of-range", "%EF%BC%91": "out-of-range",
		} {
			for field, path := range map[string]string{"number": u.path("/" + number), "partNumbers": u.path("/batch") + "&partNumbers=1," + number} {
				p := u.call(t, "GET", path, nil).Problem(t, 400, reason)
				if reason == "out-of-range" && p.Field != field {
					t.Errorf("%s: the field is %s, want %s", number, p.Field, field)
				}
			}
		}
		u.call(t, "GET", u.path("/batch"), nil).Problem(t, 400, "out-of-range")
	})
	u.url(t, 3)
}

// A session that is over is over, also for whoever kept its name.
func TestAttackAFinishedUppyUpload(t *testing.T) {
	a := start(t)
	grant := a.Grant(t, "ann")
	done, gone := v6(a, grant).open(t, nil), v6(a, grant).open(t, nil)
	done.complete(t, done.put(t, 1, apitest.Noise(99))).Want(t, 200)
	gone.put(t, 1, apitest.Noise(99))
	gone.call(t, "DELETE", gone.path(""), nil).Want(t, 200)
	done.refused(t, "completed", "completed-otherwise")
	for _, call := range []string{"", "/1"} {
		gone.call(t, "GET", gone.path(call), nil).Problem(t, 409, "aborted")
	}
	gone.complete(t, map[string]any{"PartNumber": 1, "ETag": strings.Repeat("0", 32)}).Problem(t, 409, "aborted")
}

// Nothing of what a client asks for at open is taken for the broker's word.
func TestAttackUppyOpensAsItLikes(t *testing.T) {
	a := start(t)
	grant := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour), MaxBytes: 11 * mib, ContentTypes: []string{"audio/*"}}
	c := v6(a, a.Keyring.SignGrant(grant))
	a.LeavesNoTrace(t, func() {
		for _, body := range []map[string]any{
			{"type": "video/webm"}, {"type": ""}, {}, {"type": "audio/webm,text/html"}, {"type": "audio/webm", "metadata": map[string]any{"size": 12 * mib}},
			{"type": "audio/webm", "metadata": map[string]any{"slipway-owner": "bob"}}, {"type": "audio/webm", "metadata": map[string]any{"Slipway_Owner": "bob"}},
			{"type": "audio/webm", "metadata": map[string]any{"a\r\nx-evil": "1"}}, {"type": "audio/webm", "metadata": map[string]any{"a": "1\r\nx-evil: 2"}},
			{"type": "audio/webm", "filename": "a\x00b"}, {"type": "audio/webm", "metadata": map[string]any{"size": -1}}, {"type": "audio/webm", "metadata": map[string]any{"size": 0}},
			{"type": "audio/webm;codecs=opus,text/html"}, {"type": "audio/webm\r\nx-evil: 1"}, {"type": "audio/*"},
		} {
			if got := c.call(t, "POST", "/multipart", body); got.Status != 400 && got.Status != 403 {
				t.Errorf("%v: %d", body, got.Status)
			}
		}
		for _, body := range []string{`[`, `{"metadata":[]}`, `{"type":"audio/webm"}{}`, `{"parts":[` + strings.Repeat(`{},`, 10_001) + `{}]}`} {
			if got := a.CallRaw(t, "POST", c.at+"/multipart", "", body); got.Status != 400 {
				t.Errorf("%.20s: %d", body, got.Status)
			}
		}
	})
	var made upload
	c.call(t, "POST", "/multipart", map[string]any{"filename": "../../x", "type": "audio/webm", "key": "mine", "bucket": "mine", "owner": "bob", "uploadId": "mine", "acl": "public-read", "metadata": map[string]any{"owner": "bob"}}).Want(t, 200).Into(t, &made)
	made.client = c
	if s := made.session(t); s.Owner != "ann" || s.MaxBytes != 11*mib || made.Key != string(a.Broker.Key(s.ID)) || s.Name != "../../x" {
		t.Errorf("it is %q of %q at %s, up to %d bytes", s.Name, s.Owner, made.Key, s.MaxBytes)
	}
}

// The limits of an owner are those of a recorder's.
func TestAttackUppyWithoutEnd(t *testing.T) {
	a := start(t)
	a.Broker.Limits.Rates.Session = session.Rate{PerSecond: 1, Burst: 50}
	c := v6(a, a.Keyring.SignGrant(session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour), MaxOpen: 2}))
	u, looked := c.open(t, nil), c.open(t, nil)
	a.LeavesNoTrace(t, func() {
		c.call(t, "POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm"}).Problem(t, 429, "open-sessions")
	})
	numbers := func(n int) string { return strings.TrimSuffix(strings.Repeat("1,", n), ",") } // one number counts each time
	u.call(t, "GET", u.path("/batch", "partNumbers", numbers(51)), nil).Problem(t, 429, "sign-rate")
	u.call(t, "GET", u.path("/batch", "partNumbers", numbers(50)), nil).Want(t, 200)
	u.call(t, "GET", u.path("/1"), nil).Problem(t, 429, "sign-rate")
	for range 3 {
		if got := looked.call(t, "GET", looked.path(""), nil); got.Status != 200 {
			got.Problem(t, 429, "sign-rate")
			return
		}
	}
	t.Error("its parts may be listed without end")
}

func TestAttackAListOfUppyParts(t *testing.T) {
	a := start(t)
	u := v6(a, a.Grant(t, "ann")).open(t, nil)
	a.LeavesNoTrace(t, func() {
		body := `{"parts":[` + strings.Repeat(`{},`, 10_000) + `{}]}`
		a.CallRaw(t, "POST", u.at+u.path("/complete"), "", body).Problem(t, 400, "out-of-range")
		for _, body := range []string{`{"parts":["` + strings.Repeat("a", 3*mib) + `"]}`, `{"parts":[` + strings.Repeat(" ", 3*mib) + `]}`} {
			a.CallRaw(t, "POST", u.at+u.path("/complete"), "", body).Problem(t, 413, "body")
		}
	})
}

// A grant stands in paths, and no path reaches a log, a metric or an answer.
func TestAttackTheLogByUppysPaths(t *testing.T) {
	counted := &labels{}
	a := start(t, func(cfg *httpapi.Config) { cfg.Metrics = counted })
	grant := a.Grant(t, "ann")
	u := v6(a, grant).open(t, nil)
	u.complete(t, u.put(t, 1, apitest.Noise(99))).Want(t, 200)
	var answers strings.Builder
	for _, path := range []string{
		u.path("/1"), u.path("/x"), u.path("/complete"), u.path("/1/2/3"), u.path("/batch", "partNumbers", grant), "/" + grant, "/sts", "/params", "/multipart", "", "/", "/multipart/" + grant + "?key=" + grant, "/multipart/..%2F" + grant,
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"} {
			for _, prefix := range []string{"/c/" + grant + "/s3", "/c/" + grant, "/c//" + grant, "/c/s3/" + grant, "/C/" + grant + "/s3", "/c/%2e%2e/" + grant, "/v1/" + grant + "/s3"} {
				got := a.CallRaw(t, method, prefix+path, "", `{"`+grant+`":"`+grant+`"}`, "Referer", "https://app.example/"+grant)
				answers.WriteString(url.Values(got.Header).Encode())
				if got.Status >= 300 {
					answers.Write(got.Body)
				}
			}
		}
	}
	if got := strings.Count(counted.all(), "completed"); got != 1 {
		t.Errorf("%d sessions are counted as completed", got)
	}
	// The signature is the secret; what it signs is not.
	_, seal, _ := strings.Cut(grant, ".")
	_, upload, _ := strings.Cut(u.UploadID, ".")
	for where, text := range map[string]string{"the log": a.Log.String(), "metrics": counted.all(), "answers": answers.String()} {
		if strings.Contains(text, seal) || strings.Contains(text, upload) || len(text) < 100 {
			t.Errorf("%s has what stood in a path, or nothing at all: %d bytes", where, len(text))
		}
	}
	for call := range strings.Lines(a.Log.String()) {
		if strings.Contains(call, `"route":"/c/:grant/s3/multipart/:upload/complete"`) && strings.Contains(call, `"status":200`) &&
			strings.Contains(call, `"owner":"ann"`) && strings.Contains(call, `"session":"`+string(u.session(t).ID)+`"`) {
			return
		}
	}
	t.Error("the log does not say which call it was, and whose")
}

// labels notes what a request is counted by.
type labels struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (l *labels) Answered(route, method string, _ int, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(route + " " + method + "\n")
}

func (l *labels) Completed(time.Duration) { l.Answered("completed", "", 0, 0) }

func (l *labels) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
