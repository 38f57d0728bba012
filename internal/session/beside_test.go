package session_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// beside is the key of what has this ending beside the recording.
func (r *recorded) beside(ext string) session.Key {
	return session.Key(r.Broker.Limits.KeyPrefix + string(r.opened.ID) + ext)
}

func (r *recorded) posterOf() session.Key { return r.beside(".jpg") }

// picture PUTs a poster as a recorder does.
func (r *recorded) picture(t *testing.T) apitest.URL {
	t.Helper()
	body := apitest.Noise(300)
	p, err := r.Broker.Poster(t.Context(), r.ref.SessionToken, session.FileToSign{Size: 300, Checksum: r.ref.SessionToken.Algorithm.Sum(body)})
	if err != nil {
		t.Fatal(err)
	}
	url := apitest.URL{URL: string(p.URL), Headers: p.Headers}
	if res := apitest.Put(t, url, body); res.StatusCode != 200 {
		t.Fatalf("S3 answers %s to the poster", res.Status)
	}
	return url
}

// furnish puts all that there may be beside a recording.
func (r *recorded) furnish(t *testing.T) {
	t.Helper()
	r.picture(t)
	body := []byte("WEBVTT\n")
	f, err := r.Broker.Captions(t.Context(), session.Ref{ID: r.opened.ID}, session.FileToSign{Size: int64(len(body)), Checksum: r.ref.SessionToken.Algorithm.Sum(body)})
	if err != nil {
		t.Fatal(err)
	}
	if res := apitest.Put(t, apitest.URL{URL: string(f.URL), Headers: f.Headers}, body); res.StatusCode != 200 {
		t.Fatalf("S3 answers %s to the captions", res.Status)
	}
	if err := r.Broker.SetTitle(t.Context(), session.Ref{ID: r.opened.ID}, "Holiday"); err != nil {
		t.Fatal(err)
	}
}

