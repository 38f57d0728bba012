package session

import (
	"cmp"
	"mime"
	"path"
	"slices"
	"strings"
)

// mediaType is a kind of recording whose extension we know.
type mediaType struct {
	code byte // in the ID
	name string
	exts []string // the key has the first; a file's own name may have any
	also []string // other names of the type: older ones, or those that some browser or system writes
}

// mediaTypes' codes are stored inside IDs, so a code is never given to another type.
// Add a code only with care: an older broker refuses an ID with a code that it does
// not know. So a later type has the code of a similar type, or that of otherType.
// Then only its download has its own extension.
//
// Matroska has had registered names since RFC 9559, section 27; browsers write
// those with x- (seen with Chromium 156 and Firefox ESR 153, 2026-11-29).
var mediaTypes = []mediaType{
	{code: 'w', name: "video/webm", exts: []string{"webm"}},
	{code: 'x', name: "audio/webm", exts: []string{"webm", "weba"}},
	{code: 'm', name: "video/mp4", exts: []string{"mp4", "m4v"}, also: []string{"video/x-m4v"}},
	{code: 'n', name: "audio/mp4", exts: []string{"m4a", "mp4"}, also: []string{"audio/x-m4a", "audio/m4a"}},
	{code: 'o', name: "audio/ogg", exts: []string{"ogg", "oga", "opus"}, also: []string{"audio/opus"}},
	{code: 'p', name: "video/ogg", exts: []string{"ogv", "ogg"}},
	{code: 'q', name: "video/quicktime", exts: []string{"mov", "qt"}},
	{code: 'k', name: "video/x-matroska", exts: []string{"mkv", "mk3d"}, also: []string{"video/matroska", "video/matroska-3d"}},
	{code: 'l', name: "audio/x-matroska", exts: []string{"mka"}, also: []string{"audio/matroska"}},
	{code: 'r', name: "audio/mpeg", exts: []string{"mp3"}, also: []string{"audio/mp3"}},
	{code: 's', name: "audio/wav", exts: []string{"wav"}, also: []string{"audio/x-wav", "audio/wave", "audio/vnd.wave"}},
	{code: 't', name: "audio/aac", exts: []string{"aac"}, also: []string{"audio/x-aac", "audio/aacp"}},
	{code: 'f', name: "audio/flac", exts: []string{"flac"}, also: []string{"audio/x-flac"}},
	{code: 'g', name: "video/3gpp", exts: []string{"3gp"}},
	{code: 'h', name: "audio/3gpp", exts: []string{"3ga", "3gp"}},
	{code: otherCode, name: "audio/x-caf", exts: []string{"caf"}},
	{code: otherCode, name: "video/mp2t", exts: []string{"ts", "m2ts", "mts"}},
	{code: otherCode, name: "video/x-msvideo", exts: []string{"avi"}, also: []string{"video/avi", "video/vnd.avi"}},
	{code: otherCode, name: "audio/aiff", exts: []string{"aiff", "aif"}, also: []string{"audio/x-aiff"}},
	{code: otherCode, name: "audio/amr", exts: []string{"amr"}},
}

const otherCode = '0'

var otherType = mediaType{code: otherCode, exts: []string{"bin"}}

// ext returns the extension of the key.
func (t mediaType) ext() string { return t.exts[0] }

// contentType returns the content type that a recording of this kind is served with.
func (t mediaType) contentType() string { return cmp.Or(t.name, "application/octet-stream") }

// withExtension returns the file name with an extension that fits the type. A name
// that has such an extension is not changed. If we do not know the type, the
// extension of any recording fits, but not that of a program.
func (t mediaType) withExtension(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if slices.Contains(t.exts, ext) || t.name == "" && isMediaExtension(ext) {
		return name
	}
	return name + "." + t.ext()
}

// TypeOfFile returns the content type for a file name, by its extension. It returns
// "" for an extension that we do not know.
func TypeOfFile(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	for _, t := range mediaTypes {
		if slices.Contains(t.exts, ext) {
			return t.name
		}
	}
	return ""
}

func isMediaExtension(ext string) bool {
	return slices.ContainsFunc(mediaTypes, func(t mediaType) bool { return slices.Contains(t.exts, ext) })
}

func typeByCode(code byte) mediaType {
	for _, t := range mediaTypes {
		if t.code == code && code != otherCode {
			return t
		}
	}
	return otherType
}

func typeOf(contentType string) mediaType {
	base := mediaTypeOf(contentType)
	for _, t := range mediaTypes {
		if base != "" && (t.name == base || slices.Contains(t.also, base)) {
			return t
		}
	}
	return otherType
}

// mediaTypeOf returns type and subtype of a content type in small letters, or
// "" if it has none; video/* is a pattern and no type. The parameters stay as
// they are: MediaRecorder itself writes codecs=vp9,opus without the quotes that
// RFC 9110 wants.
func mediaTypeOf(contentType string) string {
	base, _, _ := strings.Cut(contentType, ";")
	base = strings.ToLower(strings.TrimSpace(base))
	if _, params, err := mime.ParseMediaType(base); err != nil || len(params) > 0 || !strings.Contains(base, "/") || strings.Contains(base, "*") {
		return ""
	}
	return base
}
