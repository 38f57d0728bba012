package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// posterOf is where the poster of the session is.
func (r *recorded) posterOf() session.Key {
	return session.Key(r.Broker.Limits.KeyPrefix + string(r.opened.ID) + ".jpg")
}

// picture PUTs a poster as a recorder does.
func (r *recorded) picture(t *testing.T) apitest.URL {
	t.Helper()
	body := apitest.Noise(300)
	p, err := r.Broker.Poster(t.Context(), r.ref.SessionToken, session.PosterToSign{Size: 300, Checksum: r.ref.SessionToken.Algorithm.Sum(body)})
	if err != nil {
		t.Fatal(err)
	}
	url := apitest.URL{URL: string(p.URL), Headers: p.Headers}
	if res := apitest.Put(t, url, body); res.StatusCode != 200 {
		t.Fatalf("S3 answers %s to the poster", res.Status)
	}
	return url
}

func (r *recorded) hasPicture(t *testing.T) bool {
	t.Helper()
	_, err := r.Broker.Bucket.Head(t.Context(), r.posterOf())
	if err != nil && session.KindOf(err) != session.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

func TestAPosterGoesWithItsRecording(t *testing.T) {
	for name, c := range map[string]struct {
		fields map[string]any
		sizes  []int
		end    func(t *testing.T, r *recorded)
		stays  bool
	}{
		"aborted": {sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			if _, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil {
				t.Error(err)
			}
		}},
		"deleted": {sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); err != nil {
				t.Error(err)
			}
			if !r.hasPicture(t) {
				t.Error("completing took the poster away")
			}
			if err := r.Broker.Delete(t.Context(), session.Ref{ID: r.opened.ID}); err != nil {
				t.Error(err)
			}
		}},
		"deleted when the store has forgotten it": {sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
			r.Store.Forget()
			if err != nil || r.Broker.Delete(t.Context(), session.Ref{ID: r.opened.ID}) != nil {
				t.Error(err)
			}
		}},
		"abandoned with nothing in it": {end: func(t *testing.T, r *recorded) {
			r.Later(abandonAfter + time.Hour)
			r.reap(t)
		}},
		"abandoned, and to be thrown away": {fields: map[string]any{"on_abandon": "abort"}, sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			r.Later(abandonAfter + time.Hour)
			r.reap(t)
		}},
		"lost": {sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			if err := r.Broker.Bucket.Abort(t.Context(), session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}); err != nil {
				t.Error(err)
			}
			r.Later(resumeWindow + abandonAfter + time.Hour)
			r.reap(t)
		}},
		"forgotten with nothing in it, and swept": {end: func(t *testing.T, r *recorded) {
			r.Store.Forget()
			r.Later(abandonAfter + r.Broker.Limits.MaxURLTTL + time.Hour)
			r.sweep(t)
		}},
		"forgotten with nothing in it, and freed": {end: func(t *testing.T, r *recorded) {
			r.Store.Forget()
			if err := r.Broker.AbortOrphan(t.Context(), session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.ref.SessionToken.UploadID}); err != nil {
				t.Error(err)
			}
		}},
		"salvaged": {stays: true, sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			r.Later(abandonAfter + time.Hour)
			r.reap(t)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, c.fields, c.sizes...)
			if r.picture(t); !r.hasPicture(t) {
				t.Fatal("there is no poster to begin with")
			}
			if c.end(t, r); r.hasPicture(t) != c.stays {
				t.Errorf("the poster is there: %t, want %t", !c.stays, c.stays)
			}
		})
	}
}

