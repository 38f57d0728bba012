package session

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Share is what a share token carries: it watches one recording.
//
// The link that comes with open is made without asking anybody and lasts: its
// Share holds the ID alone.
type Share struct {
	ID         ID
	Generation string    // of the recording's links; empty: the first
	ExpiresAt  time.Time // zero: never
}

// Watchers is who may watch a recording.
type Watchers string

// Public: whoever has its ID. ByLink: whoever has a share token. ByOwner: its
// owner's grants and session token. API keys may with each.
const (
	Public  Watchers = "public"
	ByLink  Watchers = "link"
	ByOwner Watchers = "owner"
)

// Share returns what a link to a recording is made of now, without an end. The
// recording may still be on its way.
//
// Errors: NotFound if there is no such session, or it will never be watched;
// Unavailable.
func (b *Broker) Share(ctx context.Context, ref Ref) (Share, error) {
	if err := b.watchable(ctx, ref); err != nil {
		return Share{}, err
	}
	return b.ShareOf(ctx, ref.ID)
}

// ShareOf is Share of a session that the caller has found already.
//
// Errors: Unavailable, with the Share of the link that came with open. It works,
// if it was not revoked.
func (b *Broker) ShareOf(ctx context.Context, id ID) (Share, error) {
	generation, err := b.generation(ctx, id)
	return Share{ID: id, Generation: generation}, err
}

// Revoke ends all links of a recording that were made so far, also while it is
// still on its way. It can be repeated, and then ends those made in between.
//
// A generation is random and not a number, so nothing has to be read before it
// is written: of two that revoke at once the later one counts, and no link that
// either of them ended ever comes back. It stands in the bucket, as no Store
// may forget it.
//
// Errors: as of Share.
func (b *Broker) Revoke(ctx context.Context, ref Ref) error {
	if err := b.watchable(ctx, ref); err != nil {
		return err
	}
	return b.Bucket.SetNote(ctx, b.linksKey(ref.ID), rand.Text())
}

// linksKey is where the generation of a recording's links stands, once they
// have been revoked. It stays there whatever becomes of the session: its
// Idempotency-Key may make the same ID again, and then the links that were
// revoked would watch the next recording.
func (b *Broker) linksKey(id ID) Key { return Key(b.Limits.KeyPrefix + "links/" + string(id)) }

func (b *Broker) generation(ctx context.Context, id ID) (string, error) {
	now, err := b.Bucket.Note(ctx, b.linksKey(id))
	return now, ignoring(NotFound, err)
}

// admits refuses a link that was revoked. Where nobody can say, it is refused
// as well, with Unavailable.
func (b *Broker) admits(ctx context.Context, sh *Share) error {
	if sh == nil {
		return nil
	}
	now, err := b.generation(ctx, sh.ID)
	if err == nil && now != sh.Generation {
		return &Error{Kind: Unauthorized, Reason: ReasonLinkRevoked, Detail: "the link was revoked; ask for another one"}
	}
	return err
}

// watchable refuses a session whose recording is gone, or will never be there.
func (b *Broker) watchable(ctx context.Context, ref Ref) error {
	s, err := b.find(ctx, ref)
	if err != nil {
		return err
	}
	switch s.State {
	case Open, Completing, Completed:
		return nil
	}
	return neverThere(s)
}

func neverThere(s *Session) error {
	return &Error{Kind: NotFound, Reason: Reason(s.State), Detail: fmt.Sprintf("the recording was %s", s.State)}
}
