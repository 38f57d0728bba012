package httpapi_test

import (
	"fmt"
	"maps"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// names is 4 MiB of members, each with a name of its own, between two ends.
func names(before, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; b.Len() < 4<<20-100; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%x":""`, i)
	}
	return b.String() + after
}

// The names of an object are kept for as long as it is read, so that one that
// stands twice is found: 4 MiB of short ones took 60 MiB, and half a second.
func TestAttackABodyOfNames(t *testing.T) {
	a := newTarget(t)
	parts, complete, grant := path(a.o, "/parts"), path(a.o, "/complete"), a.Grant(t, "ann")
	many := names("", "")
	for name, c := range map[string]struct{ path, bearer, body string }{
		"in metadata":             {"/v1/sessions", grant, `{"content_type":"video/webm","metadata":{` + many + `}}`},
		"unknown to parts":        {parts, a.o.Token, `{` + many + `}`},
		"unknown to complete":     {complete, a.o.Token, `{` + many + `}`},
		"inside a part":           {parts, a.o.Token, `{"uploaded":[{` + many + `}]}`},
		"inside what is unknown":  {parts, a.o.Token, `{"x":[[{"y":{` + many + `}}]]}`},
		"behind an escaped quote": {parts, a.o.Token, `{"x":"\"","y":{` + many + `}}`},
		"on many levels":          {parts, a.o.Token, strings.Repeat(`{"a":0,"b":0,"c":`, 200_000)},
		"one, and long":           {complete, a.o.Token, `{"` + strings.Repeat("n", 4<<20-100) + `":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			a.LeavesNoTrace(t, func() {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				p := a.CallRaw(t, "POST", c.path, c.bearer, c.body).Problem(t, 400, "out-of-range")
				runtime.ReadMemStats(&after)
				if took := after.TotalAlloc - before.TotalAlloc - uint64(len(c.body)); took > 1<<20 { // without the client's copy
					t.Errorf("%d bytes took %d of memory", len(c.body), took)
				}
				if p.Limit == 0 {
					t.Errorf("no limit is named: %+v", p)
				}
			})
		})
	}
	a.completes(t)
}

func TestFieldsOfANewerRecorderArePassedOver(t *testing.T) {
	a := newTarget(t)
	for limit, body := range map[string]string{
		"names":         `{` + strings.TrimSuffix(manyNames(64), ",") + `}`,
		"a name":        `{"` + strings.Repeat("n", 256) + `":{"x":1}}`,
		"levels":        `{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`,
		"a string":      `{"x":"` + strings.Repeat(`\"`, 32<<10) + `"}`,
		"names, spread": `{"x":[` + strings.Repeat(`{`+strings.TrimSuffix(manyNames(64), ",")+`},`, 100) + `{}]}`,
	} {
		if answer := a.CallRaw(t, "POST", path(a.o, "/parts"), a.o.Token, body); answer.Status != 200 {
			t.Errorf("as much of %s as is allowed: %s", limit, answer.Body)
		}
	}
	for limit, c := range map[string]struct {
		status int
		body   string
	}{
		"names":    {400, `{` + manyNames(64) + `"y":1}`},
		"a name":   {400, `{"` + strings.Repeat("n", 257) + `":{"x":1}}`},
		"levels":   {400, `{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`},
		"a string": {413, `{"x":"` + strings.Repeat("s", 64<<10+1) + `"}`},
	} {
		if answer := a.CallRaw(t, "POST", path(a.o, "/parts"), a.o.Token, c.body); answer.Status != c.status {
			t.Errorf("one more of %s than is allowed: %d %s", limit, answer.Status, answer.Body)
		}
	}
}

// manyNames is n members, and a comma behind each.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"n%d":{"x":[1,"2"]},`, i)
	}
	return b.String()
}

// withhold sends the beginning of a request to /parts, whose body is said to be
// of length bytes.
func withhold(t *testing.T, a *target, o apitest.Opened, begun []byte, length int) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path(o, "/parts"), o.Token, length)
	_, _ = conn.Write(begun) // may be cut short by an answer
}

// freeBytes are those of each body that do not count; see bodies.go.
const freeBytes = 64 << 10