// hasBeside is the endings of what is there, apart from the recording.
func (r *recorded) hasBeside(t *testing.T) (found []string) {
	t.Helper()
	of := r.Broker.Limits.KeyPrefix + string(r.opened.ID)
	page, err := r.Broker.Bucket.Keys(t.Context(), of, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Objects {
		if o.Key != r.Broker.Key(r.opened.ID) {
			found = append(found, strings.TrimPrefix(string(o.Key), of))
		}
	}
	return found
}

func (r *recorded) hasPicture(t *testing.T) bool {
	t.Helper()
	_, err := r.Broker.Bucket.Head(t.Context(), r.posterOf())
	if err != nil && session.KindOf(err) != session.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

func TestWhatIsBesideARecordingGoesWithIt(t *testing.T) {
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
			if found := r.hasBeside(t); len(found) != 3 {
				t.Errorf("completing left %v beside it", found)
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
		"another upload of its key is freed while it is recorded": {stays: true, sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			if err := r.Broker.AbortOrphan(t.Context(), session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.secondUpload(t)}); err != nil {
				t.Error(err)
			}
		}},
		"another upload of its key is freed when the store has forgotten it": {stays: true, sizes: []int{9}, end: func(t *testing.T, r *recorded) {
			_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
			r.Store.Forget()
			if err != nil || r.Broker.AbortOrphan(t.Context(), session.Upload{Key: r.Broker.Key(r.opened.ID), ID: r.secondUpload(t)}) != nil {
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
			r.furnish(t)
			all := []string{".jpg", ".txt", ".vtt"}
			if found := r.hasBeside(t); !slices.Equal(found, all) {
				t.Fatalf("to begin with there is %v", found)
			}
			want := all
			if !c.stays {
				want = nil
			}
			if c.end(t, r); !slices.Equal(r.hasBeside(t), want) {
				t.Errorf("there is %v, want %v", r.hasBeside(t), want)
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

func TestWhatIsBesideARecordingIsNone(t *testing.T) {
	r := abandoned(t, nil, 9)
	r.Broker.Limits.KeyPrefix = strings.ToLower(t.Name()) + "/"
	for _, key := range []session.Key{r.posterOf(), r.beside(".vtt"), r.beside(".txt"), r.Broker.Key(r.opened.ID)} {
		if _, err := r.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &r.S3.Bucket, Key: aws.String(string(key)), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	r.Store.Forget()
	done, err := r.Broker.Rebuild(t.Context(), func(session.Rebuilt) {})
	if err != nil || done.Restored != 1 || done.Skipped != 3 {
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

func (w *withoutPosters) Keys(ctx context.Context, _ string, _ session.Key, _ int) (session.KeyPage, error) {
	return session.KeyPage{}, w.fails(ctx, ".jpg")
}

func (w *withoutPosters) Delete(ctx context.Context, key session.Key) error {
	if err := w.fails(ctx, key); err != nil {
		return err
	}
	return w.Bucket.Delete(ctx, key)
}

func TestARecordingPlaysWhateverBecameOfWhatIsBesideIt(t *testing.T) {
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

// slowNotes holds a note back until somebody has done something else.
type slowNotes struct {
	session.Bucket
	meanwhile func()
}

func (s slowNotes) SetNote(ctx context.Context, key session.Key, text string) error {
	s.meanwhile()
	return s.Bucket.SetNote(ctx, key, text)
}

func TestATitleOfARecordingThatIsDeletedMeanwhileDoesNotStay(t *testing.T) {
	r := abandoned(t, nil, 9)
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); err != nil {
		t.Fatal(err)
	}
	r.Broker.Bucket = slowNotes{r.Broker.Bucket, func() {
		if err := r.Broker.Delete(t.Context(), session.Ref{ID: r.opened.ID}); err != nil {
			t.Error(err)
		}
	}}
	err := r.Broker.SetTitle(t.Context(), session.Ref{ID: r.opened.ID}, "Holiday")
	if session.ReasonOf(err) != "deleted" {
		t.Errorf("whoever changes it is told %v", err)
	}
	if found := r.hasBeside(t); found != nil {
		t.Errorf("%v stays", found)
	}
}

// slowDeletes lets something happen before an object is deleted.
type slowDeletes struct {
	session.Bucket
	before func(session.Key)
}

func (s slowDeletes) Delete(ctx context.Context, key session.Key) error {
	s.before(key)
	return s.Bucket.Delete(ctx, key)
}

func TestATitleThatComesDuringADeleteDoesNotStay(t *testing.T) {
	r := abandoned(t, nil, 9)
	if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); err != nil {
		t.Fatal(err)
	}
	given := r.Broker.Bucket
	r.Broker.Bucket = slowDeletes{given, func(key session.Key) {
		if !strings.HasSuffix(string(key), ".webm") { // of the recording itself: what is beside it is gone by then
			return
		}
		if err := r.Broker.SetTitle(t.Context(), session.Ref{ID: r.opened.ID}, "Holiday"); err != nil {
			t.Error(err)
		}
	}}
	if err := r.Broker.Delete(t.Context(), session.Ref{ID: r.opened.ID}); err != nil {
		t.Error(err)
	}
	if found := r.hasBeside(t); found != nil {
		t.Errorf("%v stays", found)
	}
}

// Somebody else may write into the bucket, too.
func TestWhatIsNoTitleIsNotShownAsOne(t *testing.T) {
	for name, text := range map[string]string{"too long": strings.Repeat("a", 256), "far too long": strings.Repeat("a", 9999), "a control character": "a\nb", "not UTF-8": "\xff", "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, map[string]any{"name": "as it was"}, 9)
			if _, err := r.Broker.Complete(t.Context(), r.ref, r.claim); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &r.S3.Bucket, Key: aws.String(string(r.beside(".txt"))), Body: strings.NewReader(text)}); err != nil {
				t.Fatal(err)
			}
			if got, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID}); err != nil || got.Title != "as it was" {
				t.Errorf("its title is %q (%v)", got.Title, err)
			}
		})
	}
}
