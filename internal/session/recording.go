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

// Object returns what S3 tells about a finished recording. Errors: NotFound;
// Unavailable.
func (b *Broker) Object(ctx context.Context, id ID) (Object, error) {
	return b.Bucket.Head(ctx, b.Key(id))
}

// Watch returns a playback URL. It needs nothing but S3, so a watch link works even if
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

// toldWithin is how long the Store or S3 may take to tell what is not essential.
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

// playedAs returns the content type that a recording is played with. S3 tells the type
// with which it was opened, and an older broker may have accepted any type.
func playedAs(id ID, obj Object) string {
	if checkContentType(obj.ContentType, nil) != nil {
		return typeByCode(id[idLength-1]).contentType()
	}
	return obj.ContentType
}

// disposition returns the Content-Disposition with the file name of a download. The
// name's extension says what the file is. Characters that write text from right to
// left are left out: in a file name they only make one extension look like another.
//
// It is an attachment. A recording may be a playlist that pretends to be a video, and a
// browser that opened its URL as a page would load whatever the playlist names. A
// player in a page plays attachments too, under the page's policy: the disposition
// counts only for navigation
// (https://html.spec.whatwg.org/multipage/media.html, read 2026-11-29).
func disposition(id ID, contentType, title string) string {
	kind := typeByCode(id[idLength-1])
	if kind.name == "" {
		kind = typeOf(contentType)
	}
	return attachment(kind.withExtension(fileName(id, title)))
}

// fileName returns the recording's name as the name of a file.
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

// notThere returns the error that says why S3 does not have a recording.
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
	// The record is deleted last: if this broker dies in between, the record still
	// says completed, and the call can be repeated. The files beside it first: nothing names them once the
	// recording is gone and the record too.
	if err := b.dropBeside(ctx, s.ID); err != nil {
		return err
	}
	if err := b.Bucket.Delete(ctx, b.upload(s).Key); err != nil || s.State == Deleted {
		return err
	}
	if _, err = b.move(ctx, s, Deleted, nil); err != nil && ReasonOf(err) != ReasonStale { // stale: deleted by somebody else at the same moment
		return err
	}
	// A title that came meanwhile. SetTitle itself sees to one that comes from now on.
	return b.Bucket.Delete(ctx, b.keyBeside(s.ID, titleExt))
}
