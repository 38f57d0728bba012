package httpapi

import (
	"net/http"
	"net/url"
	"strings"
)

// under serves h under the path of publicURL, if it has one. A proxy in front
// may cut the path or leave it there, and a probe knows nothing of it, so what
// stands at the root is served too.
func under(publicURL string, h http.Handler) http.Handler {
	u, err := url.Parse(publicURL)
	if err != nil || u.Path == "" {
		return h
	}
	stripped := http.StripPrefix(u.Path, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == u.Path:
			http.Redirect(w, r, u.EscapedPath()+"/", http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, u.Path+"/"):
			stripped.ServeHTTP(w, r)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// originOf is the origin of the pages under publicURL.
func originOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
