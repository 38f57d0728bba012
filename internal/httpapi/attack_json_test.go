package httpapi_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// hostile is what comes where JSON is expected. Each is refused wherever a body
// is read, also where unknown fields are passed over.
func hostile(valid string) map[string]string {
	inside := strings.TrimPrefix(valid, "{")
	comma := ","
	if inside == "}" {
		comma = ""
	}
	with := func(member string) string { return "{" + member + comma + inside }
	return map[string]string{
		"nothing":                     "",
		"blanks":                      " \n",
		"half of it":                  valid[:len(valid)-1],
		"two documents":               valid + valid,
		"something behind":            valid + "x",
		"a NUL behind":                valid + "\x00",
		"a mark of the byte order":    "\ufeff" + valid,
		"UTF-16":                      utf16(valid),
		"no object":                   "[" + valid + "]",
		"a string":                    `"` + strings.Repeat("a", 100) + `"`,
		"a number":                    "1e999999999",
		"deeply nested lists":         with(`"x":` + strings.Repeat("[", 100_000)),
		"deeply nested lists, closed": with(`"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)),
		"deeply nested objects":       with(`"x":` + strings.Repeat(`{"x":`, 20_000) + "1" + strings.Repeat("}", 20_000)),
		"a field twice":               with(`"x":1,"x":2`),
		"a field twice, once escaped": with(`"x":1,"\u0078":2`),
		"a field twice, deep inside":  with(`"x":{"y":1,"y":2}`),
		"not UTF-8":                   with("\"x\":\"\xff\""),
		"not UTF-8 in a name":         with("\"x\xc0\xaf\":1"),
		"half a surrogate":            with(`"x":"\ud800"`),
		"a comment":                   "/* */" + valid,
		"a comma too many":            with(`"x":1,`),
		"single quotes":               with(`'x':1`),
		"not a number":                with(`"x":NaN`),
		"a leading zero":              with(`"x":01`),
		"a raw line break":            with("\"x\":\"a\nb\""),
		"prototype and all, cut":      with(`"__proto__":{"admin":true`),
		"a long name, twice":          with(strings.Repeat(`"`+strings.Repeat("世", 5000)+`":1,`, 2) + `"y":1`),
	}
}

func utf16(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("\x00" + string(rune(c)))
	}
	return b.String()
}

// bodies is every call that reads one, with a body that succeeds.
func (a *target) bodies(t *testing.T) []struct{ path, bearer, valid string } {
	session, recording := path(a.o, ""), "/v1/recordings/"+string(a.o.ID)
	return []struct{ path, bearer, valid string }{
		{"/v1/grants", a.APIKey, `{"owner":"ann"}`},
		{"/v1/sessions", a.Grant(t, "ann"), `{"content_type":"video/webm"}`},
		{session + "/parts", a.o.Token, `{}`},
		{session + "/complete", a.o.Token, fmt.Sprintf(`{"parts":[{"number":1,"size":%d}],"size":%d}`, 5*mib, 5*mib)},
		{session + "/token", a.APIKey, `{"token":"` + a.o.Token + `"}`},
		{recording + "/links", a.o.Token, `{}`},
	}
}

func TestAttackABody(t *testing.T) {
	a := newTarget(t)
	for _, c := range a.bodies(t) {
		for _, name := range slices.Sorted(maps.Keys(hostile(c.valid))) {
			t.Run(c.path[strings.LastIndex(c.path, "/")+1:]+" "+name, func(t *testing.T) {
				body := hostile(c.valid)[name]
				a.LeavesNoTrace(t, func() {
					answer := a.CallRaw(t, "POST", c.path, c.bearer, body, "Content-Type", "application/json")
					if answer.Want(t, 400); len(answer.Body) > 2000 {
						t.Errorf("the answer has %d bytes", len(answer.Body))
					}
				})
			})
		}
	}
	a.completes(t)
}

func TestAttackABodyTooLong(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for _, c := range a.bodies(t) {
			for name, body := range map[string]string{"blanks": strings.Repeat(" ", 5<<20) + c.valid, "one string": `{"x":"` + strings.Repeat("x", 5<<20), "a list": `{"x":[` + strings.Repeat("0,", 3<<20)} {
				answer := a.CallRaw(t, "POST", c.path, c.bearer, body)
				if answer.Status != 413 && reasonOf(t, answer.Body) != "unknown-field" { // which is said before the rest is read
					t.Errorf("%s as %s: %s", c.path, name, answer.Body)
				}
			}
		}
	})
}

// A list of nothing would take fifty times the memory of its text.
func TestAttackAListOfNothing(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for _, c := range []struct{ path, bearer, list string }{
			{path(a.o, "/parts"), a.o.Token, "uploaded"},
			{path(a.o, "/parts"), a.o.Token, "sign"},
			{path(a.o, "/complete"), a.o.Token, "parts"},
			{"/v1/sessions", a.Grant(t, "ann"), "sign"},
		} {
			body := `{"` + c.list + `":[` + strings.Repeat("{},", 1_390_000) + `{}]}`
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p := a.CallRaw(t, "POST", c.path, c.bearer, body).Problem(t, 400, "out-of-range")
			runtime.ReadMemStats(&after)
			if p.Field != c.list || p.Limit != 10_000 {
				t.Errorf("%s %s: the limit named is %d of %s", c.path, c.list, p.Limit, p.Field)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 4*uint64(len(body)) { // the client's side is in it
				t.Errorf("%s %s: %d bytes took %d of memory", c.path, c.list, len(body), took)
			}
		}
	})
}

