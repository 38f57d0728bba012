package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/access"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// A recording is finished, one is on its way, and one has not begun, when Redis
// forgets all three.
func TestRebuild(t *testing.T) {
	s3Server, redis := devs3test.Start(t), redistest.Start(t)
	key, secret := access.NewAPIKey("test", session.AllScopes...)
	env := append(envOf(s3Server), "BROKER_REDIS_URL=redis://"+redis.Addr)
	b := serve(t, append(env, "BROKER_TOKEN_KEYS="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "BROKER_API_KEYS="+key.String(), "BROKER_S3_TAGS=team=a + b"))
	full := bytes.Repeat([]byte("a"), session.MinPartSize)

	finished := b.open(t, secret)
	finished.put(t, 1, []byte("short"))
	finished.complete(t, 5)
	half := b.open(t, secret)
	half.put(t, 1, full)
	b.open(t, secret)

	if answer, err := redis.Do("FLUSHALL"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	if rows := b.list(t, secret, "completed"); len(rows) != 0 {
		t.Fatalf("after the flush there are %+v", rows)
	}
	for _, want := range []string{
		"1 of 1 recordings and 1 of 2 unfinished uploads are known again; the other 1 were known already, are too old, empty or none of ours\n",
		"0 of 1 recordings and 0 of 2 unfinished uploads are known again; the other 3 were known already, are too old, empty or none of ours\n",
	} {
		if code, stdout, stderr := run(t, env, "rebuild"); code != 0 || stdout != want || stderr != "" {
			t.Fatalf("exit %d\n%s%s\nwant\n%s", code, stdout, stderr, want)
		}
	}

	if rows := b.list(t, secret, "completed"); len(rows) != 1 || rows[0].ID != finished.ID || rows[0].Owner != "ann" || rows[0].Size != 5 {
		t.Errorf("finished are %+v", rows)
	}
	if rows := b.list(t, secret, "open"); len(rows) != 1 || rows[0].ID != half.ID || rows[0].PartsReported != 1 {
		t.Errorf("open are %+v", rows)
	}
	half.put(t, 2, []byte("end"))
	half.complete(t, session.MinPartSize, 3)
	if !bytes.Equal(half.watch(t), append(full, "end"...)) || string(finished.watch(t)) != "short" {
		t.Error("what plays is not what was recorded")
	}
	tags, err := devs3test.Client(s3Server).GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &s3Server.Bucket, Key: aws.String("recordings/" + half.ID + ".webm")})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Key != "team" || *tags.TagSet[0].Value != "a + b" {
		t.Errorf("the tags are %v (%v)", tags, err)
	}
}

func TestRebuildSaysWhatIsWrong(t *testing.T) {
	server, redis := devs3test.Start(t), redistest.Start(t)
	env := append(envOf(server), "BROKER_REDIS_URL=redis://"+redis.Addr)
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"settings", []string{"BROKER_BUCKET=", "BROKER_KEEP_RECORD=soon", "BROKER_MAX_BYTES=0", "BROKER_TOKEN_KEYS=not of interest"},
			"broker: settings:\nBROKER_BUCKET: is required\nBROKER_KEEP_RECORD: \"soon\" is not a duration such as 90s, 15m or 24h\nBROKER_MAX_BYTES: 0 is outside 1 to 50000GiB\n"},
		{"no bucket", []string{"BROKER_BUCKET=misnamed"}, "unavailable (no-such-bucket)"},
		{"no Redis", []string{"BROKER_REDIS_URL=redis://127.0.0.1:1"}, "unavailable (redis)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, append(env, c.env...), "rebuild")
			if code != 1 || stdout != "" || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d\n%s%s\nwant\n%s", code, stdout, stderr, c.want)
			}
		})
	}
}

// running is a broker that serves at URL.
type running struct{ URL string }

// serve starts the program and waits until it says where it listens. It ends
// with the test.
func serve(t *testing.T, env []string) running {
	t.Helper()
	cmd := program(t.Context(), append(env, "BROKER_LISTEN=127.0.0.1:0"), "serve")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended by then, and with it the process
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var entry struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			go func() { // ends with the process
				_, _ = io.Copy(io.Discard, stderr)
			}()
			return running{"http://" + entry.Address}
		}
		t.Log(lines.Text())
	}
	t.Fatal("the broker does not serve")
	return running{}
}

// call sends body as JSON and reads the answer into to; anything but a success
// fails the test.
func (b running) call(t *testing.T, method, path, bearer string, body, to any) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Content-Type", "application/json")
	if err := json.Unmarshal(fetched(t, req), to); err != nil {
		t.Fatal(err)
	}
}

// fetched is the body of a successful answer.
func fetched(t *testing.T, req *http.Request) []byte {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s (%v)", req.Method, req.URL.Path, res.Status, body, err)
	}
	return body
}

type row struct {
	ID, Owner     string
	Size          int64
	PartsReported int `json:"parts_reported"`
}

func (b running) list(t *testing.T, apiKey, state string) []row {
	t.Helper()
	var page struct{ Sessions []row }
	b.call(t, http.MethodGet, "/v1/sessions?state="+state, apiKey, nil, &page)
	return page.Sessions
}

// opened is a session of ann's, as its recorder knows it.
type opened struct {
	running
	ID, Token string
	WatchURL  string `json:"watch_url"`
}

func (b running) open(t *testing.T, apiKey string) opened {
	t.Helper()
	o := opened{running: b}
	b.call(t, http.MethodPost, "/v1/sessions", apiKey, map[string]any{"content_type": "video/webm", "owner": "ann"}, &o)
	return o
}

func (o opened) put(t *testing.T, number int, body []byte) {
	t.Helper()
	var signed struct{ URLs []struct{ URL string } }
	o.call(t, http.MethodPost, "/v1/sessions/"+o.ID+"/parts", o.Token, map[string]any{"sign": []any{map[string]any{"number": number, "size": len(body)}}}, &signed)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URLs[0].URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	fetched(t, req)
}

// complete claims parts of these sizes.
func (o opened) complete(t *testing.T, sizes ...int) {
	t.Helper()
	var parts []any
	sum := 0
	for i, size := range sizes {
		parts = append(parts, map[string]any{"number": i + 1, "size": size})
		sum += size
	}
	var done struct{ State string }
	o.call(t, http.MethodPost, "/v1/sessions/"+o.ID+"/complete", o.Token, map[string]any{"parts": parts, "size": sum}, &done)
	if done.State != "completed" {
		t.Fatalf("the session is %s", done.State)
	}
}

// watch is what plays behind the watch link, whose fragment is the token.
func (o opened) watch(t *testing.T) []byte {
	t.Helper()
	_, token, _ := strings.Cut(o.WatchURL, "#")
	var recording struct{ URL string }
	o.call(t, http.MethodGet, "/v1/recordings/"+o.ID, token, nil, &recording)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, recording.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fetched(t, req)
}
