//go:build linux

package chaos

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// told is an application's back end: it learns by webhooks what became of
// recordings.
type told struct {
	url, secret string

	mu    sync.Mutex // guards ended
	ended map[string]ending
}

// ending is what the first webhook of a recording told.
type ending struct {
	Type string
	Data struct {
		ID      string
		Outcome string
		Size    int64
	}
	came time.Time
}

func newTold(t *testing.T) *told {
	t.Helper()
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	b := &told{secret: "whsec_" + base64.StdEncoding.EncodeToString(key[:]), ended: map[string]ending{}}
	hook, err := standardwebhooks.NewWebhook(b.secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := b.take(hook, r); err != nil {
			t.Errorf("a webhook: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *told) take(hook *standardwebhooks.Webhook, r *http.Request) error {
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil // its broker was killed; it comes again
	}
	if err := hook.Verify(body, r.Header); err != nil {
		return err
	}
	e := ending{came: time.Now()}
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, again := b.ended[e.Data.ID]; !again {
		b.ended[e.Data.ID] = e
	}
	return nil
}

func (b *told) of(id string) (e ending, came bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, came = b.ended[id]
	return e, came
}

// aloneWithin is how long a phone's recording may take to be completed: it is
// probed every 30 s while parts come and later each time S3 does not answer.
const aloneWithin = 2 * time.Minute

// endedAlone sees that what phones left behind is completed, though nobody
// asks, and that a webhook tells. It calls no broker: that would be a sign of
// life. Where Redis lost what it held after the last call of the phone, nobody
// knows what was announced: such a recording is salvaged.
func (w *world) endedAlone(ctx context.Context, phones []recorded) {
	w.mu.Lock()
	forgotAt := w.forgotAt
	w.mu.Unlock()
	var took []time.Duration
	forgotten := 0
	for _, p := range phones {
		e, came := w.told.of(p.upload.id)
		for ; !came && p.upload.askedAt.After(forgotAt) && sleep(ctx, 100*time.Millisecond) == nil; e, came = w.told.of(p.upload.id) {
		}
		switch {
		case came && e.Type == "recording.completed" && e.Data.Outcome == "completed" && e.Data.Size == p.take.Size:
			took = append(took, max(0, e.came.Sub(p.take.killed)))
		case came || p.upload.askedAt.After(forgotAt):
			w.t.Errorf("recording %d (session %s) is whole and not completed by itself; the webhook: %+v", p.take.index, p.upload.id, e)
		default:
			forgotten++
		}
	}
	if len(took) == 0 {
		w.t.Errorf("none of %d phones' recordings was completed by itself", len(phones))
		return
	}
	slices.Sort(took)
	w.t.Logf("%d of %d phones' recordings completed by themselves; from the last part to the webhook the median is %.1f s, the longest %.1f s; %d forgotten with Redis",
		len(took), len(phones), took[len(took)/2].Seconds(), took[len(took)-1].Seconds(), forgotten)
}
