package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// chatPrograms are what some of those that unfurl links call themselves (read
// 2026-11-30).
var chatPrograms = map[string]string{
	"Slack":    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
	"Discord":  "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
	"WhatsApp": "WhatsApp/2.23.20.0",
	"Twitter":  "Twitterbot/1.0",
	"Facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
}

func previewing(what httpapi.Preview) func(*httpapi.Config) {
	return func(c *httpapi.Config) { c.Links.Preview = what }
}

// unfurled is what a chat program reads in the head of a page.
func unfurled(t *testing.T, page []byte) map[string]string {
	t.Helper()
	head, _, found := bytes.Cut(page, []byte("</title>"))
	if !found {
		t.Fatal("the page has no title")
	}
	_, title, _ := bytes.Cut(head, []byte("<title>"))
	said := map[string]string{"title": html.UnescapeString(string(title))}
	for _, m := range regexp.MustCompile(`<meta (?:property|name)="((?:og|twitter):[^"]*)" content="([^"]*)">`).FindAllSubmatch(page, -1) {
		name := string(m[1])
		if _, twice := said[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		said[name] = html.UnescapeString(string(m[2]))
	}
	if m := regexp.MustCompile(`<link rel="alternate" type="application/json\+oembed" href="([^"]*)" title="([^"]*)">`).FindSubmatch(page); m != nil {
		said["oembed"] = html.UnescapeString(string(m[1]))
	}
	return said
}

// unfurl fetches the watch page as a chat program does.
func unfurl(t *testing.T, a *apitest.API, id session.ID, program string) map[string]string {
	t.Helper()
	return unfurled(t, a.CallRaw(t, "GET", "/watch/"+string(id), "", "", "User-Agent", program).Want(t, 200).Body)
}

// here is an address of the broker as the test reaches it.
func here(t *testing.T, address string) string {
	t.Helper()
	path, ours := strings.CutPrefix(address, "https://broker.example")
	if !ours {
		t.Fatalf("%s is not the broker's", address)
	}
	return path
}

// Programs keep the first answer for days: title and picture are in it, whether
// the recording is finished or not.
func TestALinkIsUnfurledAtTheFirstFetch(t *testing.T) {
	const name = `"Demo" <script>alert(1)</script> & more`
	picture := apitest.Noise(300)
	for program, agent := range chatPrograms {
		for stage, finish := range map[string]bool{"while it is recorded": false, "once it is complete": true} {
			t.Run(program+" "+stage, func(t *testing.T) {
				a := apitest.Start(t, previewing(httpapi.PreviewPoster))
				o := a.Open(t, "ann", map[string]any{"name": name})
				apitest.Put(t, poster(t, a, o, picture), picture)
				parts, size := a.Upload(t, o, apitest.Noise(9))
				if finish {
					a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200)
				}
				got := unfurl(t, a, o.ID, agent)
				image := "https://broker.example/watch/" + string(o.ID) + "/poster.jpg"
				for property, want := range map[string]string{
					"title": name + " · Slipway", "og:title": name, "og:type": "video.other", "og:site_name": "Slipway",
					"og:image": image, "og:image:type": "image/jpeg", "og:image:alt": name, "twitter:card": "summary_large_image",
					"og:url": "", "og:video": "",
				} {
					if got[property] != want {
						t.Errorf("%s is %q, not %q", property, got[property], want)
					}
				}
				if seen := pictureAt(t, a, got["og:image"], agent); !bytes.Equal(seen, picture) {
					t.Errorf("the picture is %d other bytes", len(seen))
				}
				var said struct {
					Version, Type, Title string
					ThumbnailURL         string `json:"thumbnail_url"`
					ThumbnailWidth       int    `json:"thumbnail_width"`
					HTML                 string
				}
				a.Call(t, "GET", here(t, got["oembed"]), "", nil, "User-Agent", agent).Want(t, 200).Into(t, &said)
				if said.Version != "1.0" || said.Type != "link" || said.Title != name || said.ThumbnailURL != image || said.ThumbnailWidth != 1280 || said.HTML != "" {
					t.Errorf("oEmbed says %+v", said)
				}
			})
		}
	}
}

// pictureAt follows an image as a chat program does.
func pictureAt(t *testing.T, a *apitest.API, address, agent string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL+here(t, address), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", agent)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal("GET of the picture failed")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" || res.Request.URL.Host == strings.TrimPrefix(a.URL, "http://") {
		t.Errorf("the picture is answered with %s, %s, from %s (%v)", res.Status, res.Header.Get("Content-Type"), res.Request.URL.Host, err)
	}
	return body
}

