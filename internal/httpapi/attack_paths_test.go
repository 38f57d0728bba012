package httpapi_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

// An ID is 29 characters of a-z and 0-9, and nothing in a path means anything
// else.
func TestAttackAPath(t *testing.T) {
	a := newTarget(t)
	id := string(a.o.ID)
	for name, hostile := range map[string]string{
		"two dots": "..", "two dots, encoded": "%2e%2e", "up and away": "..%2f..%2f..%2fetc%2fpasswd", "up, twice encoded": "%252e%252e%252f",
		"another key": id + "%2f..%2fother", "a backslash": id + "%5c..", "NUL behind": id + "%00", "NUL within": id[:10] + "%00" + id[11:],
		"a line break": id + "%0a", "a header": id + "%0d%0aX-Evil:%201", "right to left": "%e2%80%ae" + id, "a mark of it": id + "%e2%80%8f",
		"a zero of another width": "%ef%bc%90" + id[1:], "not UTF-8": id + "%ff", "overlong": id + "%c0%af", "a space": id + "%20", "a plus": id + "+",
		"a matrix parameter": id + ";a=b", "an extension": id + ".webm", "in capitals": strings.ToUpper(id), "cut": id[:28], "twice": id + id, "a wildcard": "*",
		"a bucket's query": id + "%3fuploads", "a hash tag": "%7b" + id + "%7d", "very long": strings.Repeat("a", 4000), "a script": "%3cscript%3e", "the place of links": "links%2f" + id,
	} {
		t.Run(name, func(t *testing.T) {
			a.LeavesNoTrace(t, func() {
				for _, r := range a.calls() {
					at := strings.Replace(r.path, id, hostile, 1)
					body := r.body
					answer := a.CallBad(t, r.method, at, a.APIKey, body)
					if r.method == "POST" && strings.HasSuffix(at, "/parts") || strings.HasSuffix(at, "/complete") {
						answer = a.CallBad(t, r.method, at, a.o.Token, body)
					}
					if p := answer.Problem(t, 404, reasonOf(t, answer.Body)); p.Reason != "bad-id" && p.Reason != "no-such-path" {
						t.Errorf("%s %s: %s", r.method, at, answer.Body)
					}
				}
			})
		})
	}
	a.completes(t)
}

// The one key that a request may name is an orphan's. It cannot lead out of the
// prefix, also not on a server that cleans paths.
func TestAttackAKey(t *testing.T) {
	a := newTarget(t)
	prefix := a.Broker.Limits.KeyPrefix
	own, err := a.Keyring.Reopen(a.o.Token)
	if err != nil {
		t.Fatal(err)
	}
	a.LeavesNoTrace(t, func() {
		for _, key := range []string{
			"", prefix, "../" + prefix + "x", "other/x", "/" + prefix + "x", prefix + "../other/x", prefix + "./x", prefix + "..", prefix + "a/../../other/x",
			strings.ToUpper(prefix) + "x", strings.TrimSuffix(prefix, "/"), "%2e%2e/x",
		} {
			answer := a.CallBad(t, "DELETE", "/v1/orphans/"+url.PathEscape(string(own.UploadID))+"?key="+url.QueryEscape(key), a.APIKey, nil)
			answer.Problem(t, 400, "foreign-key")
		}
		// Her own key, and an upload ID that is made to be more than one.
		for _, id := range []string{string(own.UploadID) + "&partNumber=1", string(own.UploadID) + "\x00", "../" + string(own.UploadID), "x\r\nX-Evil: 1"} {
			answer := a.CallBad(t, "DELETE", "/v1/orphans/"+url.PathEscape(id)+"?key="+url.QueryEscape(string(a.Broker.Key(a.o.ID))), a.APIKey, nil)
			if answer.Status >= 500 {
				t.Errorf("%q: %d %s", id, answer.Status, answer.Body)
			}
		}
	})
	a.completes(t)
}

// A cursor is somebody's word for a place, and is sent on to S3 and to Redis.
func TestAttackACursor(t *testing.T) {
	a := newTarget(t)
	encode := base64.RawURLEncoding.EncodeToString
	a.LeavesNoTrace(t, func() {
		for _, cursor := range []string{
			"!", "AAAA", encode([]byte("1")), encode([]byte("1 ..")), encode([]byte("99999999999999999999 " + a.o.ID)), encode([]byte("1 " + string(a.o.ID) + "\x00")), strings.Repeat("A", 8000),
		} {
			a.CallBad(t, "GET", "/v1/sessions?cursor="+url.QueryEscape(cursor), a.APIKey, nil).Problem(t, 400, "bad-query")
			if answer := a.CallBad(t, "GET", "/v1/orphans?cursor="+url.QueryEscape(cursor), a.APIKey, nil); answer.Status != 400 {
				t.Errorf("%.20q: %d %s", cursor, answer.Status, answer.Body)
			}
		}
		for _, place := range []string{"../x", "other/x", "\x00", "\xff", "a\r\nb", "\u202e"} {
			answer := a.CallBad(t, "GET", "/v1/orphans?cursor="+encode([]byte(place))+"."+encode([]byte("u")), a.APIKey, nil)
			if answer.Status != 400 {
				t.Errorf("%q: %d %s", place, answer.Status, answer.Body)
			}
		}
		for _, owner := range []string{"..", "*", "{}", "a\x00b", "\xff", strings.Repeat("x", 8000), "an", "ANN", "ann "} {
			answer := a.CallBad(t, "GET", "/v1/sessions?owner="+url.QueryEscape(owner), a.APIKey, nil)
			if answer.Status >= 500 || strings.Contains(string(answer.Body), string(a.o.ID)) {
				t.Errorf("the owner %.20q: %d %s", owner, answer.Status, answer.Body)
			}
		}
	})
}
