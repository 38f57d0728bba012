package session

import "context"

// A poster is one picture of a recording, a JPEG, for whoever lists or shows
// recordings.
const (
	MaxPosterBytes = 100_000
	PosterType     = "image/jpeg"
)

var poster = sideFile{what: "posters", ext: ".jpg", mediaType: PosterType, maxBytes: MaxPosterBytes}

// Poster signs the PUT of a session's poster. It may be asked for again, and the
// newer poster replaces the one before. A poster counts to no quota.
//
// Errors: Invalid if its size or checksum is out of bounds; Limited if too much
// is asked for; Conflict if the session is no longer open; NotFound "lost";
// Unavailable.
func (b *Broker) Poster(ctx context.Context, t *SessionToken, f FileToSign) (SignedFile, error) {
	if err := b.serves(t); err != nil {
		return SignedFile{}, err
	}
	if err := poster.check(t.session(), f); err != nil {
		return SignedFile{}, err
	}
	ttl := min(sideFileTTL, b.Limits.MaxURLTTL)
	s, err := b.report(ctx, t, Report{Cost: CallCost, Rates: b.Limits.Rates, Owner: t.Owner, URLsExpireAt: b.Now().Add(ttl)})
	if err != nil {
		return SignedFile{}, err
	}
	if s.State != Open {
		return SignedFile{}, closed(s)
	}
	return b.sign(ctx, s.ID, poster, f)
}