// hold withholds body as often as it takes to hold n bytes, and waits until the
// broker has read them.
func hold(t *testing.T, a *target, o apitest.Opened, body []byte, n int) {
	t.Helper()
	for n > 0 {
		part := min(n, len(body)-1-freeBytes)
		read := a.BodyBytes.Load() + int64(freeBytes+part)
		withhold(t, a, o, body[:freeBytes+part], len(body))
		until(t, "the body is read", func() bool { return a.BodyBytes.Load() == read })
		n -= part
	}
}

// refusesMore sends a whole body. It is so short that net/http reads the rest.
func refusesMore(t *testing.T, a *target, o apitest.Opened, status int, code string, limit int64) {
	t.Helper()
	p := a.CallRaw(t, "POST", path(o, "/parts"), o.Token, passedOver(250)).Problem(t, status, "bodies")
	if p.Code != code || p.Limit != limit || p.RetryAfterMs < 1 {
		t.Errorf("refused with %+v", p)
	}
}

// refusedOf waits until so many bodies are refused, and returns how many of
// whom. It goes by the log: net/http wants the rest of a body before it answers.
func refusedOf(t *testing.T, a *target, sum int) map[any]int {
	t.Helper()
	refused := map[any]int{}
	until(t, fmt.Sprintf("%d long bodies are refused", sum), func() bool {
		clear(refused)
		logged := 0
		for _, line := range lines(t, a.Log.String()) {
			if line["reason"] == string(session.ReasonBodies) {
				refused[line["owner"]]++
				logged++
			}
		}
		return logged >= sum
	})
	return refused
}

func until(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !seen(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// longReport is a body to /parts that reports n parts.
func longReport(n int, etag string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"number":%d,"size":5242880,"etag":"\"%s\""},`, i+1, etag)
	}
	return `{"uploaded":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

// passedOver is a body of n KiB and a little more, of which nothing is kept.
func passedOver(n int) string {
	return `{"x":["` + strings.Repeat(strings.Repeat("x", 1021)+`","`, n) + `"]}`
}

// 16 bodies of 4 MiB took a broker to 963 MiB, and it held them for a minute.
func TestAttackBodiesThatAreWithheld(t *testing.T) {
	const more = 20
	a := newTarget(t)
	o, body := a.Open(t, "ann", nil), []byte(longReport(10_000, strings.Repeat("e", 340)))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	hold(t, a, o, body, 16<<20)
	for range more {
		withhold(t, a, o, body[:len(body)-1], len(body))
	}
	refused := refusedOf(t, a, more)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > 48<<20 {
		t.Errorf("one caller holds %d MiB", took>>20)
	}
	if !maps.Equal(refused, map[any]int{"ann": more}) {
		t.Errorf("refused are %v", refused)
	}
	refusesMore(t, a, o, 429, "limited", 16<<20)
	o = a.Open(t, "bob", nil)
	a.CallRaw(t, "POST", path(o, "/parts"), o.Token, passedOver(3_000)).Want(t, 200)
	a.completes(t)
}

// Five callers hold all that a broker takes, to the byte: the one who wants more
// is refused, and nobody else.
func TestABrokerFullOfBodiesTakesThoseOfRecorders(t *testing.T) {
	const spare = 2 << 10
	a := newTarget(t)
	body := []byte(passedOver(4<<10 - 1))
	for _, owner := range []string{"ann", "bob", "cid", "dan"} {
		hold(t, a, a.Open(t, owner, nil), body, 16<<20-spare)
	}
	eve := a.Open(t, "eve", nil)
	hold(t, a, eve, body, 4*spare)
	for range 3 {
		refusesMore(t, a, eve, 503, "unavailable", 64<<20)
	}
	if refused := refusedOf(t, a, 3); !maps.Equal(refused, map[any]int{"eve": 3}) {
		t.Errorf("refused are %v; want eve alone", refused)
	}
	o := a.Open(t, "fay", nil)
	a.CallRaw(t, "POST", path(o, "/parts"), o.Token, passedOver(60)).Want(t, 200)
	a.completes(t)
}

func TestABodyThatWasReadMakesRoom(t *testing.T) {
	a := newTarget(t)
	o := a.Open(t, "ann", nil)
	for range 40 { // of 1.5 MiB: 60 MiB of one caller's
		a.CallRaw(t, "POST", path(o, "/parts"), o.Token, passedOver(1_500)).Want(t, 200)
	}
}
