package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

var (
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("o"), 24))
	newSecret = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("n"), 64))
)

// delivery is one request that reached the receiver.
type delivery struct {
	header http.Header
	body   []byte
}

func (d delivery) verify(t *testing.T, secret string) error {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hook.Verify(d.body, d.header)
}

// world is a broker's Outbox and a receiver.
type world struct {
	store *memstore.Store
	skew  atomic.Int64 // nanoseconds that the store's clock is ahead
	url   string
	log   lockedLog

	came chan delivery

	s3Trouble atomic.Pointer[error]
}

// lockedLog collects what is logged.
type lockedLog struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newWorld starts a receiver that answers its requests, counted from 1, with
// answer.
func newWorld(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *world {
	t.Helper()
	w := &world{came: make(chan delivery, 100)}
	w.store = &memstore.Store{Now: func() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.came <- delivery{r.Header, body}
		answer(int(n.Add(1)), rw, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL + "/hooks?token=in-the-query"
	return w
}

// object is what S3 has of every recording, but for bob's.
func (w *world) object(_ context.Context, id session.ID) (session.Object, error) {
	if err := w.s3Trouble.Load(); err != nil {
		return session.Object{}, *err
	}
	if id == bob {
		return session.Object{}, &session.Error{Kind: session.NotFound, Detail: "planted: it was deleted"}
	}
	return session.Object{Metadata: map[string]string{"slipway-owner": "ann", "ticket": "4%207", "app": "crm"}}, nil
}

// happens puts an event of a session of its own into the Outbox.
func (w *world) happens(t *testing.T, id session.ID, e session.Event) {
	t.Helper()
	e.ID, e.Session = string(id)+"-"+string(e.Type), id
	record := &session.Session{ID: id, Owner: e.Owner, State: session.Open}
	if _, err := w.store.Swap(t.Context(), session.Change{Session: record, Event: &e, Notify: true}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) deliverer(t *testing.T, outbox session.Outbox, secrets ...string) *Deliverer {
	t.Helper()
	c := Config{Outbox: outbox, Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
		Key: func(id session.ID) session.Key { return id.Key("recordings/") }, Object: w.object}
	var err error
	if c.URL, err = ParseURL(w.url); err != nil {
		t.Fatal(err)
	}
	for _, text := range secrets {
		s, err := ParseSecret(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Secrets = append(c.Secrets, s)
	}
	d := New(c)
	d.pollEvery = 5 * time.Millisecond
	return d
}

// run runs d until the test, or the function returned, ends it.
func run(t *testing.T, d *Deliverer) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	end = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(end)
	return end
}

// next is the next delivery.
func (w *world) next(t *testing.T) delivery {
	t.Helper()
	select {
	case d := <-w.came:
		return d
	case <-time.After(10 * time.Second):
		t.Fatalf("nothing was delivered; the log:\n%s", w.log.String())
		return delivery{}
	}
}

// settled ends the deliverers and fails the test if there is another delivery,
// or would be one, however much later.
func (w *world) settled(t *testing.T, deliverers ...func()) {
	t.Helper()
	for _, end := range deliverers {
		end()
	}
	w.skew.Add(int64(hold + longestWait))
	left, err := w.store.Take(t.Context(), 100, hold)
	if err != nil || len(left)+len(w.came) > 0 {
		t.Errorf("delivered once more: %d; left in the Outbox: %+v (%v)", len(w.came), left, err)
	}
}

const (
	ann session.ID = "00aaaaaaaaaaaaaaaaaaaaaaaaaaw"
	bob session.ID = "01aaaaaaaaaaaaaaaaaaaaaaaaaaw"
)

func ok(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func TestWhatIsToldOfARecording(t *testing.T) {
	described := apitest.Webhooks(t)
	for _, c := range []struct {
		event session.Event
		want  string // but for the timestamp
	}{
		{session.Event{Type: session.EventCompleted, Owner: "ann", Name: "Grüße & <mehr>", ContentType: "video/webm", Size: 7, Duration: 12_345 * time.Millisecond, OpenedAt: time.UnixMilli(1_800_000_000_123)},
			`{"type":"recording.completed","data":{"id":"` + string(ann) + `","owner":"ann","name":"Grüße & <mehr>","content_type":"video/webm",
			"opened_at":"2027-01-15T08:00:00.123Z","outcome":"completed","key":"recordings/` + string(ann) + `.webm","size":7,"duration_ms":12345,"metadata":{"ticket":"4 7","app":"crm"}}}`},
		{session.Event{Type: session.EventSalvaged, ContentType: "video/webm", Size: 7, Missing: []session.PartNumber{2, 5}},
			`{"type":"recording.salvaged","data":{"id":"` + string(ann) + `","content_type":"video/webm",
			"outcome":"salvaged","key":"recordings/` + string(ann) + `.webm","size":7,"missing":[2,5],"metadata":{"ticket":"4 7","app":"crm"}}}`},
		{session.Event{Type: session.EventAborted, Owner: "ann", ContentType: "video/webm", OpenedAt: time.UnixMilli(1_800_000_000_000)},
			`{"type":"recording.aborted","data":{"id":"` + string(ann) + `","owner":"ann","content_type":"video/webm","opened_at":"2027-01-15T08:00:00Z"}}`},
		{session.Event{Type: session.EventLost, Owner: "ann", ContentType: "video/webm"},
			`{"type":"recording.lost","data":{"id":"` + string(ann) + `","owner":"ann","content_type":"video/webm"}}`},
	} {
		t.Run(string(c.event.Type), func(t *testing.T) {
			w := newWorld(t, ok)
			w.happens(t, ann, c.event)
			end := run(t, w.deliverer(t, w.store, newSecret))
			came := w.next(t)
			if err := came.verify(t, newSecret); err != nil {
				t.Error(err)
			}
			if id := came.header.Get("webhook-id"); id != string(ann)+"-"+string(c.event.Type) {
				t.Errorf("the webhook-id is %q", id)
			}
			if media := came.header.Get("Content-Type"); media != "application/json" {
				t.Errorf("the body is %q", media)
			}
			kind := "recording." + string(c.event.Type)
			apitest.HoldWebhook(t, kind, came.header, came.body)
			described = slices.DeleteFunc(described, func(d string) bool { return d == kind })
			var got, want map[string]any
			if err := errors.Join(json.Unmarshal(came.body, &got), json.Unmarshal([]byte(c.want), &want)); err != nil {
				t.Fatal(err)
			}
			if at, err := time.Parse(time.RFC3339, got["timestamp"].(string)); err != nil || time.Since(at) > time.Minute {
				t.Errorf("it happened at %v (%v)", got["timestamp"], err)
			}
			delete(got, "timestamp")
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			w.settled(t, end)
		})
	}
	if len(described) > 0 {
		t.Errorf("the contract describes %q, which nothing sends here", described)
	}
}

func TestOfADeletedRecordingWhatIsKnownIsTold(t *testing.T) {
	w := newWorld(t, ok)
	w.happens(t, bob, session.Event{Type: session.EventCompleted, Size: 7})
	end := run(t, w.deliverer(t, w.store, newSecret))
	if body := string(w.next(t).body); !strings.Contains(body, `"size":7`) || strings.Contains(body, "metadata") {
		t.Errorf("the body is %s", body)
	}
	w.settled(t, end)
}

func TestAMessageWaitsForItsMetadata(t *testing.T) {
	w := newWorld(t, ok)
	trouble := error(&session.Error{Kind: session.Unavailable, Detail: "planted: no answer"})
	w.s3Trouble.Store(&trouble)
	w.happens(t, ann, session.Event{Type: session.EventCompleted, Size: 7})
	run(t, w.deliverer(t, w.store, newSecret))
	for until := time.Now().Add(10 * time.Second); !strings.Contains(w.log.String(), "planted"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the log:\n%s", w.log.String())
		}
	}
	w.s3Trouble.Store(nil)
	w.skew.Add(int64(longestWait))
	if body := string(w.next(t).body); !strings.Contains(body, `"app":"crm"`) {
		t.Errorf("the body is %s", body)
	}
}

// However an attempt fails, there is another, and the receiver can tell that
// it is the same message.
func TestWhatWasNotAcknowledgedIsDeliveredAgain(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		}
	}
	for name, fail := range map[string]func(http.ResponseWriter, *http.Request){
		"an error":               status(http.StatusInternalServerError),
		"gone":                   status(http.StatusGone),
		"one above success":      status(http.StatusMultipleChoices),
		"a redirect":             status(http.StatusFound),
		"a redirect of the POST": status(http.StatusTemporaryRedirect),
		"no answer in time":      func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a connection cut off":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an answer without an end": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(n int, rw http.ResponseWriter, r *http.Request) {
				if n == 1 {
					fail(rw, r)
				}
			})
			w.happens(t, ann, session.Event{Type: session.EventSalvaged})
			d := w.deliverer(t, w.store, newSecret)
			d.answerWithin = time.Second
			end := run(t, d)
			first := w.next(t)
			for until := time.Now().Add(10 * time.Second); len(w.came) == 0 && time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
				w.skew.Add(int64(firstWait))
			}
			second := w.next(t)
			if a, b := first.header.Get("webhook-id"), second.header.Get("webhook-id"); a != b || a == "" {
				t.Errorf("it came as %q and again as %q", a, b)
			}
			if err := errors.Join(first.verify(t, newSecret), second.verify(t, newSecret)); err != nil {
				t.Error(err)
			}
			w.settled(t, end)
		})
	}
}

