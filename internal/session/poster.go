package session

import (
	"context"
	"slices"
	"time"
)

// A poster is one picture of a recording, a JPEG beside it in the bucket, for
// whoever lists or shows recordings. It is PUT by a URL that is bound as a part's
// is, and nothing of it is kept but the object itself: its key follows from the
// session's ID, and S3 says whether it is there. Whatever becomes of it, the
// recording goes on.
const (
	MaxPosterBytes = 100_000
	PosterType     = "image/jpeg"
)

// posterTTL is the life of the URL, which is asked for when the picture is there.
// It is short because S3 goes by no session here: what is PUT after its recording
// was deleted stays until that is deleted again.
const posterTTL = 2 * time.Minute

// PosterToSign is the PUT of a poster: its exact length, and its checksum where
// the session's parts have one.
type PosterToSign struct {
	Size     int64 // bytes, 1 to MaxPosterBytes
	Checksum Checksum
}

// SignedPoster allows one thing only: to PUT the poster of one session with just
// these headers, which are signed and must be sent just so, until ExpiresAt.
type SignedPoster struct {
	URL       SignedURL
	Headers   map[string]string
	ExpiresAt time.Time
}

// Poster signs the PUT of a session's poster. It may be asked for again, and the
// newer poster replaces the one before. A poster counts to no quota.
//
// Errors: Invalid if its size or checksum is out of bounds; Limited if too much
// is asked for; Conflict if the session is no longer open; NotFound "lost";
// Unavailable.
func (b *Broker) Poster(ctx context.Context, t *SessionToken, p PosterToSign) (SignedPoster, error) {
	if err := b.serves(t); err != nil {
		return SignedPoster{}, err
	}
	if err := checkPoster(t.session(), p); err != nil {
		return SignedPoster{}, err
	}
	ttl := min(posterTTL, b.Limits.MaxURLTTL)
	s, err := b.report(ctx, t, Report{Cost: CallCost, Rates: b.Limits.Rates, Owner: t.Owner, URLsExpireAt: b.Now().Add(ttl)})
	if err != nil {
		return SignedPoster{}, err
	}
	if s.State != Open {
		return SignedPoster{}, closed(s)
	}
	return b.Signer.SignPoster(ctx, b.posterKey(s.ID), p, ttl)
}

func checkPoster(s *Session, p PosterToSign) error {
	if p.Size < 1 || p.Size > MaxPosterBytes {
		return outOfRange("size", MaxPosterBytes, "size is %d bytes; a poster has 1 to %d", p.Size, MaxPosterBytes)
	}
	return checkSumToSign(s, place{}, p.Checksum)
}

func (b *Broker) posterKey(id ID) Key { return Key(b.Limits.KeyPrefix + string(id) + ".jpg") }

// signPoster returns a URL of the poster of id that is as good as the one of the
// recording, which S3 has; empty where there is none, or S3 does not say in time.
func (b *Broker) signPoster(ctx context.Context, id ID, name string, ttl time.Duration) SignedURL {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	if _, err := b.Bucket.Head(ctx, b.posterKey(id)); err != nil {
		return ""
	}
	// Whoever uploaded it may have uploaded anything: it is an image, and opened
	// by itself it is saved.
	link, _ := b.Signer.SignGet(ctx, b.posterKey(id), Playback{ContentType: PosterType, Disposition: attachment(name + ".jpg")}, ttl)
	return link.URL
}

// dropPoster deletes the poster of a recording that is gone, or is about to go.
// There may be none. A broker that may delete nothing leaves it, as it leaves all
// else.
func (b *Broker) dropPoster(ctx context.Context, id ID) error {
	err := b.Bucket.Delete(ctx, b.posterKey(id))
	if slices.Contains(toldAsSuch, ReasonOf(err)) {
		return nil
	}
	return err
}
