package httpapi_test

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
)

// lines are the requests that were logged. Each line has to be one JSON object
// in which no field stands twice, and nothing that a terminal would act on.
func lines(t *testing.T, log string) (requests []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		for name := range fields {
			if strings.Count(line, `"`+name+`":`) != 1 {
				t.Errorf("%s stands twice: %q", name, line)
			}
		}
		if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x00\x1b\r\u0085\u2028\u2029\x7f") {
			t.Errorf("the line steers a terminal: %q", line)
		}
		requests = append(requests, fields)
	}
	return requests
}

func TestAttackTheLog(t *testing.T) {
	a := newTarget(t)
	const forged = `x","level":"ERROR","session":"forged","a":"`
	grant := a.Keyring.SignGrant(grantOf(forged + "\u2028\u2029"))
	var o apitest.Opened
	a.Call(t, "POST", "/v1/sessions", grant, map[string]any{"content_type": "video/webm", "name": forged}).Want(t, 201).Into(t, &o)
	before := len(lines(t, a.Log.String()))
	a.LeavesNoTrace(t, func() {
		for _, r := range []struct{ method, path string }{
			{"GET", "/v1/sessions/" + `%22,%22level%22:%22ERROR%0a{}`}, {"GET", "/v1/" + strings.Repeat("a", 3000)}, {"GET", "/web/%1b%5b2J%0d%0aHTTP/1.1"},
			{"FORGED" + strings.Repeat("D", 3000), "/v1/sessions"}, {"GET", "/v1/sessions?owner=%0a%22forged%22"}, {"GET", "/watch/%0aforged"},
		} {
			a.CallRaw(t, r.method, r.path, grant, "", "User-Agent", forged, "Referer", forged, "X-Request-Id", "forged", "X-Forwarded-For", forged+"203.0.113.9", "Forwarded", "for=203.0.113.9", "X-Real-Ip", "203.0.113.9")
		}
		a.CallRaw(t, "POST", "/v1/grants", a.APIKey, `{"owner":"a\nforged"}`)
		a.CallRaw(t, "GET", path(a.o, ""), "st_\"forged", "")
	})
	logged := lines(t, a.Log.String())[before:]
	if len(logged) != 8 {
		t.Fatalf("8 requests make %d lines", len(logged))
	}
	for _, line := range logged {
		for field, value := range line {
			if text, _ := value.(string); field != "owner" && (strings.Contains(text, "forged") || len(text) > 200 || strings.Contains(text, "203.0.113")) {
				t.Errorf("%s is %.200q", field, text)
			}
		}
		if line["level"] != "INFO" || line["client"] != "127.0.0.1" {
			t.Errorf("the line is %v of %v", line["level"], line["client"])
		}
	}
}

// A proxy adds whom it was called by at the end. Further in front stands what
// the client wrote itself.
func TestAttackTheClientsAddress(t *testing.T) {
	network := func(text string) *net.IPNet {
		_, n, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		name      string
		trusted   []*net.IPNet
		forwarded []string
		want      string
	}{
		{"nobody is trusted", nil, []string{"203.0.113.9"}, "127.0.0.1"},
		{"somebody else is trusted", []*net.IPNet{network("10.0.0.0/8")}, []string{"203.0.113.9"}, "127.0.0.1"},
		{"one proxy", []*net.IPNet{network("127.0.0.0/8")}, []string{"203.0.113.9"}, "203.0.113.9"},
		{"one proxy, and the client lies", []*net.IPNet{network("127.0.0.0/8")}, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"in a header of its own", []*net.IPNet{network("127.0.0.0/8")}, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"two proxies", []*net.IPNet{network("127.0.0.0/8"), network("10.1.0.0/16")}, []string{"198.51.100.1, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		{"the client says it is the proxy", []*net.IPNet{network("127.0.0.0/8"), network("10.1.0.0/16")}, []string{"10.1.2.3, 203.0.113.9"}, "203.0.113.9"},
		{"a private address that is not trusted", []*net.IPNet{network("127.0.0.0/8")}, []string{"203.0.113.9, 10.1.2.3"}, "10.1.2.3"},
		{"IPv6", []*net.IPNet{network("127.0.0.0/8")}, []string{"2001:db8::1"}, "2001:db8::1"},
		{"nonsense", []*net.IPNet{network("127.0.0.0/8")}, []string{"203.0.113.9, <script>"}, "127.0.0.1"},
		{"nonsense in front", []*net.IPNet{network("127.0.0.0/8")}, []string{"<script>, 203.0.113.9"}, "203.0.113.9"},
		{"nothing", []*net.IPNet{network("127.0.0.0/8")}, nil, "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := apitest.Start(t, func(cfg *httpapi.Config) { cfg.TrustedProxies = c.trusted })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL+"/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header["X-Forwarded-For"] = c.forwarded
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got := lines(t, a.Log.String())[0]["client"]; got != c.want {
				t.Errorf("the client is %v, not %s", got, c.want)
			}
		})
	}
}
