package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"slipway/internal/session"
)

// message is the body. We may add a field, but never change the meaning of
// one.
type message struct {
	Type      string    `json:"type"` // "recording." and the event's type
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	ID          session.ID           `json:"id"`
	Owner       session.Owner        `json:"owner,omitzero"`
	Name        string               `json:"name,omitzero"`
	ContentType string               `json:"content_type,omitzero"`
	OpenedAt    time.Time            `json:"opened_at,omitzero"`
	Outcome     session.Outcome      `json:"outcome,omitzero"` // this and the next fields: only for a recording that is in the bucket
	Key         session.Key          `json:"key,omitzero"`
	Size        int64                `json:"size,omitzero"`        // bytes
	DurationMs  int64                `json:"duration_ms,omitzero"` // as the recorder said
	Missing     []session.PartNumber `json:"missing,omitzero"`
	Metadata    map[string]string    `json:"metadata,omitempty"`
}

func (d *Deliverer) body(ctx context.Context, e session.Event) ([]byte, error) {
	m := message{Type: "recording." + string(e.Type), Timestamp: e.At.UTC().Truncate(time.Millisecond),
		Data: data{ID: e.Session, Owner: e.Owner, Name: e.Name, ContentType: e.ContentType, OpenedAt: e.OpenedAt.UTC().Truncate(time.Millisecond)}}
	switch e.Type {
	case session.EventCompleted:
		m.Data.Outcome = session.AsClaimed
	case session.EventSalvaged:
		m.Data.Outcome = session.Salvaged
	}
	if m.Data.Outcome != "" {
		m.Data.Key, m.Data.Size, m.Data.DurationMs, m.Data.Missing = d.Key(e.Session), e.Size, e.Duration.Milliseconds(), e.Missing
		obj, err := d.Object(ctx, e.Session)
		if err != nil && session.KindOf(err) != session.NotFound { // not found: deleted since
			return nil, err
		}
		m.Data.Metadata = obj.Extra()
	}
	return json.Marshal(m)
}

// Secret signs messages. The receiver has it too. It prints as nothing.
type Secret struct{ hook *standardwebhooks.Webhook }

// ParseSecret reads "whsec_" and the base64 of 24 to 64 bytes, which is the
// specification's range. Its errors do not repeat the text.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return Secret{}, errors.New("is not whsec_ and the base64 of 24 to 64 bytes")
	}
	hook, err := standardwebhooks.NewWebhookRaw(key)
	return Secret{hook}, err
}

// sign returns the headers of a message. id is the same at every attempt; at
// is the time of this attempt.
func sign(secrets []Secret, id string, at time.Time, body []byte) (http.Header, error) {
	signatures := make([]string, len(secrets))
	for i, s := range secrets {
		var err error
		if signatures[i], err = s.hook.Sign(id, at, body); err != nil {
			return nil, err
		}
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "Slipway")
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return header, nil
}
