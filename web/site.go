package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
)

// Site is everything that browsers load from a broker.
type Site interface {
	// Page returns a page by its name: record, watch, ops or check.
	Page(name string) (Page, error)
	// Asset returns a script or a style by its path under /web/. The error is
	// fs.ErrNotExist if there is none.
	Asset(path string) (Asset, error)
}

// Asset is one file as it goes to a browser.
type Asset struct {
	Body      []byte
	Gzip      []byte // Body, compressed; nil if it is served as it is only
	Type      string // its media type
	ETag      string // without the quotes
	Immutable bool   // the path holds a hash of Body, so it never changes
}

// Page is an HTML page, and what its Content-Security-Policy has to allow.
type Page struct {
	Asset
	Script string // a source of script-src: 'self', or the hash of its only script
	Style  string // the same of style-src
}

// plain makes an Asset that is served as it is.
func plain(name string, body []byte) Asset {
	return Asset{Body: body, Type: mime.TypeByExtension(path.Ext(name)), ETag: hashOf(body)}
}

// compressed makes an Asset that is also there in gzip.
func compressed(name string, body []byte) (Asset, error) {
	asset := plain(name, body)
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return Asset{}, err
	}
	if _, err := w.Write(body); err != nil {
		return Asset{}, err
	}
	if err := w.Close(); err != nil {
		return Asset{}, err
	}
	asset.Gzip = out.Bytes()
	return asset, nil
}

// hashOf tells two versions of a file apart, in 16 hexadecimal digits.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// Source serves the modules as they are written, for work on them. files is
// the folder web/ of a checkout; a change is there at the next request.
func Source(files fs.FS) Site { return source{files} }

type source struct{ files fs.FS }

func (s source) Page(name string) (Page, error) {
	file := pageFile(name)
	body, err := fs.ReadFile(s.files, file)
	return Page{Asset: plain(file, body), Script: "'self'", Style: "'self'"}, err
}

func (s source) Asset(name string) (Asset, error) {
	if kind := path.Ext(name); kind != ".js" && kind != ".css" && path.Dir(name) != "messages" || !fs.ValidPath(name) {
		return Asset{}, fs.ErrNotExist
	}
	body, err := fs.ReadFile(s.files, name)
	return plain(name, body), err
}

// pageFile is where the HTML of a page lies.
func pageFile(name string) string { return "pages/" + name + "/" + name + ".html" }
