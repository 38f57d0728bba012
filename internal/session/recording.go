package session

import (
	"context"
	"mime"
	"strings"
	"time"
	"unicode"
)

// Recording is a completed recording and where to play it from.
type Recording struct {
	Object
	Title    string // what people call it by now; empty where it has no name
	Link     SignedGet
	Poster   SignedURL     // of its picture, as good as Link; empty where there is none
	Captions SignedURL     // the same of its captions
	Duration time.Duration // as its recorder said, 0 where the Store does not know
}

// Object is what S3 has of a finished recording. Errors: NotFound; Unavailable.
func (b *Broker) Object(ctx context.Context, id ID) (Object, error) {
	return b.Bucket.Head(ctx, b.Key(id))
}

// Watch returns a playback URL. It needs S3 alone, so a watch link works when
// the Store has forgotten everything or does not answer.
//
// Errors: Conflict "not-completed" while the session is still on its way;
// Unauthorized "link-revoked"; NotFound if there is no such recording;
// Unavailable.
func (b *Broker) Watch(ctx context.Context, ref Ref) (Recording, error) {
	if err := b.admits(ctx, ref.Link); err != nil {
		return Recording{}, err
	}
	obj, err := b.Bucket.Head(ctx, b.Key(ref.ID))
	if KindOf(err) == NotFound {
		if err := b.notThere(ctx, ref); ReasonOf(err) != ReasonLost {
			return Recording{}, err
		}
		obj, err = b.Bucket.Head(ctx, b.Key(ref.ID)) // it may have been completed since we looked
		if KindOf(err) == NotFound {
			return Recording{}, lost()
		}
	}
	if err != nil {
		return Recording{}, err
	}
	if ref.Owner != nil && *ref.Owner != obj.owner() {
		return Recording{}, unknown(ref.ID)
	}
	r := Recording{Object: obj, Title: obj.Name(), Duration: b.durationOf(ctx, ref.ID)}
	ttl := min(b.Limits.WatchTTL, b.Limits.MaxURLTTL)
	b.addBeside(ctx, ref.ID, &r, ttl)
	playback := Playback{ContentType: playedAs(ref.ID, obj), Disposition: disposition(ref.ID, obj.ContentType, r.Title)}
	r.Link, err = b.Signer.SignGet(ctx, b.Key(ref.ID), playback, ttl)
	return r, err
}

// addBeside fills in what S3 has beside the recording, if it says so in time.
func (b *Broker) addBeside(ctx context.Context, id ID, r *Recording, ttl time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	found, err := b.beside(ctx, id)
	if err != nil {
		return
	}
	r.Title = found.title(ctx, r.Title)
	r.Poster = found.url(ctx, poster, fileName(id, r.Title), ttl)
	r.Captions = found.url(ctx, captions, fileName(id, r.Title), ttl)
}

// toldWithin is how long the Store, or S3, may take to say what nobody has to know.
const toldWithin = time.Second

func (b *Broker) durationOf(ctx context.Context, id ID) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	s, err := b.Store.Get(ctx, id)
	if err != nil || s.Result == nil {
		return 0
	}
	return s.Result.Duration
}

// playedAs is the type a recording is played as. S3 says what it was opened
// with, which an older broker may have let be anything.
func playedAs(id ID, obj Object) string {
	if checkContentType(obj.ContentType, nil) != nil {
		return typeByCode(id[idLength-1]).contentType()
	}
	return obj.ContentType
}

// disposition names the file a recording downloads under, so that its end says
// what it is: a name may hold what writes text from right to left, and in a
// file's name that only serves to make an extension look like another.
//
// It is an attachment: what is recorded may be a playlist in the guise of a
// video, and a browser that opens its URL as a page would fetch from wherever
// the playlist says. A player in a page plays attachments too, under the page's
// policy: only navigation goes by the disposition
// (https://html.spec.whatwg.org/multipage/media.html, read 2026-11-29).
func disposition(id ID, contentType, title string) string {
	kind := typeByCode(id[idLength-1])
	if kind.name == "" {
		kind = typeOf(contentType)
	}
	return attachment(kind.withExtension(fileName(id, title)))
}

// fileName is what a recording is called, as the name of a file.
func fileName(id ID, title string) string {
	if name := strings.Map(inFileName, title); name != "" {
		return name
	}
	return "recording-" + string(id[2:10])
}

func attachment(file string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": file})
}

// inFileName returns r as it may stand in the name of a file, or -1. Slashes of
// either kind separate directories; the rest are the controls of
// https://www.unicode.org/reports/tr9/#Directional_Formatting_Codes (read
// 2026-11-22).
func inFileName(r rune) rune {
	switch {
	case r == '/' || r == '\\':
		return '_'
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	}
	return r
}

// notThere says why a recording that S3 does not have is not there.
func (b *Broker) notThere(ctx context.Context, ref Ref) error {
	s, err := b.find(ctx, ref)
	if err != nil {
		return err
	}
	switch s.State {
	case Open, Completing:
		e := conflict(ReasonNotCompleted, "the recording is still on its way: %d bytes are safe", s.BytesReported)
		e.RetryAfter, e.Safe = RetryAfter, s.BytesReported
		return e
	case Completed:
		return lost()
	}
	return neverThere(s)
}

// Delete removes a completed recording for good, and the files beside it. It can
// be repeated. The note that its links were revoked stays; see linksKey.
//
// Errors: Conflict "not-completed" if the session is still on its way (abort
// it instead); NotFound; Unavailable.
func (b *Broker) Delete(ctx context.Context, ref Ref) error {
	s, err := b.find(ctx, ref)
	if err != nil {
		return err
	}
	switch s.State {
	case Completed, Deleted:
	case Aborted, Aborting:
		return closed(s)
	default:
		return conflict(ReasonNotCompleted, "the session is %s; abort it instead", s.State)
	}
	// The record last: if this broker dies in between, it still says completed
	// and the call is repeated. The files beside it first: nothing names them once the
	// recording is gone and the record too.
	if err := b.dropBeside(ctx, s.ID); err != nil {
		return err
	}
	if err := b.Bucket.Delete(ctx, b.upload(s).Key); err != nil || s.State == Deleted {
		return err
	}
	if _, err = b.move(ctx, s, Deleted, nil); ReasonOf(err) == ReasonStale {
		return nil // deleted by somebody else at the same moment
	}
	return err
}
