package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/internal/session"
)

// Bucket is b, counted and timed.
func (m *Metrics) Bucket(b session.Bucket) session.Bucket {
	for _, op := range []string{"create", "list-parts", "complete", "abort", "head", "delete", "note", "set-note", "uploads", "keys", "ping"} {
		m.bucket.expect(op)
	}
	return bucket{b, m.bucket}
}

type bucket struct {
	session.Bucket
	calls
}

func (b bucket) Create(ctx context.Context, n session.NewUpload) (u session.Upload, err error) {
	defer b.done(time.Now(), &err, "create")
	return b.Bucket.Create(ctx, n)
}

func (b bucket) ListParts(ctx context.Context, u session.Upload) (parts []session.Part, err error) {
	defer b.done(time.Now(), &err, "list-parts")
	return b.Bucket.ListParts(ctx, u)
}

func (b bucket) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (o session.Object, err error) {
	defer b.done(time.Now(), &err, "complete")
	return b.Bucket.Complete(ctx, u, parts, size)
}

func (b bucket) Abort(ctx context.Context, u session.Upload) (err error) {
	defer b.done(time.Now(), &err, "abort")
	return b.Bucket.Abort(ctx, u)
}

func (b bucket) Head(ctx context.Context, key session.Key) (o session.Object, err error) {
	defer b.done(time.Now(), &err, "head")
	return b.Bucket.Head(ctx, key)
}

func (b bucket) Delete(ctx context.Context, key session.Key) (err error) {
	defer b.done(time.Now(), &err, "delete")
	return b.Bucket.Delete(ctx, key)
}

func (b bucket) Note(ctx context.Context, key session.Key) (text string, err error) {
	defer b.done(time.Now(), &err, "note")
	return b.Bucket.Note(ctx, key)
}

func (b bucket) SetNote(ctx context.Context, key session.Key, text string) (err error) {
	defer b.done(time.Now(), &err, "set-note")
	return b.Bucket.SetNote(ctx, key, text)
}

func (b bucket) Uploads(ctx context.Context, prefix string, after session.UploadCursor, limit int) (page session.UploadPage, err error) {
	defer b.done(time.Now(), &err, "uploads")
	return b.Bucket.Uploads(ctx, prefix, after, limit)
}

func (b bucket) Keys(ctx context.Context, prefix string, after session.Key, limit int) (page session.KeyPage, err error) {
	defer b.done(time.Now(), &err, "keys")
	return b.Bucket.Keys(ctx, prefix, after, limit)
}

func (b bucket) Ping(ctx context.Context) (err error) {
	defer b.done(time.Now(), &err, "ping")
	return b.Bucket.Ping(ctx)
}

// Signer is s, counted and timed.
func (m *Metrics) Signer(s session.Signer) session.Signer {
	m.signer.expect()
	return signer{s, m.signer, m.traffic.signed}
}

type signer struct {
	session.Signer
	calls
	signed prometheus.Counter
}

func (s signer) SignParts(ctx context.Context, u session.Upload, parts []session.PartToSign, ttl time.Duration) (urls []session.SignedPart, err error) {
	defer s.done(time.Now(), &err)
	urls, err = s.Signer.SignParts(ctx, u, parts, ttl)
	s.signed.Add(float64(len(urls)))
	return urls, err
}

func (s signer) SignGet(ctx context.Context, key session.Key, as session.Playback, ttl time.Duration) (url session.SignedGet, err error) {
	defer s.done(time.Now(), &err)
	return s.Signer.SignGet(ctx, key, as, ttl)
}

func (s signer) SignFile(ctx context.Context, key session.Key, f session.FileToSign, ttl time.Duration) (url session.SignedFile, err error) {
	defer s.done(time.Now(), &err)
	return s.Signer.SignFile(ctx, key, f, ttl)
}
