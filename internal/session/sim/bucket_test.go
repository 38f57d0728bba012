package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/session"
)

// bucket is S3 behind a network. Its doc comments are session.Bucket's.
type bucket struct{ *world }

var _ session.Bucket = bucket{}

func (b bucket) Name() string { return "sim/bucket" }

func (b bucket) Create(ctx context.Context, n session.NewUpload) (u session.Upload, err error) {
	u = session.Upload{Key: n.Key, Algorithm: algorithmOf(n)}
	err = b.send(ctx, request{step: named("S3 create"), what: fmt.Sprintf("create %s", n.Key), do: func() error {
		u.ID = b.s3.create(n)
		return nil
	}})
	return u, err
}

func (b bucket) ListParts(ctx context.Context, u session.Upload) (parts []session.Part, err error) {
	a := actorIn(ctx)
	err = b.send(ctx, request{step: named("S3 list parts"), what: fmt.Sprintf("list parts of %s", u.ID), do: func() error {
		parts, err = b.s3.list(u.ID)
		b.witness.listed(a, u.ID, parts)
		return err
	}})
	if u.Algorithm == session.MD5 && !b.plan.kms && b.oneIn(2) { // a broker that is sure of it; another may not be
		for i := range parts {
			parts[i].Checksum = session.MD5Of(parts[i].ETag)
		}
	}
	return parts, err
}

func (b bucket) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (obj session.Object, err error) {
	b.witness.completing(ctx, u, parts, size)
	parts = slices.Clone(parts)
	err = b.send(ctx, request{step: named("S3 complete"), what: fmt.Sprintf("complete %s with %d parts", u.ID, len(parts)), do: func() error {
		obj, err = b.s3.complete(u, parts, size)
		return err
	}})
	if session.ReasonOf(err) == "s3-refused" {
		actorIn(ctx).refused = true
	}
	return obj, err
}

func (b bucket) Abort(ctx context.Context, u session.Upload) error {
	a := actorIn(ctx)
	b.witness.aborting(ctx, u)
	return b.send(ctx, request{step: named("S3 abort"), what: fmt.Sprintf("abort %s", u.ID), do: func() error {
		b.witness.freed(a, u)
		return b.s3.abort(u.ID)
	}})
}

func (b bucket) Head(ctx context.Context, key session.Key) (obj session.Object, err error) {
	err = b.send(ctx, request{step: named("S3 head"), what: fmt.Sprintf("head %s", key), do: func() error {
		o := b.s3.objects[key]
		if o == nil {
			return notInS3
		}
		obj = o.Object
		return nil
	}})
	return obj, err
}

func (b bucket) Delete(ctx context.Context, key session.Key) error {
	return b.send(ctx, request{step: named("S3 delete"), what: fmt.Sprintf("delete %s", key), do: func() error {
		b.witness.deleted(key)
		delete(b.s3.objects, key)
		return nil
	}})
}

func (b bucket) Uploads(ctx context.Context, prefix string, after session.UploadCursor, limit int) (page session.UploadPage, err error) {
	const most = 3 // so that a few uploads make several pages
	err = b.send(ctx, request{step: named("S3 uploads"), what: "uploads", do: func() error {
		page = b.s3.listUploads(prefix, after, min(limit, most))
		return nil
	}})
	return page, err
}

// Note and SetNote are for links that are revoked, which nobody does here.
func (b bucket) Note(context.Context, session.Key) (string, error)  { return "", noAnswer(nil) }
func (b bucket) SetNote(context.Context, session.Key, string) error { return noAnswer(nil) }

// Keys is for `broker rebuild`, which nobody runs here.
func (b bucket) Keys(context.Context, string, session.Key, int) (session.KeyPage, error) {
	return session.KeyPage{}, noAnswer(nil)
}

func (b bucket) Ping(context.Context) error { return nil }

// signer signs what it is told; the model's URLs are the upload's ID.
type signer struct{ *world }

func (s signer) SignParts(ctx context.Context, u session.Upload, parts []session.PartToSign, ttl time.Duration) (urls []session.SignedPart, err error) {
	clock := actorIn(ctx).node.broker.Now
	err = s.send(ctx, request{step: named("sign"), what: fmt.Sprintf("sign %d of %s", len(parts), u.ID), do: func() error {
		if up := s.s3.uploads[u.ID]; up != nil {
			up.signed = true
		}
		for _, p := range parts {
			urls = append(urls, session.SignedPart{Number: p.Number, URL: session.SignedURL(u.ID), Size: p.Size, Checksum: p.Checksum, ExpiresAt: clock().Add(ttl)})
		}
		return nil
	}})
	return urls, err
}

func (s signer) SignGet(ctx context.Context, key session.Key, _ session.Playback, ttl time.Duration) (get session.SignedGet, err error) {
	clock := actorIn(ctx).node.broker.Now
	err = s.send(ctx, request{step: named("sign"), what: fmt.Sprintf("sign GET %s", key), do: func() error {
		get = session.SignedGet{URL: session.SignedURL(key), ExpiresAt: clock().Add(ttl)}
		return nil
	}})
	return get, err
}

// SignFile is for posters and captions, which nobody has here.
func (s signer) SignFile(context.Context, session.Key, session.FileToSign, time.Duration) (session.SignedFile, error) {
	return session.SignedFile{}, noAnswer(nil)
}
