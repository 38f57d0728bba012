package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// Limits of bodies, in bytes. 10,000 reported parts and 10,000 parts to sign, with ETags
// and checksums, take about 2.5 MB.
const (
	smallBody = 64 << 10 // bytes: grants, open without a long sign list
	partsBody = 4 << 20  // bytes: anything that lists parts
)

// fieldRule says whether unknown fields are refused or ignored.
type fieldRule bool

const (
	refuseUnknown fieldRule = true  // grants and open: a misspelt limit must not go unnoticed
	ignoreUnknown fieldRule = false // parts and complete: a newer recorder may meet an older broker
)

// read decodes the one JSON value of the body into v.
func read(c echo.Context, v any, limit int64, rule fieldRule) error {
	r := c.Request()
	if !isJSON(r.Header.Get(echo.HeaderContentType)) {
		return &session.Error{Kind: session.Invalid, Reason: session.ReasonNotJSON, Field: "Content-Type", Detail: "the body is to be application/json"}
	}
	body := http.MaxBytesReader(c.Response(), r.Body, limit)
	err := json.UnmarshalRead(&outline{Reader: body}, v, json.RejectUnknownMembers(bool(rule)), wholeNumbers)
	if err == nil {
		return nil
	}
	_, ended := errors.AsType[*http.MaxBytesError](err)
	if ended || session.KindOf(err) == session.TooLarge && r.ContentLength > limit { // a string in it was what went too far first
		return &session.Error{Kind: session.TooLarge, Reason: session.ReasonBody, Limit: limit, Detail: fmt.Sprintf("the body is longer than %d bytes", limit)}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &session.Error{Kind: session.TooLarge, Reason: session.ReasonTooSlow, Detail: "the body took too long to arrive", Err: err}
	}
	return badJSON(err)
}

func isJSON(contentType string) bool {
	if contentType == echo.MIMEApplicationJSON { // from nearly everybody
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == echo.MIMEApplicationJSON
}

// badJSON says at which position a body is wrong. It does not repeat what is there.
func badJSON(err error) error {
	if ours, ok := errors.AsType[*session.Error](err); ok {
		return ours
	}
	e := &session.Error{Kind: session.Invalid, Reason: session.ReasonBadJSON, Err: err}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		e.Field = fieldName(semantic.JSONPointer)
		switch {
		case errors.Is(err, json.ErrUnknownName):
			e.Reason, e.Detail = session.ReasonUnknownField, fmt.Sprintf("%s is not a field of this request", e.Field)
		default:
			e.Reason, e.Detail = session.ReasonWrongType, fmt.Sprintf("%s cannot be a JSON %s here, or is out of range", cmp.Or(e.Field, "the body"), kindName(semantic.JSONKind))
		}
		return e
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		e.Field = fieldName(syntactic.JSONPointer)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Reason, e.Detail = session.ReasonDuplicateField, fmt.Sprintf("%s stands twice", e.Field)
			return e
		}
	}
	e.Detail = "the body is not one JSON value in UTF-8"
	if errors.Is(err, io.EOF) {
		e.Detail = "the body is empty"
	}
	return e
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "string"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "value"
}

// maxFieldName is how much of an unknown field's name an error repeats, in bytes. Our
// own names are much shorter, but a body may consist of one long name.
const maxFieldName = 200

// fieldName writes the pointer "/sign/0/size" as the domain does: sign[0].size.
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if b.Len()+len(token) > maxFieldName {
			return b.String() + "…"
		}
		switch {
		case strings.Trim(token, "0123456789") == "" && token != "":
			b.WriteString("[" + token + "]")
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}

// answer writes v as JSON, with headers that forbid caching: most answers hold a
// credential.
func answer(c echo.Context, status int, v any) error {
	return write(c, status, echo.MIMEApplicationJSON, v)
}

func write(c echo.Context, status int, contentType string, v any) error {
	begin(c, status, contentType)
	return json.MarshalWrite(c.Response(), v, uniqueNames)
}

// uniqueNames turns off the check for names that occur twice in an answer, because none
// of our types has a name twice.
var uniqueNames = jsontext.AllowDuplicateNames(true)

// begin sends the status and the headers of an answer that no cache keeps.
func begin(c echo.Context, status int, contentType string) {
	h := c.Response().Header()
	h["Cache-Control"] = noStore
	if contentType == echo.MIMEApplicationJSON {
		h[echo.HeaderContentType] = isPlainJSON
	} else {
		h.Set(echo.HeaderContentType, contentType)
	}
	c.Response().WriteHeader(status)
}

// Nothing changes the value of a header, so all answers share these.
var noStore, isPlainJSON = []string{"no-store"}, []string{echo.MIMEApplicationJSON}
