package session

import (
	"fmt"
	"net/url"
	"strings"
)

// anyLabel stands for one label at the beginning of a host: https://*.example.com
// is each of its direct subdomains, as in a certificate.
const anyLabel = "*."

// CheckOrigin returns an error unless text is an origin as browsers write it, such
// as https://app.example. A "*" may stand for the first of three or more labels.
// Another spelling would never match, and nobody would notice.
func CheckOrigin(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme+"://"+u.Host != text {
		return fmt.Errorf("%q is not an origin: scheme and host, and a port where it is not the usual one", text)
	}
	if len(text) > 255 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q is not as browsers write it: up to 255 ASCII characters, with xn-- for others", text)
	}
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if u.Port() != "" && u.Port() == usual || strings.HasSuffix(u.Host, ":") || u.Host != strings.ToLower(u.Host) {
		return fmt.Errorf("%q is not as browsers write it: small letters, and no port where it is the usual one", text)
	}
	if domain, wildcard := strings.CutPrefix(u.Hostname(), anyLabel); strings.Contains(domain, "*") || wildcard && !strings.Contains(domain, ".") {
		return fmt.Errorf("%q: a \"*\" stands for the first label of a host of three or more, as in https://*.example.com", text)
	}
	return nil
}

// OriginMatches reports whether a browser's origin is the one that allowed names.
// If allowed has a "*", it names every direct subdomain.
func OriginMatches(allowed, origin string) bool {
	scheme, domain, wildcard := strings.Cut(allowed, "://"+anyLabel)
	if !wildcard {
		return origin == allowed
	}
	host, same := strings.CutPrefix(origin, scheme+"://")
	label, parent, _ := strings.Cut(host, ".")
	return same && label != "" && parent == domain && CheckOrigin(allowed) == nil
}
