package httpapi

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/web"
)

// Every page allows its own script and style alone: no other host, and no form
// that is sent. No page but the player may have a frame around it.
const (
	pagePolicy = "default-src 'none'; base-uri 'none'; form-action 'none'"
	unframed   = "; frame-ancestors 'none'"
)

// page serves a page that records or plays: S3 is there to PUT to and to play
// from, and the recorder's Worker starts from a blob: URL.
func (s *server) page(name string) echo.HandlerFunc {
	return s.underPolicy(name, s.recordingPolicy(), recordingPermissions, nil)
}

// openerPolicy cuts a page off from the one that opened it, so that nobody who
// links to a page has a hold on it. The recording page tells its opener what was
// recorded, if settings name origins that it may tell.
func (s *server) openerPolicy(page string) string {
	if page == "record" && len(s.ReturnOrigins) > 0 {
		return "unsafe-none"
	}
	return "same-origin"
}

const recordingPermissions = "camera=(self), microphone=(self), display-capture=(self)"

func (s *server) recordingPolicy() string { return s.mediaPolicy() + unframed }

func (s *server) mediaPolicy() string {
	return strings.Join([]string{
		pagePolicy, "img-src 'self' data: " + s.S3Origin, "worker-src 'self' blob:", "connect-src 'self' " + s.S3Origin, "media-src 'self' blob: " + s.S3Origin, "manifest-src 'self'",
	}, "; ")
}

// embedPage serves the player to pages that may frame it. It plays and does
// nothing else, so it asks for no camera.
func (s *server) embedPage(name string) echo.HandlerFunc {
	policy := s.mediaPolicy() + "; frame-ancestors " + strings.Join(s.EmbedOrigins, " ")
	return s.underPolicy(name, policy, "camera=(), microphone=(), display-capture=()", nil)
}

// pageSettings is public: who may frame a page stands in its policy, too.
func (s *server) pageSettings(c echo.Context) error {
	return answer(c, http.StatusOK, pageSettings{Embed: len(s.EmbedOrigins) > 0, ReturnOrigins: slices.Concat([]string{}, s.ReturnOrigins)})
}

// opsPage serves the operators' page. An API key is typed into it, so it may
// reach nothing but this broker, and no text can become markup
// (https://www.w3.org/TR/trusted-types/, read 2026-11-22).
func (s *server) opsPage(name string) echo.HandlerFunc {
	policy := pagePolicy + unframed + "; img-src 'self' data:; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
	return s.underPolicy(name, policy, "camera=(), microphone=(), display-capture=()", nil)
}

// underPolicy serves a page, as change makes it for the request if it is not nil.
func (s *server) underPolicy(name, policy, permissions string, change func(echo.Context, web.Asset) web.Asset) echo.HandlerFunc {
	return func(c echo.Context) error {
		page, err := s.Web.Page(name)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy+"; script-src "+page.Script+"; style-src "+page.Style)
		h.Set("Permissions-Policy", permissions)
		h.Set("Cross-Origin-Opener-Policy", s.openerPolicy(name))
		h.Set("Cache-Control", "no-cache")
		if _, err := pathID(c); err != nil && slices.Contains(c.ParamNames(), "id") { // the page says so in words
			return c.Blob(http.StatusNotFound, page.Type, page.Body)
		}
		if change != nil {
			page.Asset = change(c, page.Asset)
		}
		return send(c, page.Asset)
	}
}

// How long a browser may keep a script. What is under a fixed name is asked for
// again within a minute, so that a new version is soon everywhere; the ETag makes
// that a small question.
const (
	keepShort = "public, max-age=60, must-revalidate"
	keepLong  = "public, max-age=31536000, immutable"
)

// asset serves recorder.js and the Worker's file. Pages of other origins import
// recorder.js, isolated ones too. A policy would become that of the Worker that
// it is the script of.
func (s *server) asset(c echo.Context) error {
	asset, err := s.Web.Asset(strings.TrimPrefix(path.Clean("/"+c.Param("*")), "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Del("Content-Security-Policy")
	h.Set("Cache-Control", keepShort)
	// A page that may not read the file would keep that answer for as long, also
	// when its origin is allowed later.
	mayRead := c.Request().Header.Get("Origin") == "" || h.Get("Access-Control-Allow-Origin") != ""
	if asset.Immutable && mayRead {
		h.Set("Cache-Control", keepLong)
	}
	return send(c, asset)
}

// send answers with an asset, compressed if the client takes that and asks for
// no range, and answers 304 if the client has it.
func send(c echo.Context, asset web.Asset) error {
	h, body, tag := c.Response().Header(), asset.Body, asset.ETag
	h.Set("Content-Type", asset.Type)
	if asset.Gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		if r := c.Request(); takesGzip(r.Header.Get("Accept-Encoding")) && r.Header.Get("Range") == "" {
			body, tag = asset.Gzip, asset.ETag+"-gzip"
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves it out beside an encoding
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
	return nil
}

// takesGzip reads an Accept-Encoding header
// (https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding, read 2026-11-29).
func takesGzip(accepted string) bool {
	for one := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, weighted := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			value, err := strconv.ParseFloat(q, 64)
			return !weighted || err == nil && value > 0
		}
	}
	return false
}
