package httpapi_test

import (
	"strings"
	"testing"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
)

const anID = "2c7qmtx4o3avbnkfz5yd6ueirlwiw"

// Any other page that frames the player could lead a click on it astray.
func TestTheNamedPagesAloneFrameThePlayer(t *testing.T) {
	a := apitest.Start(t, func(c *httpapi.Config) { c.EmbedOrigins = []string{"https://app.example", "https://*.example.com"} })
	got := policy(t, a.URL+"/embed/"+anID)
	if want := "https://app.example https://*.example.com"; got["frame-ancestors"] != want {
		t.Errorf("frame-ancestors is %q, not %q", got["frame-ancestors"], want)
	}
	watch := policy(t, a.URL+"/watch/"+anID)
	if watch["frame-ancestors"] != "'none'" {
		t.Errorf("the watch page may be framed by %q", watch["frame-ancestors"])
	}
	for name, value := range watch {
		if name != "frame-ancestors" && got[name] != value {
			t.Errorf("%s is %q, and %q on the watch page", name, got[name], value)
		}
	}
	a.CallRaw(t, "GET", "/embed/x", "", "").Want(t, 404)
}

func TestThereIsNoPlayerWithoutPagesThatFrameIt(t *testing.T) {
	a := apitest.Start(t)
	a.CallRaw(t, "GET", "/embed/"+anID, "", "").Problem(t, 404, "no-such-path")
}

func TestThePagesAreToldOfTheSettings(t *testing.T) {
	for name, c := range map[string]struct {
		embed, back []string
		want        string
	}{
		"nothing is set":    {nil, nil, `{"embed":false,"return_origins":[]}`},
		"both are set":      {[]string{"*"}, []string{"https://a.example", "https://b.example"}, `{"embed":true,"return_origins":["https://a.example","https://b.example"]}`},
		"nobody may embed":  {nil, []string{"https://a.example"}, `{"embed":false,"return_origins":["https://a.example"]}`},
		"nobody comes back": {[]string{"https://a.example"}, nil, `{"embed":true,"return_origins":[]}`},
	} {
		a := apitest.Start(t, func(cfg *httpapi.Config) { cfg.EmbedOrigins, cfg.ReturnOrigins = c.embed, c.back })
		if got := strings.TrimSpace(string(a.Call(t, "GET", "/v1/page", "", nil).Want(t, 200).Body)); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A page that is cut off from its opener cannot tell it anything.
func TestOnlyTheRecordingPageKeepsItsOpenerAndOnlyIfItMayTellIt(t *testing.T) {
	const told, cut = "unsafe-none", "same-origin"
	for name, c := range map[string]struct {
		back []string
		want map[string]string
	}{
		"nobody is told":   {nil, map[string]string{"/": cut, "/ops": cut, "/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw": cut}},
		"somebody is told": {[]string{"https://a.example"}, map[string]string{"/": told, "/ops": cut, "/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw": cut}},
	} {
		a := apitest.Start(t, func(cfg *httpapi.Config) { cfg.ReturnOrigins = c.back })
		for path, want := range c.want {
			if got := a.CallRaw(t, "GET", path, "", "").Header.Get("Cross-Origin-Opener-Policy"); got != want {
				t.Errorf("%s: %s has %q, not %q", name, path, got, want)
			}
		}
	}
}

func TestAGrantSaysWhoseItIs(t *testing.T) {
	a := apitest.Start(t)
	type facts struct {
		Owner       string
		DisplayName string `json:"display_name"`
		ExpiresInMs int64  `json:"expires_in_ms"`
	}
	read := func(body map[string]any, origin ...string) apitest.Answer {
		t.Helper()
		var minted struct{ Grant string }
		a.Call(t, "POST", "/v1/grants", a.APIKey, body).Want(t, 201).Into(t, &minted)
		return a.Call(t, "POST", "/v1/grants/mine", minted.Grant, nil, origin...)
	}
	var named, bare facts
	read(map[string]any{"owner": "u-1", "display_name": "Ann Müller <ann>"}).Want(t, 200).Into(t, &named)
	if named.Owner != "u-1" || named.DisplayName != "Ann Müller <ann>" || named.ExpiresInMs < 3_500_000 || named.ExpiresInMs > 3_600_000 {
		t.Errorf("it says %+v", named)
	}
	read(map[string]any{"owner": "u-2"}).Want(t, 200).Into(t, &bare)
	if bare.Owner != "u-2" || bare.DisplayName != "" {
		t.Errorf("it says %+v", bare)
	}
	bound := map[string]any{"owner": "u-1", "origin": "https://broker.example"}
	read(bound, "Origin", "https://broker.example").Want(t, 200)
	read(bound, "Origin", "https://evil.example").Problem(t, 403, "origin")
}

func TestADisplayNameIsBounded(t *testing.T) {
	a := apitest.Start(t)
	mint := func(name string) apitest.Answer {
		return a.CallBad(t, "POST", "/v1/grants", a.APIKey, map[string]any{"owner": "ann", "display_name": name})
	}
	mint(strings.Repeat("a", 127)).Want(t, 201)
	mint(strings.Repeat("a", 128)).Want(t, 201)
	mint(strings.Repeat("a", 129)).Problem(t, 400, "out-of-range")
	mint("a\nb").Problem(t, 400, "control-character")
}