func TestWhatIsNotThereOrNotToBeToldIsNotNamed(t *testing.T) {
	picture := apitest.Noise(300)
	for name, c := range map[string]struct {
		preview  httpapi.Preview
		fields   map[string]any
		picture  bool
		title    string // empty: nothing is told
		image    bool
		noOEmbed bool
	}{
		"the setting is none":              {httpapi.NoPreview, map[string]any{"name": "Secret"}, true, "", false, true},
		"nothing is set":                   {"", map[string]any{"name": "Secret"}, true, "", false, true},
		"the setting is title":             {httpapi.PreviewTitle, map[string]any{"name": "Demo"}, true, "Demo", false, false},
		"there is no picture yet":          {httpapi.PreviewPoster, map[string]any{"name": "Demo"}, false, "Demo", false, false},
		"nobody named it":                  {httpapi.PreviewPoster, nil, true, "Recording", true, false},
		"sound alone":                      {httpapi.PreviewPoster, map[string]any{"name": "Memo", "content_type": "audio/webm"}, false, "Memo", false, false},
		"there is a picture and a setting": {httpapi.PreviewPoster, map[string]any{"name": "Demo"}, true, "Demo", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := apitest.Start(t, previewing(c.preview))
			o := a.Open(t, "ann", c.fields)
			if c.picture {
				apitest.Put(t, poster(t, a, o, picture), picture)
			}
			page := a.CallRaw(t, "GET", "/watch/"+string(o.ID), "", "").Want(t, 200)
			got := unfurled(t, page.Body)
			if got["og:title"] != c.title || (got["og:image"] != "") != c.image || (got["oembed"] == "") != c.noOEmbed {
				t.Errorf("it shows %v", got)
			}
			if c.title == "" && (bytes.Contains(page.Body, []byte("Secret")) || got["title"] != "Recording · Slipway") {
				t.Error("the page tells the name")
			}
			if c.image != (a.CallRaw(t, "GET", "/watch/"+string(o.ID)+"/poster.jpg", "", "").Status == http.StatusFound) {
				t.Error("the picture is there without being named, or named without being there")
			}
			answer := a.Call(t, "GET", "/oembed?url="+url.QueryEscape("https://broker.example/watch/"+string(o.ID)), "", nil)
			if c.noOEmbed {
				answer.Problem(t, 404, "no-such-path")
			} else if has := strings.Contains(string(answer.Want(t, 200).Body), "thumbnail_url"); has != c.image {
				t.Errorf("oEmbed says %s", answer.Body)
			}
		})
	}
}

// What has no recording, or has none any more, is shown as what never was.
func TestNothingIsShownOfWhatIsGone(t *testing.T) {
	a := apitest.Start(t, previewing(httpapi.PreviewPoster))
	never := a.CallRaw(t, "GET", "/watch/"+anID, "", "").Want(t, 200)
	o := record(t, a, "ann", map[string]any{"name": "Demo"})
	a.Call(t, "DELETE", of(o), a.APIKey, nil).Want(t, 204)
	aborted := a.Open(t, "ann", map[string]any{"name": "Demo"})
	a.Call(t, "DELETE", path(aborted, ""), aborted.Token, nil).Want(t, 200)
	lost := record(t, a, "ann", map[string]any{"name": "Demo"})
	if err := a.Broker.Bucket.Delete(t.Context(), a.Broker.Key(lost.ID)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []session.ID{o.ID, aborted.ID, lost.ID} {
		if got := a.CallRaw(t, "GET", "/watch/"+string(id), "", "").Want(t, 200); !bytes.Equal(got.Body, never.Body) || got.Header.Get("ETag") != never.Header.Get("ETag") {
			t.Errorf("%s is shown as %v", id, unfurled(t, got.Body))
		}
		a.CallRaw(t, "GET", "/watch/"+string(id)+"/poster.jpg", "", "").Want(t, 404)
		a.Call(t, "GET", "/oembed?url="+url.QueryEscape("https://broker.example/watch/"+string(id)), "", nil).Want(t, 404)
	}
}

func TestALinkShowsTheTitleOfNow(t *testing.T) {
	a := apitest.Start(t, previewing(httpapi.PreviewTitle))
	o := record(t, a, "ann", map[string]any{"name": "Recording 1"})
	before := a.CallRaw(t, "GET", "/watch/"+string(o.ID), "", "").Want(t, 200)
	a.Call(t, "PATCH", of(o), a.APIKey, map[string]any{"title": "Holiday"}).Want(t, 200)
	a.Store.Forget()
	after := a.CallRaw(t, "GET", "/watch/"+string(o.ID), "", "", "If-None-Match", before.Header.Get("ETag")).Want(t, 200)
	if got := unfurled(t, after.Body); got["og:title"] != "Holiday" {
		t.Errorf("it shows %v", got)
	}
	if after.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("it is kept as %q", after.Header.Get("Cache-Control"))
	}
	a.CallRaw(t, "GET", "/watch/"+string(o.ID), "", "", "If-None-Match", after.Header.Get("ETag")).Want(t, 304)
	other := record(t, a, "ann", map[string]any{"name": "Other"})
	if tag := a.CallRaw(t, "GET", "/watch/"+string(other.ID), "", "").Header.Get("ETag"); tag == after.Header.Get("ETag") {
		t.Error("two recordings have one ETag")
	}
}

// away is a store that does not answer.
type away struct{ session.Store }

func (away) Get(context.Context, session.ID) (*session.Session, error) {
	return nil, &session.Error{Kind: session.Unavailable, Reason: "redis"}
}

// silent is S3 that answers no listing.
type silent struct{ session.Bucket }

