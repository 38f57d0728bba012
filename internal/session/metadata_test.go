package session

import (
	"mime"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzObjectMetadata holds that whatever people may write is a header S3 takes,
// comes back as it was, and names a file that stays where it is put.
func FuzzObjectMetadata(f *testing.F) {
	f.Add("ann", "Weekly sync", "Küche 7")
	f.Add("a+b c%20", "../../x; filename=\"y.html\"", "=?utf-8?q?x?=")
	f.Add("\u202e", "\u2066gpj.exe", " \u00a0\u3000 ")
	f.Add("a\r\nX-Evil: 1", "\x00", "\xff")
	f.Add("😀", strings.Repeat("é", 127), strings.Repeat("世", 170))
	f.Fuzz(func(t *testing.T, owner, name, value string) {
		s := &Session{Owner: Owner(owner), Name: name, OnAbandon: Salvage, OpenedAt: time.UnixMilli(1_800_000_000_000)}
		extra := map[string]string{"note": value}
		kept := objectMetadata(s, extra)
		if checkText("owner", owner, MaxOwnerBytes) != nil || checkText("name", name, MaxNameBytes) != nil || checkMetadata(extra, kept) != nil {
			return
		}
		size := 0
		for name, value := range kept {
			size += len(name) + len(value)
			if strings.ContainsFunc(name+value, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%s is sent as %q", name, value)
			}
		}
		if size > 2048 {
			t.Errorf("%d bytes are sent", size)
		}
		back := Object{Metadata: kept}
		if back.owner() != s.Owner || back.Name() != name || decodeMeta(kept["note"]) != value {
			t.Errorf("%q, %q and %q come back as %q, %q and %q", owner, name, value, back.owner(), back.Name(), decodeMeta(kept["note"]))
		}
		kind, params, err := mime.ParseMediaType(disposition("2c7qmtx4o3avbnkfz5yd6ueirlwiw", back.ContentType, back.Name()))
		file := params["filename"]
		if err != nil || kind != "attachment" || len(params) != 1 || !strings.HasSuffix(strings.ToLower(file), ".webm") || strings.ContainsAny(file, `/\`) || strings.ContainsFunc(file, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("%q downloads as %q (%v)", name, params, err)
		}
	})
}
