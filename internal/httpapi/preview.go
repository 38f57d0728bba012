package httpapi

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"slipway/internal/session"
	"slipway/web"
)

// Preview is what anybody who knows a recording's ID is shown of it: programs
// that make a picture of each link they meet have nothing but its address.
type Preview string

// NoPreview: nothing. PreviewTitle: its title. PreviewPoster: its poster, too.
const (
	NoPreview     Preview = "none"
	PreviewTitle  Preview = "title"
	PreviewPoster Preview = "poster"
)

func (l Links) previews() bool { return cmp.Or(l.Preview, NoPreview) != NoPreview }

// The player in a frame, and the box that a poster fits: what recorder.js makes
// has 1280 pixels at most (web/capture/poster.js), and most screens are this wide.
const frameWidth, frameHeight = 1280, 720

// previewRoutes has the calls of programs that show links. Without previews there
// are none.
func (s *server) previewRoutes(e *echo.Echo, methods []string) {
	if !s.Links.previews() {
		return
	}
	e.GET("/oembed", s.oembed)
	if s.Links.Preview == PreviewPoster {
		e.Match(methods, "/watch/:id/poster.jpg", s.posterOf)
	}
}

// watchPage serves the watch page. With previews, its head says what the link
// leads to, at the very first request: programs keep the first answer for days.
func (s *server) watchPage() echo.HandlerFunc {
	plain := s.page("watch")
	if !s.Links.previews() {
		return plain
	}
	return s.underPolicy("watch", s.recordingPolicy(), recordingPermissions, func(c echo.Context, page web.Asset) web.Asset {
		id, err := pathID(c)
		if err != nil {
			return page
		}
		p, err := s.preview(c.Request().Context(), id)
		if err != nil {
			return page // nobody is told more than by a page of an ID that does not exist
		}
		return withHead(page, s.head(id, p))
	})
}

// preview is what there is to show by the settings.
func (s *server) preview(ctx context.Context, id session.ID) (session.Preview, error) {
	p, err := s.Broker.Preview(ctx, id)
	p.Title = cmp.Or(p.Title, "Recording")
	p.Poster = p.Poster && s.Links.Preview == PreviewPoster
	return p, err
}

// head is what a program that shows links reads, in the place of the page's title
// (https://ogp.me, https://oembed.com, read 2026-11-30). All of it is escaped. It
// names no picture that is not there: the programs keep its absence for as long as
// a picture. og:url would take the place of the whole link, with its token, so it
// is there only where a link has none.
func (s *server) head(id session.ID, p session.Preview) string {
	var b strings.Builder
	line := func(format ...string) {
		for i, text := range format {
			if i%2 == 1 {
				text = html.EscapeString(text)
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	property := func(name, content string) { line(`<meta property="`, name, `" content="`, content, `">`) }
	line("<title>", p.Title, " · Slipway</title>")
	property("og:site_name", "Slipway")
	property("og:title", p.Title)
	property("og:type", map[bool]string{true: "website", false: "video.other"}[p.Sound])
	card := "summary"
	if p.Poster {
		card = "summary_large_image"
		property("og:image", s.posterURL(id))
		property("og:image:type", session.PosterType)
		property("og:image:alt", p.Title)
	}
	if s.playsAnywhere() {
		property("og:url", s.watchPageURL(id))
		if !p.Sound {
			property("og:video", s.embedURL(id))
			property("og:video:type", "text/html")
			property("og:video:width", "1280")
			property("og:video:height", "720")
		}
	}
	line(`<meta name="twitter:card" content="`, card, `">`)
	line(`<link rel="alternate" type="application/json+oembed" href="`, s.PublicURL+"/oembed?format=json&url="+url.QueryEscape(s.watchPageURL(id)), `" title="`, p.Title, `">`)
	return b.String()
}

func (s *server) watchPageURL(id session.ID) string { return s.PublicURL + "/watch/" + string(id) }
func (s *server) embedURL(id session.ID) string     { return s.PublicURL + "/embed/" + string(id) }
func (s *server) posterURL(id session.ID) string    { return s.watchPageURL(id) + "/poster.jpg" }

// playsAnywhere says whether a player plays in a frame by the ID alone. With links
// it would need a token, and nobody gives one to a program that asks without.
func (s *server) playsAnywhere() bool {
	return s.Links.watchers() == session.Public && len(s.EmbedOrigins) > 0
}

// withHead is a page with another title, and what stands beside it. The title is
// the first thing in the page that can vary; its script and style, which its
// policy allows by their hashes, stay as they are.
func withHead(page web.Asset, head string) web.Asset {
	before, rest, found := bytes.Cut(page.Body, []byte("<title>"))
	_, after, ended := bytes.Cut(rest, []byte("</title>\n"))
	if !found || !ended {
		return page
	}
	body := bytes.Join([][]byte{before, after}, []byte(head))
	sum := sha256.Sum256(body)
	page.Body, page.ETag = body, hex.EncodeToString(sum[:8])
	if page.Gzip != nil {
		page.Gzip = compressed(body)
	}
	return page
}

// compressed takes about a millisecond for a page, so it is not as small as what
// is compressed once.
func compressed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	_, _ = w.Write(body) // a Buffer takes all
	_ = w.Close()
	return out.Bytes()
}

// posterFor is for how long the URL is good that posterOf goes on to. Whoever
// asks follows at once.
const posterFor = 2 * time.Minute

// posterOf is an address of a poster that outlives every signed one. It goes on to
// S3, so the picture does not pass through here.
func (s *server) posterOf(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	to, err := s.Broker.PosterURL(c.Request().Context(), id, posterFor)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages show it where they show the link
	return c.Redirect(http.StatusFound, string(to))
}

// oembed answers as https://oembed.com says (read 2026-11-30). url is the address
// of a watch page or of a player; what stands behind its # is nobody's business
// here.
func (s *server) oembed(c echo.Context) error {
	if format := cmp.Or(c.QueryParam("format"), "json"); format != "json" {
		return c.NoContent(http.StatusNotImplemented) // as oEmbed wants it for xml
	}
	id, err := s.idOf(c.QueryParam("url"))
	if err != nil {
		return err
	}
	noteSession(c, id)
	p, err := s.preview(c.Request().Context(), id)
	if err != nil {
		return err
	}
	a := oembedAnswer{Version: "1.0", Type: "link", Title: p.Title, ProviderName: "Slipway", ProviderURL: s.PublicURL}
	if p.Poster {
		a.ThumbnailURL, a.ThumbnailWidth, a.ThumbnailHeight = s.posterURL(id), frameWidth, frameHeight
	}
	if s.playsAnywhere() && !p.Sound {
		a.Type, a.Width, a.Height = "video", frameWidth, frameHeight
		a.HTML = `<iframe src="` + html.EscapeString(s.embedURL(id)) + `" width="1280" height="720" allow="fullscreen; picture-in-picture" title="` + html.EscapeString(p.Title) + `"></iframe>`
	}
	return answer(c, http.StatusOK, a)
}

// idOf is the recording that an address of ours leads to.
func (s *server) idOf(address string) (session.ID, error) {
	path, ours := strings.CutPrefix(address, s.PublicURL)
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	for _, page := range []string{"/watch/", "/embed/"} {
		if id, found := strings.CutPrefix(path, page); ours && found {
			return session.ParseID(id)
		}
	}
	return "", &session.Error{Kind: session.NotFound, Reason: session.ReasonBadID, Field: "url", Detail: "url is not the address of a recording here"}
}
