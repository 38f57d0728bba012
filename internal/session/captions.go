package session

import "context"

// Captions are what is said in a recording, as WebVTT
// (https://www.w3.org/TR/webvtt1/, read 2026-11-30).
const (
	MaxCaptionsBytes = 1_000_000
	CaptionsType     = "text/vtt"
)

var captions = sideFile{what: "captions", ext: ".vtt", mediaType: CaptionsType, maxBytes: MaxCaptionsBytes}

// Captions signs the PUT of a recording's captions. It may be asked for again, and
// the newer ones replace those before. The recording may still be on its way:
// whoever writes along is done sooner than S3.
//
// Errors: Invalid if size or checksum is out of bounds; Limited if the owner asks
// for too much; NotFound if there is no such recording and there will be none;
// Unavailable.
func (b *Broker) Captions(ctx context.Context, ref Ref, f FileToSign) (SignedFile, error) {
	s, err := b.toBeWatched(ctx, ref)
	if err != nil {
		return SignedFile{}, err
	}
	if err := captions.check(s, f); err != nil {
		return SignedFile{}, err
	}
	return b.sign(ctx, s.ID, captions, f)
}
