package session

import (
	"mime"
	"strings"
	"testing"
)

func TestTheKeyEndsAsTheTypeSays(t *testing.T) {
	for contentType, want := range map[string]string{
		"video/webm;codecs=vp9,opus":   "webm",
		"VIDEO/QuickTime":              "mov",
		"audio/x-m4a":                  "m4a",
		"video/x-m4v":                  "mp4",
		"video/matroska":               "mkv",
		"video/x-matroska;codecs=avc1": "mkv",
		"audio/matroska":               "mka",
		"video/matroska-3d":            "mkv",
		"audio/x-caf":                  "bin",
		"audio/x-wav":                  "wav",
		"audio/opus":                   "ogg",
		"video/x-unheard-of":           "bin",
	} {
		id := newID("ann", contentType, nil, "", "")
		key := id.Key("r/")
		if want := Key("r/" + string(id) + "." + want); key != want {
			t.Errorf("%s: %s, want %s", contentType, key, want)
		}
		if back, err := ParseID(string(id)); err != nil || back != id {
			t.Errorf("%s: the ID comes back as %q, %v", contentType, back, err)
		}
	}
}

func TestAFilesNameKeepsItsExtensionAndGetsNoSecond(t *testing.T) {
	for _, c := range []struct{ contentType, name, want string }{
		{"audio/x-m4a", "voice.m4a", "voice.m4a"},
		{"video/matroska", "clip.mkv", "clip.mkv"},
		{"video/quicktime", "IMG_0001.MOV", "IMG_0001.MOV"},
		{"video/mp2t", "00001.m2ts", "00001.m2ts"},
		{"video/mp2t", "clip", "clip.ts"},
		{"audio/x-caf", "Memo.CAF", "Memo.CAF"},
		{"video/matroska-3d", "deep.mk3d", "deep.mk3d"},
		{"audio/ogg", "memo.opus", "memo.opus"},
		{"video/mp4", "Meeting v1.2", "Meeting v1.2.mp4"},
		{"video/mp4", "Meeting", "Meeting.mp4"},
		{"video/mp4", "invoice.exe", "invoice.exe.mp4"},
		{"video/webm", "voice.m4a", "voice.m4a.webm"}, // it is none
		{"video/x-unheard-of", "clip.mkv", "clip.mkv"},
		{"video/x-unheard-of", "invoice.exe", "invoice.exe.bin"},
		{"video/x-unheard-of", "invoice.", "invoice..bin"},
		{"video/x-unheard-of", "clip", "clip.bin"},
	} {
		id := newID("ann", c.contentType, nil, "", "")
		_, params, err := mime.ParseMediaType(disposition(id, c.contentType, c.name))
		if err != nil || params["filename"] != c.want {
			t.Errorf("%s of %s downloads as %q (%v), want %q", c.name, c.contentType, params["filename"], err, c.want)
		}
	}
}

func TestAPatternIsNoContentType(t *testing.T) {
	for _, contentType := range []string{"video/*", "audio/*", "*/*", "video/*;codecs=vp9", "video/we*"} {
		if err := checkContentType(contentType, nil); ReasonOf(err) != ReasonBadContentType {
			t.Errorf("%s: %v", contentType, err)
		}
	}
}

func TestNoTwoTypesShareACodeOrAName(t *testing.T) {
	codes, names := map[byte]string{}, map[string]byte{}
	for _, m := range mediaTypes {
		if other, taken := codes[m.code]; taken && m.code != otherCode {
			t.Errorf("%c is %s and %s", m.code, other, m.name)
		}
		codes[m.code] = m.name
		for _, name := range append([]string{m.name}, m.also...) {
			if _, taken := names[name]; taken {
				t.Errorf("%s stands twice", name)
			}
			names[name] = m.code
		}
	}
}

// A broker of before reads the IDs that are made now.
func TestNoCodeIsNewInAnID(t *testing.T) {
	const before = "wxmnopqklrstfgh0"
	for _, m := range append(mediaTypes, otherType) {
		if !strings.ContainsRune(before, rune(m.code)) {
			t.Errorf("%s has the code %c, which brokers of before 2026-11-29 take for no ID", m.name, m.code)
		}
	}
}