// dying is an Outbox of a broker that dies before it can say Done.
type dying struct{ session.Outbox }

func (dying) Done(context.Context, session.Notice) error { return errors.New("died") }

func TestABrokerThatDiesBeforeItSaidDone(t *testing.T) {
	w := newWorld(t, ok)
	w.happens(t, ann, session.Event{Type: session.EventCompleted})
	first := w.deliverer(t, dying{w.store}, newSecret)
	die := run(t, first)
	came := w.next(t)
	die()

	end := run(t, w.deliverer(t, w.store, newSecret))
	select {
	case <-w.came:
		t.Error("another broker delivered what was still held")
	case <-time.After(50 * time.Millisecond):
	}
	w.skew.Add(int64(hold))
	if again := w.next(t); again.header.Get("webhook-id") != came.header.Get("webhook-id") {
		t.Errorf("it came as %q and again as %q", came.header.Get("webhook-id"), again.header.Get("webhook-id"))
	}
	w.settled(t, end)
}

func TestASecretIsRotatedWithoutAGap(t *testing.T) {
	w := newWorld(t, ok)
	w.happens(t, ann, session.Event{Type: session.EventCompleted})
	run(t, w.deliverer(t, w.store, newSecret, oldSecret))
	came := w.next(t)
	for name, secret := range map[string]string{"old": oldSecret, "new": newSecret} {
		if err := came.verify(t, secret); err != nil {
			t.Errorf("the %s secret: %v", name, err)
		}
	}
	another := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 32))
	if err := came.verify(t, another); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("another secret: %v", err)
	}
	came.body[0] = ' '
	if err := came.verify(t, newSecret); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("another body: %v", err)
	}
}