// A number is a whole one that fits, or nothing.
func TestAttackANumber(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for _, number := range []string{"-1", "0", "10001", "2147483648", "4294967297", "9223372036854775807", "9223372036854775808", "18446744073709551617", "1e3", "1.5", "1e-1", "1e400", "-9223372036854775808", `"1"`, "true", "[1]", strings.Repeat("9", 10_000)} {
			for _, body := range []string{
				`{"uploaded":[{"number":` + number + `,"size":1}]}`, `{"sign":[{"number":` + number + `,"size":1}]}`,
			} {
				a.CallRaw(t, "POST", path(a.o, "/parts"), a.o.Token, body).Want(t, 400)
			}
			a.CallRaw(t, "POST", path(a.o, "/complete"), a.o.Token, `{"parts":[{"number":`+number+`,"size":1}],"size":1}`).Want(t, 400)
		}
		for _, size := range []string{"-1", "0", "5242881", "9223372036854775807", "9223372036854775808", "1e30", "1.5"} {
			a.CallRaw(t, "POST", path(a.o, "/parts"), a.o.Token, `{"sign":[{"number":1,"size":`+size+`}]}`).Want(t, 400)
			a.CallRaw(t, "POST", path(a.o, "/complete"), a.o.Token, `{"parts":[{"number":1,"size":`+size+`}],"size":`+size+`}`).Want(t, 400)
		}
		for _, ttl := range []string{"-1", "0", "604801", "9223372036854775807"} {
			a.CallRaw(t, "POST", path(a.o, "/parts"), a.o.Token, `{"ttl_s":`+ttl+`}`).Want(t, 400)
			a.CallRaw(t, "POST", "/v1/grants", a.APIKey, `{"owner":"ann","ttl_s":`+ttl+`}`).Want(t, 400)
		}
	})
	a.completes(t)
}

// Only JSON is read as JSON: a form on a page elsewhere can send text/plain, and
// no preflight would ask about it.
func TestAttackAContentType(t *testing.T) {
	a := newTarget(t)
	a.LeavesNoTrace(t, func() {
		for _, c := range a.bodies(t) {
			for _, contentType := range []string{"", "text/plain", "text/plain;application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, text/plain", "application/jsonp", "application/json/x", "text/json", "*/*", "application/xml"} {
				a.CallRaw(t, "POST", c.path, c.bearer, c.valid, "Content-Type", contentType).Problem(t, 400, "not-json")
			}
		}
	})
}
