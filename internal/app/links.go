package app

import (
	"fmt"
	"slices"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/session"
)

// LinkSettings is who may watch recordings, and for how long.
type LinkSettings struct {
	Watch    string        `name:"watch" env:"BROKER_WATCH" default:"link" placeholder:"WHO" group:"Access" help:"Who may watch a recording. public: anybody who knows its ID; link: anybody who has a link to it; owner: only its owner with a grant, or the session's token. API keys always may."`
	Preview  string        `name:"watch-preview" env:"BROKER_WATCH_PREVIEW" default:"none" placeholder:"WHAT" group:"Access" help:"What chat programs and others show of a link: none; title; or poster, which is the title and the first picture. Anybody who knows a recording's ID gets it, without the link's token, and also after its links were revoked."`
	ShareTTL time.Duration `name:"share-ttl" env:"BROKER_SHARE_TTL" default:"0s" min:"0s" max:"87600h" group:"Access" help:"Longest life of a link to watch; 0s: as long as the recording."`
}

func (s *LinkSettings) resolve() problems {
	var p problems
	if !slices.Contains([]session.Watchers{session.Public, session.ByLink, session.ByOwner}, session.Watchers(s.Watch)) {
		p.add("BROKER_WATCH", fmt.Errorf("%q is not public, link or owner", s.Watch))
	}
	if !slices.Contains([]httpapi.Preview{httpapi.NoPreview, httpapi.PreviewTitle, httpapi.PreviewPoster}, httpapi.Preview(s.Preview)) {
		p.add("BROKER_WATCH_PREVIEW", fmt.Errorf("%q is not none, title or poster", s.Preview))
	}
	return p
}

func (s *LinkSettings) links() httpapi.Links {
	return httpapi.Links{Watchers: session.Watchers(s.Watch), TTL: s.ShareTTL, Preview: httpapi.Preview(s.Preview)}
}