func TestManyBrokersDeliverEachNoticeOnce(t *testing.T) {
	w := newWorld(t, ok)
	const notices = 40
	for i := range notices {
		id := session.ID("00" + strings.Repeat("a", 23) + string(rune('a'+i/8)) + string(rune('a'+i%8)) + "aw")
		w.happens(t, id, session.Event{Type: session.EventCompleted})
	}
	var ends []func()
	for range 3 {
		ends = append(ends, run(t, w.deliverer(t, w.store, newSecret)))
	}
	seen := map[string]bool{}
	for range notices {
		seen[w.next(t).header.Get("webhook-id")] = true
	}
	if len(seen) != notices {
		t.Errorf("%d deliveries were of %d notices", notices, len(seen))
	}
	w.settled(t, ends...)
}

func TestNoMoreAreInFlightThanSaid(t *testing.T) {
	var now, most atomic.Int64
	full := make(chan struct{}, 3*atOnce) // holds one for each that may go, once so many are there
	w := newWorld(t, func(int, http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == atOnce {
			time.Sleep(20 * time.Millisecond) // for one more to come
			for range atOnce {
				full <- struct{}{}
			}
		}
		select {
		case <-full:
		case <-time.After(3 * time.Second):
		}
		now.Add(-1)
	})
	for c := 'a'; c < 'a'+3*atOnce; c++ {
		w.happens(t, session.ID("00"+strings.Repeat("a", 24)+string(c)+"aw"), session.Event{Type: session.EventCompleted})
	}
	run(t, w.deliverer(t, w.store, newSecret))
	for range 3 * atOnce {
		w.next(t)
	}
	if got := most.Load(); got != atOnce {
		t.Errorf("%d were in flight together, want %d", got, atOnce)
	}
}