// S3 asks no session whether a PUT may still come.
func TestAPosterThatComesAfterTheEndGoesWithTheNextCall(t *testing.T) {
	for name, again := range map[string]func(*recorded, context.Context) error{
		"aborted": func(r *recorded, ctx context.Context) error {
			_, err := r.Broker.Abort(ctx, r.ref, 0)
			return err
		},
		"deleted": func(r *recorded, ctx context.Context) error {
			_, err := r.Broker.Complete(ctx, r.ref, r.claim)
			if session.ReasonOf(err) == "deleted" {
				err = nil
			}
			if err != nil {
				return err
			}
			return r.Broker.Delete(ctx, session.Ref{ID: r.opened.ID})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, nil, 9)
			url := r.picture(t)
			if err := again(r, t.Context()); err != nil {
				t.Fatal(err)
			}
			if res := apitest.Put(t, url, apitest.Noise(300)); res.StatusCode != 200 || !r.hasPicture(t) {
				t.Fatalf("S3 answers %s, and nothing came late", res.Status)
			}
			if _, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID}); session.KindOf(err) != session.NotFound {
				t.Errorf("whoever watches is told %v", err)
			}
			if err := again(r, t.Context()); err != nil {
				t.Fatal(err)
			}
			if r.hasPicture(t) {
				t.Error("it is still there")
			}
		})
	}
}

func TestAPosterIsNoRecording(t *testing.T) {
	r := abandoned(t, nil, 9)
	r.Broker.Limits.KeyPrefix = strings.ToLower(t.Name()) + "/"
	for _, key := range []session.Key{r.posterOf(), r.Broker.Key(r.opened.ID)} {
		if _, err := r.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &r.S3.Bucket, Key: aws.String(string(key)), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	r.Store.Forget()
	done, err := r.Broker.Rebuild(t.Context(), func(session.Rebuilt) {})
	if err != nil || done.Restored != 1 || done.Skipped != 1 {
		t.Errorf("rebuilding did %+v (%v)", done, err)
	}
}

// withoutPosters is S3 on a day on which nothing becomes of posters.
type withoutPosters struct {
	session.Bucket
	err error // nil: it does not answer
}

func (w *withoutPosters) fails(ctx context.Context, key session.Key) error {
	if !strings.HasSuffix(string(key), ".jpg") {
		return nil
	}
	if w.err == nil {
		<-ctx.Done()
		return &session.Error{Kind: session.Unavailable, Reason: "s3", Err: ctx.Err()}
	}
	return w.err
}

func (w *withoutPosters) Head(ctx context.Context, key session.Key) (session.Object, error) {
	if err := w.fails(ctx, key); err != nil {
		return session.Object{}, err
	}
	return w.Bucket.Head(ctx, key)
}

func (w *withoutPosters) Delete(ctx context.Context, key session.Key) error {
	if err := w.fails(ctx, key); err != nil {
		return err
	}
	return w.Bucket.Delete(ctx, key)
}

func TestARecordingPlaysWhateverBecameOfItsPoster(t *testing.T) {
	for name, err := range map[string]error{
		"S3 does not answer":     nil,
		"S3 denies the question": &session.Error{Kind: session.Unavailable, Reason: "s3-denied"},
	} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, nil, 9)
			r.picture(t)
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); err != nil {
				t.Fatal(err)
			}
			r.Broker.Bucket = &withoutPosters{r.bucket, err}
			began := time.Now()
			got, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID})
			if err != nil || got.Poster != "" || got.Link.URL == "" || time.Since(began) > 3*time.Second {
				t.Errorf("after %v it plays: %t, with a poster: %t (%v)", time.Since(began), got.Link.URL != "", got.Poster != "", err)
			}
		})
	}
}

func TestAPosterThatCannotBeDeleted(t *testing.T) {
	away, denied := &session.Error{Kind: session.Unavailable, Reason: "s3"}, &session.Error{Kind: session.Unavailable, Reason: "s3-denied"}
	r := abandoned(t, nil, 9)
	r.picture(t)
	r.Broker.Bucket = &withoutPosters{r.bucket, away}
	if s, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil || s.State != session.Aborting {
		t.Errorf("where S3 does not answer the session is %v (%v), want aborting: the next call takes it up", s, err)
	}
	r.Later(time.Hour)
	r.Broker.Bucket = &withoutPosters{r.bucket, denied}
	if s, err := r.Broker.Abort(t.Context(), r.ref, 0); err != nil || s.State != session.Aborted {
		t.Errorf("where S3 denies it the session is %v (%v), want aborted", s, err)
	}
}
