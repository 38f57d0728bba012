package devs3

import "regexp"

var (
	colours     = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	queryString = regexp.MustCompile(`\?[^\s"'<>]+`)
	credentials = regexp.MustCompile(`(?i)((?:x-amz-signature|x-amz-credential|x-amz-security-token|signature|credential|authorization)\s*[=:]\s*)(?:AWS4-HMAC-SHA256\s+)?[^\s&,"']+`)
)

// redact removes from a line of log what would let a reader repeat a request:
// whole query strings, and signature or credential fields elsewhere. It
// removes colours too, because they split such fields.
func redact(line string) string {
	line = colours.ReplaceAllString(line, "")
	return credentials.ReplaceAllString(queryString.ReplaceAllString(line, "?[cut]"), "${1}[cut]")
}
