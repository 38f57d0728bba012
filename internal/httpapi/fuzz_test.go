package httpapi

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
)

// FuzzReadCursor holds that a cursor names a session that can be, and comes
// back as it was.
func FuzzReadCursor(f *testing.F) {
	const id = "2c7qmtx4o3avbnkfz5yd6ueirlwiw"
	f.Add(writeCursor(session.Cursor{ActiveAt: time.UnixMilli(1_800_000_000_000), ID: id}))
	f.Add(writeCursor(session.Cursor{ActiveAt: time.UnixMilli(-1 << 63), ID: id}))
	f.Add("MSAuLg")
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := readCursor(text)
		if !ok {
			return
		}
		if _, err := session.ParseID(string(at.ID)); err != nil {
			t.Errorf("%q names %q", text, at.ID)
		}
		if again, ok := readCursor(writeCursor(at)); !ok || again.ID != at.ID || !again.ActiveAt.Equal(at.ActiveAt) {
			t.Errorf("%q is %v and then %v", text, at, again)
		}
	})
}

// FuzzReadUploadCursor holds the same of a place among the uploads, whose key
// and upload ID are S3's.
func FuzzReadUploadCursor(f *testing.F) {
	f.Add(writeUploadCursor(session.UploadCursor{Key: "recordings/a b%2F", ID: "x/y=="}))
	f.Add("cmVjb3JkaW5ncy9h")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := readUploadCursor(text)
		if ok && (at.Key == "") != (text == "") {
			t.Errorf("%q is %q", text, at)
		}
		if again, same := readUploadCursor(writeUploadCursor(at)); ok && text != "" && (!same || again != at) {
			t.Errorf("%q is %q and then %q", text, at, again)
		}
	})
}

// FuzzPartsRequest holds that a list of parts is either refused, in few words
// and as the client's mistake, or holds only what S3 could have said.
func FuzzPartsRequest(f *testing.F) {
	f.Add(`{"uploaded":[{"number":1,"size":5242880,"etag":"\"d41d8cd98f00b204e9800998ecf8427e\""}],"sign":[{"number":2,"size":1,"checksum":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}],"ttl_s":60}`)
	f.Add(`{"uploaded":[{"etag":"x"},{"etag":"\u0000"}],"x":{"x":1,"x":2}}`)
	f.Add(`{"uploaded":[{"number":1e3}]}`)
	f.Add(`{"sign":[{"checksum":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="}]}`)
	f.Add(`{"` + strings.Repeat("x", 1000) + `":[[[[{}]]]],"` + strings.Repeat("x", 1000) + `":0}`)
	f.Fuzz(func(t *testing.T, body string) {
		uploaded, err := readParts(body)
		if err != nil {
			e := asError(err)
			if e.Kind != session.Invalid && e.Kind != session.TooLarge || len(e.Field) > 300 || len(e.Detail) > 600 || !utf8.ValidString(e.Field+e.Detail) {
				t.Errorf("%q is answered with %s %q %q", body, e.Kind, e.Field, e.Detail)
			}
			return
		}
		again, err := json.Marshal(map[string]any{"uploaded": wire(uploaded)})
		if err != nil {
			t.Fatal(err)
		}
		if second, err := readParts(string(again)); err != nil || !reflect.DeepEqual(second, uploaded) {
			t.Errorf("%q is %v and then %v (%v)", body, uploaded, second, err)
		}
		for _, p := range uploaded {
			if tag := string(p.ETag); tag != "" && (len(tag) < 3 || tag[0] != '"' || strings.ContainsFunc(tag, func(r rune) bool { return r <= ' ' || r > '~' })) {
				t.Errorf("%q is an ETag", tag)
			}
		}
	})
}

// readParts reads a body as POST …/parts does.
func readParts(body string) ([]session.Part, error) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	var req partsRequest
	if err := read(echo.New().NewContext(r, httptest.NewRecorder()), &req, partsBody, ignoreUnknown); err != nil {
		return nil, err
	}
	if _, err := each("sign", req.Sign); err != nil {
		return nil, err
	}
	return each("uploaded", req.Uploaded)
}

func wire(parts []session.Part) []map[string]any {
	list := []map[string]any{}
	for _, p := range parts {
		list = append(list, map[string]any{"number": p.Number, "size": p.Size, "etag": p.ETag, "checksum": p.Checksum})
	}
	return list
}
