package session

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Link is what a share token carries. The token lets anybody watch one recording.
//
// Open answers with the first link. A broker makes it without a request to S3 or
// the Store, so this Link has an ID and nothing else.
type Link struct {
	ID         ID
	Generation string    // which Revoke changes; empty: no link was ever revoked
	ExpiresAt  time.Time // zero: never
}

// Watchers is who may watch a recording.
type Watchers string

// Public: anybody who has its ID. ByLink: anybody who has a share token. ByOwner:
// its owner's grants and its session token. An API key may watch under all three.
const (
	Public  Watchers = "public"
	ByLink  Watchers = "link"
	ByOwner Watchers = "owner"
)

// Link returns a link to a recording that works now. The link does not expire;
// the caller may set ExpiresAt. The recording may still be on its way.
//
// Errors: NotFound if there is no such session, or if nobody will ever be able to
// watch its recording; Unavailable.
func (b *Broker) Link(ctx context.Context, ref Ref) (Link, error) {
	if err := b.watchable(ctx, ref); err != nil {
		return Link{}, err
	}
	return b.LinkOf(ctx, ref.ID)
}

// LinkOf is Link for a session that the caller has already found.
//
// Errors: Unavailable. Then the Link returned is the one that came with open. It
// works if no link of the recording was ever revoked.
func (b *Broker) LinkOf(ctx context.Context, id ID) (Link, error) {
	generation, err := b.generation(ctx, id)
	return Link{ID: id, Generation: generation}, err
}

// Revoke ends all links of a recording that were made so far. The recording may
// still be on its way. A second Revoke ends the links made since the first.
//
// A generation is random and not a number, so nothing has to be read before it
// is written. If two callers revoke at once, the later write counts, and no link
// that either of them ended works again. The generation is kept in the bucket,
// because a Store may lose what it keeps.
//
// Errors: the same as Link's.
func (b *Broker) Revoke(ctx context.Context, ref Ref) error {
	if err := b.watchable(ctx, ref); err != nil {
		return err
	}
	return b.Bucket.SetNote(ctx, b.linksKey(ref.ID), rand.Text())
}

// linksKey is the key of the note that holds the generation of a recording's
// links. There is no such note before the first Revoke. Nothing deletes it, even
// if the session ends: the same Idempotency-Key can make the same ID again, and
// then revoked links would let people watch the next recording.
func (b *Broker) linksKey(id ID) Key { return Key(b.Limits.KeyPrefix + "links/" + string(id)) }

func (b *Broker) generation(ctx context.Context, id ID) (string, error) {
	now, err := b.Bucket.Note(ctx, b.linksKey(id))
	return now, ignoring(NotFound, err)
}

// admits refuses a link that was revoked. If the bucket cannot be read, it
// refuses every link, with Unavailable. Without a link it refuses nothing.
func (b *Broker) admits(ctx context.Context, link *Link) error {
	if link == nil {
		return nil
	}
	now, err := b.generation(ctx, link.ID)
	if err == nil && now != link.Generation {
		return &Error{Kind: Unauthorized, Reason: ReasonLinkRevoked, Detail: "the link was revoked; ask for another one"}
	}
	return err
}

// watchable refuses a session whose recording is gone or will never exist.
func (b *Broker) watchable(ctx context.Context, ref Ref) error {
	s, err := b.find(ctx, ref)
	if err == nil && !s.watchable() {
		err = neverThere(s)
	}
	return err
}

// toBeWatched returns a session whose recording is there, or may come. It takes
// what a look costs.
func (b *Broker) toBeWatched(ctx context.Context, ref Ref) (*Session, error) {
	s, err := b.look(ctx, ref)
	if err == nil && !s.watchable() {
		err = neverThere(s)
	}
	return s, err
}

func (s *Session) watchable() bool {
	return s.State == Open || s.State == Completing || s.State == Completed
}

func neverThere(s *Session) error {
	return &Error{Kind: NotFound, Reason: Reason(s.State), Detail: fmt.Sprintf("the recording was %s", s.State)}
}
