package app

import (
	"slipway/internal/access"
	"slipway/internal/httpapi"
	"slipway/internal/session"
	"slipway/internal/uppy"
)

// guests are the calls of other people's clients that the API answers.
func (s *Settings) guests(b *session.Broker, k *access.Keyring) (guests []httpapi.Guest) {
	if !s.Uppy {
		return nil
	}
	for _, r := range uppy.Routes(b, k) {
		guests = append(guests, httpapi.Guest{Method: r.Method, Path: r.Path, Answer: func(v *httpapi.Visit) (any, error) { return r.Answer(v) }})
	}
	return guests
}
