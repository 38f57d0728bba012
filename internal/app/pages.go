package app

import (
	"fmt"
	"strings"

	"slipway/internal/session"
)

// PageSettings is what the broker's own pages do for the pages of others.
type PageSettings struct {
	EmbedOrigins  []string `name:"embed-origins" env:"BROKER_EMBED_ORIGINS" placeholder:"ORIGIN" group:"HTTP" help:"Origins of the pages that may show the player in a frame, at /embed/{id}: https://app.example, or https://*.example.com for each subdomain. \"*\" allows every page. Default: nobody, and there is no such player."`
	ReturnOrigins []string `name:"return-origins" env:"BROKER_RETURN_ORIGINS" placeholder:"ORIGIN" group:"HTTP" help:"Origins that the recording page may go back to (return_url) and tells what was recorded, letter by letter: https://app.example. Default: none."`
}

func (s *PageSettings) resolve() problems {
	var p problems
	for _, origin := range s.EmbedOrigins {
		p.add("BROKER_EMBED_ORIGINS", checkFramer(origin))
	}
	for _, origin := range s.ReturnOrigins {
		p.add("BROKER_RETURN_ORIGINS", checkReturn(origin))
	}
	return p
}

// checkFramer accepts what can stand in a policy's frame-ancestors. There, these
// characters would end the list.
func checkFramer(origin string) error {
	if strings.ContainsAny(origin, ";,'") {
		return fmt.Errorf("%q has a character that no host has", origin)
	}
	return checkOrigin(origin)
}

// checkReturn accepts one origin. Where several may stand in the place of a "*",
// one of them is soon somebody else's.
func checkReturn(origin string) error {
	if strings.Contains(origin, "*") {
		return fmt.Errorf("%q: name each origin, without a \"*\"", origin)
	}
	return session.CheckOrigin(origin)
}
