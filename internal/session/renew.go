package session

import "context"

// Renew gives a session whose token has ended, or soon will, a longer life: a
// laptop may come back after weeks. t is what its token says, genuine though
// perhaps expired; owner is on whose behalf it is renewed. The new token is the
// Ticket of the session returned.
//
// Errors: NotFound if the session is another owner's, or "lost"; Conflict if it
// was aborted or deleted; Unavailable.
func (b *Broker) Renew(ctx context.Context, t Ticket, owner Owner) (*Session, error) {
	for range casRounds {
		s, err := b.find(ctx, Ref{ID: t.ID, Ticket: &t, Owner: &owner})
		if err != nil {
			return nil, err
		}
		until := b.Now().Add(b.Limits.SessionTTL)
		switch s.State {
		case Open:
			s, err = b.move(ctx, s, Open, func(next *Session) { next.ExpiresAt = until })
			if ReasonOf(err) == "stale" {
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
