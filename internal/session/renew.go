package session

import "context"

// Renew gives a session whose token has ended, or soon will, a longer life: a
// laptop may come back after weeks. t is what its token says, genuine though
// perhaps expired; owner is on whose behalf it is renewed. The new token is the
// SessionToken of the session returned.
//
// Errors: NotFound if the session is another owner's, or "lost"; Conflict if it
// was aborted or deleted; Unavailable.
func (b *Broker) Renew(ctx context.Context, t SessionToken, owner Owner) (*Session, error) {
	for range casRounds {
		s, err := b.find(ctx, Ref{ID: t.ID, SessionToken: &t, Owner: &owner})
		if err != nil {
			return nil, err
		}
		until := b.Now().Add(b.Limits.SessionTTL)
		switch s.State {
		case Open:
			s, err = b.move(ctx, s, Open, func(next *Session) { next.ExpiresAt = until })
			if ReasonOf(err) == ReasonStale {
				continue
			}
			return s, err
		case Completing, Completed: // it may still ask what became of it
			s.ExpiresAt = until
			return s, nil
		}
		return nil, closed(s)
	}
	return nil, busy()
}

// ExtendToken returns the token t of s with a longer life, if less than a quarter of
// one is left: so a recorder that keeps calling is never without, however long
// it records, and needs no grant for it.
//
// The new life is SessionTTL from now, as at open. That is as long as the upload
// can be of use: without another call the session is reaped once its URLs have
// expired and the resume window is over, which SessionTTL is meant to cover. And
// only an open session's token is extended, so it ends at most SessionTTL after
// the recording does, whoever has a copy of it.
func (b *Broker) ExtendToken(s *Session, t SessionToken) (SessionToken, bool) {
	life := b.Limits.SessionTTL
	now := b.Now()
	if s.State != Open || t.ExpiresAt.Sub(now) >= life/4 {
		return t, false
	}
	t.ExpiresAt = now.Add(life)
	return t, true
}
