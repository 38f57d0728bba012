package app

import "testing"

// docs/decisions.md#d125
func TestUppysCallsAreOffUntilSomebodyTurnsThemOn(t *testing.T) {
	for on, status := range map[bool]int{false: 404, true: 200} {
		settings := settle(t)
		settings.Uppy = on
		s := &spy{running: run(t, settings), t: t}
		grant := s.want(201, "POST", "/v1/grants", s.key, map[string]any{"owner": "ann"})["grant"].(string)
		for _, c := range []struct{ at, bearer string }{{"/c/" + grant, ""}, {"/c", grant}} {
			s.want(status, "POST", c.at+"/s3/multipart", c.bearer, map[string]any{"filename": "x", "type": "video/webm"})
		}
	}
}