func (silent) Keys(ctx context.Context, _ string, _ session.Key, _ int) (session.KeyPage, error) {
	<-ctx.Done()
	return session.KeyPage{}, &session.Error{Kind: session.Unavailable, Reason: "s3", Err: ctx.Err()}
}

func TestALinkIsUnfurledByWhatAnswers(t *testing.T) {
	a := apitest.Start(t, previewing(httpapi.PreviewPoster))
	o := record(t, a, "ann", map[string]any{"name": "Demo"})
	store, s3 := a.Broker.Store, a.Broker.Bucket
	a.Broker.Store = away{store}
	if got := unfurl(t, a, o.ID, ""); got["og:title"] != "Demo" {
		t.Errorf("without Redis it shows %v", got)
	}
	a.Broker.Store, a.Broker.Bucket = store, silent{s3}
	began := time.Now()
	if got := unfurl(t, a, o.ID, ""); got["og:title"] != "Demo" || time.Since(began) > 4*time.Second {
		t.Errorf("after %v, without S3 it shows %v", time.Since(began), got)
	}
	a.Broker.Store = away{store}
	if got := unfurl(t, a, o.ID, ""); got["title"] != "Recording · Slipway" {
		t.Errorf("without both it shows %v", got)
	}
}

// The hashes in the policy are of what the page still holds.
func TestAPageWithAPreviewRunsItsOwnScriptAlone(t *testing.T) {
	a := apitest.Start(t, previewing(httpapi.PreviewPoster))
	o := a.Open(t, "ann", map[string]any{"name": "</title><script type=\"module\">alert(1)</script>"})
	address := "/watch/" + string(o.ID)
	holdsWhatItAllows(t, a, address)
	zipped := a.CallRaw(t, "GET", address, "", "", "Accept-Encoding", "gzip").Want(t, 200)
	r, err := gzip.NewReader(bytes.NewReader(zipped.Body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(plain, a.CallRaw(t, "GET", address, "", "").Body) {
		t.Errorf("compressed it is another page (%v)", err)
	}
}

func TestWhereAnybodyMayWatchAndEmbedALinkNamesThePlayer(t *testing.T) {
	for name, c := range map[string]struct {
		watchers session.Watchers
		origins  []string
		plays    bool
	}{
		"anybody watches, and embeds": {session.Public, []string{"*"}, true},
		"nobody embeds":               {session.Public, nil, false},
		"only links watch":            {session.ByLink, []string{"*"}, false},
		"only owners watch":           {session.ByOwner, []string{"*"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := apitest.Start(t, func(cfg *httpapi.Config) {
				cfg.Links, cfg.EmbedOrigins = httpapi.Links{Watchers: c.watchers, Preview: httpapi.PreviewTitle}, c.origins
			})
			o := record(t, a, "ann", map[string]any{"name": `a"b`})
			got := unfurl(t, a, o.ID, "")
			player := "https://broker.example/embed/" + string(o.ID)
			if (got["og:video"] == player) != c.plays || (got["og:url"] != "") != c.plays {
				t.Errorf("it shows %v", got)
			}
			var said struct {
				Type, HTML    string
				Width, Height int
			}
			a.Call(t, "GET", here(t, got["oembed"]), "", nil).Want(t, 200).Into(t, &said)
			if (said.Type == "video") != c.plays || strings.Contains(said.HTML, `src="`+player+`"`) != c.plays || (said.Width == 1280 && said.Height == 720) != c.plays {
				t.Errorf("oEmbed says %+v", said)
			}
			if strings.Contains(said.HTML, `a"b`) {
				t.Errorf("the title is not escaped: %s", said.HTML)
			}
		})
	}
}

func TestOEmbedAnswersForAddressesOfOursAlone(t *testing.T) {
	a := apitest.Start(t, previewing(httpapi.PreviewTitle))
	id := string(record(t, a, "ann", map[string]any{"name": "Demo"}).ID)
	ask := func(query string) apitest.Answer { return a.CallRaw(t, "GET", "/oembed?"+query, "", "") }
	at := func(address string) string { return "url=" + url.QueryEscape(address) }
	for _, address := range []string{
		"https://broker.example/watch/" + id, "https://broker.example/embed/" + id, "https://broker.example/watch/" + id + "#wt_x", "https://broker.example/watch/" + id + "?a=b",
	} {
		ask(at(address)).Want(t, 200)
		ask(at(address)+"&format=json&maxwidth=300").Want(t, 200)
	}
	for _, address := range []string{
		"", "x", "https://evil.example/watch/" + id, "https://broker.example.evil.example/watch/" + id, "http://broker.example/watch/" + id, "https://broker.example/" + id,
		"https://broker.example/watch/" + id + "/", "https://broker.example/watch/../watch/" + id, "https://broker.example/watch/",
	} {
		ask(at(address)).Problem(t, 404, "bad-id")
	}
	for _, format := range []string{"xml", "JSON", "yaml"} {
		if got := ask(at("https://broker.example/watch/"+id) + "&format=" + format); got.Status != 501 {
			t.Errorf("%s is answered with %d", format, got.Status)
		}
	}
}
