package main

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/access"
	"slipway/internal/devs3"
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
		"1 of 1 recordings and 1 of 2 unfinished uploads are known again; the other 1 were known already, are too old, are empty or are not ours\n",
		"0 of 1 recordings and 0 of 2 unfinished uploads are known again; the other 3 were known already, are too old, are empty or are not ours\n",
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

// MinIO lists unfinished uploads by their exact key alone: they come back by the
// IDs that somebody kept.
func TestRebuildByIDs(t *testing.T) {
	s3Server, redis := devs3test.Start(t, func(c *devs3.Config) { c.ListsByKeyOnly = true }), redistest.Start(t)
	key, secret := access.NewAPIKey("test", session.AllScopes...)
	env := append(envOf(s3Server), "BROKER_REDIS_URL=redis://"+redis.Addr, "BROKER_S3_PROFILE=minio")
	b := serve(t, append(env, "BROKER_TOKEN_KEYS="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "BROKER_API_KEYS="+key.String()))
	half := b.open(t, secret)
	half.put(t, 1, []byte("end"))
	if answer, err := redis.Do("FLUSHALL"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	rebuild := func(stdin, want string, args ...string) {
		t.Helper()
		code, stdout, stderr := runWith(t, env, stdin, append([]string{"rebuild"}, args...)...)
		if code != 0 || !strings.HasPrefix(stdout, want) {
			t.Errorf("rebuild %q: exit %d\n%s%s\nwant %s", args, code, stdout, stderr, want)
		}
	}
	rebuild("", "0 of 0 recordings and 0 of 0 unfinished uploads")
	rebuild("", "0 of 0 recordings and 0 of 0 unfinished uploads", "-")
	rebuild("\n "+half.ID+"\n", "0 of 0 recordings and 1 of 1 unfinished uploads", "-")
	rebuild("", "0 of 0 recordings and 0 of 1 unfinished uploads", half.ID)
	if rows := b.list(t, secret, "open"); len(rows) != 1 || rows[0].ID != half.ID {
		t.Errorf("open are %+v", rows)
	}
	half.complete(t, 3)
	for _, args := range [][]string{{"x"}, {half.ID, "-"}, {half.ID, "y"}} {
		if code, _, stderr := run(t, env, append([]string{"rebuild"}, args...)...); code != 2 {
			t.Errorf("rebuild %q: exit %d, %s", args, code, stderr)
		}
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
