package session

import (
	"context"
	"strings"
	"time"
)

// Preview is what a recording may be shown as where somebody sends its link.
type Preview struct {
	Title  string // empty where nobody named it
	Poster bool   // there is one by now
	Sound  bool   // and no picture
}

// previewWithin bounds Preview: somebody waits for a page.
const previewWithin = 2 * time.Second

// Preview returns what a recording can be shown as, also while it is on its way.
// It asks nobody who wants to know, so it is for those who may be told without.
//
// It goes by what there is: with the Store away, by S3; with S3 away, by what the
// Store knows.
//
// Errors: NotFound if there is no such recording and, for all we know, there will
// be none; Unavailable.
func (b *Broker) Preview(ctx context.Context, id ID) (Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, previewWithin)
	defer cancel()
	listing, ended := context.WithTimeout(ctx, toldWithin)
	defer ended()
	found, away := b.beside(listing, id)
	name, contentType, err := b.called(ctx, found, away)
	if err != nil {
		return Preview{}, err
	}
	return Preview{Title: found.title(ctx, name), Poster: found.has(poster.ext), Sound: strings.HasPrefix(contentType, "audio/")}, nil
}

// called returns name and type that the session was opened with. away is why
// nobody knows what S3 has.
func (b *Broker) called(ctx context.Context, found beside, away error) (name, contentType string, err error) {
	s, err := b.Store.Get(ctx, found.id)
	stored := found.hasKey(b.Key(found.id))
	switch {
	case err == nil && !s.watchable():
		return "", "", neverThere(s)
	case err == nil && s.State == Completed && away == nil && !stored:
		return "", "", lost()
	case err == nil:
		return s.Name, s.ContentType, nil
	case away != nil:
		return "", "", away
	case !stored && KindOf(err) == NotFound:
		return "", "", unknown(found.id)
	case !stored:
		return "", "", err
	}
	obj, err := b.Bucket.Head(ctx, b.Key(found.id))
	return obj.Name(), obj.ContentType, err
}

// PosterURL returns a URL of a recording's poster that is good for ttl, to go to
// at once.
//
// Errors: NotFound if there is no poster, or no recording; Unavailable.
func (b *Broker) PosterURL(ctx context.Context, id ID, ttl time.Duration) (SignedURL, error) {
	p, err := b.Preview(ctx, id)
	if err != nil {
		return "", err
	}
	if !p.Poster {
		return "", &Error{Kind: NotFound, Reason: ReasonNoSuchPath, Detail: "the recording has no poster"}
	}
	link, err := b.Signer.SignGet(ctx, b.keyBeside(id, poster.ext), poster.playback(fileName(id, p.Title)), min(ttl, b.Limits.MaxURLTTL))
	return link.URL, err
}
