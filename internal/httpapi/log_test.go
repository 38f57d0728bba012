package httpapi_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
)

type line struct {
	Msg, Method, Route, Session, Owner, Kind, Reason string
	Level                                            string
	Status                                           int
	APIKey                                           string `json:"api_key"`
	RequestID                                        string `json:"request_id"`
	BytesIn                                          int64  `json:"bytes_in"`
	BytesOut                                         int64  `json:"bytes_out"`
}

// logged returns the line of a request, which may come after its answer.
func logged(t *testing.T, a *apitest.API, answer apitest.Answer) line {
	t.Helper()
	id := answer.Header.Get("X-Request-Id")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		lines := slices.Collect(strings.Lines(a.Log.String()))
		if i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, id) }); i >= 0 {
			var l line
			if err := json.Unmarshal([]byte(lines[i]), &l); err != nil {
				t.Fatal(err)
			}
			return l
		}
		if time.Now().After(deadline) {
			t.Fatal("the request is not logged")
		}
	}
}

func TestALineSaysWhoAskedForWhat(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	body := `{"content_type":"video/webm"}`
	opened := a.CallRaw(t, "POST", "/v1/sessions", grant, body).Want(t, 201)
	var o apitest.Opened
	opened.Into(t, &o)
	path := "/v1/sessions/" + string(o.ID)
	for _, c := range []struct {
		name   string
		answer apitest.Answer
		want   line
	}{
		{"a grant", opened, line{Method: "POST", Route: "/v1/sessions", Status: 201, Owner: "ann", Session: string(o.ID), BytesIn: int64(len(body))}},
		{"a session token", a.Call(t, "GET", path, o.Token, nil), line{Method: "GET", Route: "/v1/sessions/:id", Status: 200, Owner: "ann", Session: string(o.ID)}},
		{"an API key", a.Call(t, "GET", path, a.APIKey, nil), line{Method: "GET", Route: "/v1/sessions/:id", Status: 200, APIKey: "test", Session: string(o.ID)}},
		{"nobody", a.Call(t, "GET", path, "", nil), line{Method: "GET", Route: "/v1/sessions/:id", Status: 401, Session: string(o.ID), Kind: "unauthorized", Reason: "missing-token"}},
		{"a path that is none", a.CallRaw(t, "GET", "/v1/"+o.Token, "", ""), line{Method: "GET", Status: 404, Kind: "not-found", Reason: "no-such-path"}},
		{"a method that somebody made up", a.CallRaw(t, strings.Repeat("X", 3000), "/", "", ""), line{Method: strings.Repeat("X", 16), Route: "/", Status: 405, Kind: "invalid", Reason: "method-not-allowed"}},
	} {
		c.want.Msg, c.want.Level, c.want.RequestID, c.want.BytesOut = "request", "INFO", c.answer.Header.Get("X-Request-Id"), int64(len(c.answer.Body))
		if got := logged(t, a, c.answer); got != c.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}