func TestRunEndsWhenWhatIsInFlightHas(t *testing.T) {
	answer := make(chan struct{})
	w := newWorld(t, func(int, http.ResponseWriter, *http.Request) { <-answer })
	w.happens(t, ann, session.Event{Type: session.EventCompleted})
	d := w.deliverer(t, w.store, newSecret)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	w.next(t)
	w.happens(t, bob, session.Event{Type: session.EventCompleted})
	cancel()
	select {
	case <-ended:
		t.Error("it ended while a delivery was in flight")
	case <-time.After(50 * time.Millisecond):
	}
	close(answer)
	<-ended
	w.skew.Add(int64(hold))
	left, err := w.store.Take(t.Context(), 10, hold)
	if err != nil || len(left) != 1 || left[0].Session != bob {
		t.Errorf("left in the Outbox are %+v (%v); want bob's notice alone", left, err)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	w := newWorld(t, func(_ int, rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("webhook-id") == string(ann)+"-completed" {
			rw.WriteHeader(http.StatusTeapot)
			return
		}
		panic(http.ErrAbortHandler)
	})
	w.happens(t, ann, session.Event{Type: session.EventCompleted, Name: "a private name"})
	w.happens(t, bob, session.Event{Type: session.EventCompleted})
	end := run(t, w.deliverer(t, w.store, newSecret))
	came := []delivery{w.next(t), w.next(t)}
	end()
	w.url = "http://127.0.0.1:1/hooks?token=in-the-query" // nobody listens there
	w.skew.Add(int64(firstWait))
	d := w.deliverer(t, w.store, newSecret)
	if n, err := d.round(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d deliveries were tried: %v", n, err)
	}
	log := w.log.String()
	for _, want := range []string{`"webhook":"` + string(ann) + `-completed"`, "answered 418", `"tries":2`, "refused"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %s:\n%s", want, log)
		}
	}
	for what, secret := range map[string]string{"the URL's query": "in-the-query", "the secret": newSecret[6:], "a name": "private",
		"a signature": came[0].header.Get("webhook-signature"), "another signature": came[1].header.Get("webhook-signature")} {
		if strings.Contains(log, secret) {
			t.Errorf("%s is in the log:\n%s", what, log)
		}
	}
}

func TestParseSecret(t *testing.T) {
	text := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"one byte short", text(23), false}, {"the shortest", text(24), true}, {"one more", text(25), true},
		{"one less than the longest", text(63), true}, {"the longest", text(64), true}, {"one byte long", text(65), false},
		{"no prefix", text(32)[6:], false}, {"another prefix", "whsk_" + text(32)[6:], false}, {"no base64", "whsec_" + strings.Repeat("!", 32), false}, {"nothing", "", false},
	} {
		_, err := ParseSecret(c.text)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && len(c.text) > 10 && strings.Contains(err.Error(), c.text[6:]) {
			t.Errorf("%s: the error repeats it: %v", c.name, err)
		}
	}
}

func TestParseURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://app.example/hooks?token=1": true, "http://127.0.0.1:8080": true,
		"app.example/hooks": false, "ftp://app.example": false, "https://user:secret@app.example": false, "https://app.example/#secret": false,
		"https://": false, "https://app.example/%zz-secret": false, "": false,
	} {
		u, err := ParseURL(text)
		if (err == nil) != ok || ok && u.String() != text {
			t.Errorf("%q: %v, %v", text, u, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats it: %v", err)
		}
	}
	if got := bare(&url.Error{Op: "Post", URL: "secret", Err: io.EOF}); got != io.EOF {
		t.Errorf("%v", got)
	}
}
