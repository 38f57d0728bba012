package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"slipway/internal/session"
	"slipway/internal/webhook"
)

func (s *WebhookSettings) resolve() problems {
	var p problems
	_, err := s.receiver()
	p.add("BROKER_WEBHOOK_URL", err)
	_, err = s.secrets()
	p.add("BROKER_WEBHOOK_SECRETS", err)
	return p
}

// receiver is where webhooks go; nil if there are none.
func (s *WebhookSettings) receiver() (*url.URL, error) {
	if s.WebhookURL != "" {
		return webhook.ParseURL(s.WebhookURL)
	}
	if len(s.WebhookSecrets) > 0 {
		return nil, errors.New("is required, because BROKER_WEBHOOK_SECRETS is set")
	}
	return nil, nil
}

func (s *WebhookSettings) secrets() ([]webhook.Secret, error) {
	if s.WebhookURL != "" && len(s.WebhookSecrets) == 0 {
		return nil, errors.New("is required with BROKER_WEBHOOK_URL; make one with: echo whsec_$(openssl rand -base64 32)")
	}
	var secrets []webhook.Secret
	var wrong []error
	for i, text := range s.WebhookSecrets {
		secret, err := webhook.ParseSecret(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("secret %d %w", i+1, err))
		}
		secrets = append(secrets, secret)
	}
	return secrets, errors.Join(wrong...)
}

// deliverer delivers webhooks; it is nil if there is no receiver.
func (s *WebhookSettings) deliverer(outbox session.Outbox, broker *session.Broker, log *slog.Logger) (*webhook.Deliverer, error) {
	receiver, err := s.receiver()
	if err != nil {
		return nil, fmt.Errorf("BROKER_WEBHOOK_URL: %w", err)
	}
	if receiver == nil {
		return nil, nil
	}
	secrets, err := s.secrets()
	if err != nil {
		return nil, fmt.Errorf("BROKER_WEBHOOK_SECRETS: %w", err)
	}
	return webhook.New(webhook.Config{Outbox: outbox, Key: broker.Key, Object: broker.Object, URL: receiver, Secrets: secrets, Log: log}), nil
}
