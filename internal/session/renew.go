package session

import "context"

// Renew lets a session go on whose token has expired or soon will: a laptop may come
// back after weeks. t is what the token carries; its signature was checked, but it may
// have expired. owner is the person who asks. The new token is the SessionToken of the
// session returned.
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

// ExtendToken returns the token t of s with a new life of SessionTTL from now, if less
// than a quarter of its life is left; else it returns t and false. So a recorder that
// keeps calling always has a good token, however long it records, and needs no grant
// for that.
//
// SessionTTL is as long as the upload can be of use: without another call the session
// is reaped once its URLs have expired and the resume window is over. Only the token
// of an open session is extended. So every copy of it ends at most SessionTTL after
// the recording.
func (b *Broker) ExtendToken(s *Session, t SessionToken) (SessionToken, bool) {
	life := b.Limits.SessionTTL
	now := b.Now()
	if s.State != Open || t.ExpiresAt.Sub(now) >= life/4 {
		return t, false
	}
	t.ExpiresAt = now.Add(life)
	return t, true
}
