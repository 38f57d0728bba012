package session

import (
	"context"
	"fmt"
)

// Reaped counts what one round of Reap did.
type Reaped struct {
	Looked   int // idle sessions that the round looked at
	Salvaged int
	Aborted  int
	Finished int // completes and aborts that another broker had begun
	Lost     int
	Failed   int   // S3 or the Store did not answer, or S3 refused; the next round tries again
	Trouble  error // the last failure, for the log
	Broken   []ID  // their records cannot be read; see Page.Unreadable
	// Passed are the sessions that this round left as they were, because another
	// broker seems to work on them. A session that is here in many rounds is stuck.
	Passed []ID
}

// Reap ends the sessions that nobody else ends: those whose broker died while it
// completed or aborted them, and those whose recorder never came back. Every broker
// may run it at any time; because of the leases no two do the same work.
//
// A session is idle since its last call, the expiry of the last URL that was signed
// for it, or the last part that arrived, whichever is latest. After AbandonAfter an
// idle session is salvaged. It is aborted instead if it was opened so, or if nothing
// was uploaded. A session with a hole waits for its recorder until ResumeWindow.
//
// Errors: Unavailable if the sessions cannot be listed, or ctx ended. If one session
// fails, it is counted in Failed, and Reap goes on with the others.
func (b *Broker) Reap(ctx context.Context) (Reaped, error) {
	r := reaper{Broker: b.unattended()}
	for _, q := range []Query{
		{State: Completing, IdleFor: b.lease()},
		{State: Aborting, IdleFor: b.lease()},
		{State: Open, IdleFor: b.Limits.AbandonAfter},
	} {
		if err := r.walk(ctx, q); err != nil {
			return r.done, err
		}
	}
	return r.done, nil
}

// reaper is one round of Reap.
type reaper struct {
	*Broker
	done Reaped
}

func (r *reaper) walk(ctx context.Context, q Query) error {
	for q.Limit = MaxPage; ; {
		page, err := r.Store.List(ctx, q)
		if err != nil {
			return err
		}
		r.done.Broken = append(r.done.Broken, page.Unreadable...)
		for _, s := range page.Sessions {
			if err := ctx.Err(); err != nil {
				return &Error{Kind: Unavailable, Op: "session.Reap", Err: err}
			}
			r.tend(ctx, s)
		}
		if q.After = page.Next; q.After == (Cursor{}) {
			return nil
		}
	}
}

// tend takes care of one listed session and counts the result.
func (r *reaper) tend(ctx context.Context, listed *Session) {
	if listed.State == Open && r.mayWait(listed) {
		return
	}
	s, err := r.Store.Get(ctx, listed.ID) // a lease is judged by the time on the record's own node
	if err == nil {
		r.done.Looked++
		s, err = r.end(ctx, s)
	}
	switch {
	case ReasonOf(err) == ReasonStale, KindOf(err) == NotFound: // another broker works on it, or it is forgotten by now
		r.done.Passed = append(r.done.Passed, listed.ID)
	case err != nil:
		r.done.Failed++
		r.done.Trouble = fmt.Errorf("session %s: %w", listed.ID, err)
	case s == nil:
		r.done.Lost++
		r.acted(ctx, ActLost, listed.ID)
	case s.State == Completed && s.Result.Outcome == Salvaged:
		r.done.Salvaged++
		r.acted(ctx, ActSalvaged, listed.ID)
	case s.State == Aborted && listed.State == Open:
		r.done.Aborted++
		r.acted(ctx, ActAborted, listed.ID)
	case s.State.Finished():
		r.done.Finished++
		r.acted(ctx, ActFinished, listed.ID)
	case s.State != Open: // another broker has the lease, or S3 has not answered yet
		r.done.Passed = append(r.done.Passed, listed.ID)
	}
}

// mayWait reports whether the record says that it is too early to end s.
func (r *reaper) mayWait(s *Session) bool {
	idle := s.ReadAt.Sub(later(s.ActiveAt, s.URLsExpireAt))
	return idle < r.Limits.AbandonAfter || s.HoleAt.Equal(s.ActiveAt) && idle < r.Limits.ResumeWindow
}

// end takes s one step towards its end. It returns s unchanged if there is nothing to
// do yet.
func (r *reaper) end(ctx context.Context, s *Session) (*Session, error) {
	if s.leased() {
		return s, nil
	}
	switch s.State {
	case Completing:
		done, err := r.takeOver(ctx, s)
		if ReasonOf(err) == ReasonLost && s.ReadAt.Sub(s.ActiveAt) >= r.Limits.ResumeWindow {
			return r.lose(ctx, done)
		}
		return done, err
	case Aborting:
		return r.Abort(ctx, Ref{ID: s.ID}, s.Revision)
	case Open:
		if !r.mayWait(s) {
			return r.abandoned(ctx, s)
		}
	}
	return s, nil
}

// abandoned ends an open session whose recorder is gone, if S3 too has received no
// part for that long.
func (r *reaper) abandoned(ctx context.Context, s *Session) (*Session, error) {
	a, err := r.arrived(ctx, s)
	if KindOf(err) == NotFound {
		return r.vanished(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	idle := s.ReadAt.Sub(later(later(s.ActiveAt, s.URLsExpireAt), a.newest()))
	switch {
	case idle < r.Limits.AbandonAfter:
		return s, nil
	case a.isWhole(s):
		return r.completeFrom(ctx, s, a)
	case len(a.parts) == 0, s.OnAbandon == Discard, s.tooMuch(a.listed):
		return r.Abort(ctx, Ref{ID: s.ID}, s.Revision)
	case len(a.missing) > 0 && idle < r.Limits.ResumeWindow:
		return r.noteHole(ctx, s)
	}
	return r.completeFrom(ctx, s, a)
}

// vanished decides about an open session whose upload S3 does not know. Such an answer
// of S3 is weak evidence, so the session ends only after the whole resume window.
func (r *reaper) vanished(ctx context.Context, s *Session) (*Session, error) {
	done, err := r.gone(ctx, s)
	switch {
	case ReasonOf(err) != ReasonLost:
		return done, err
	case s.ReadAt.Sub(later(s.ActiveAt, s.URLsExpireAt)) < r.Limits.ResumeWindow:
		return r.noteHole(ctx, s)
	}
	return r.lose(ctx, s)
}

// noteHole stores that s has a hole, so that the next rounds need not ask S3 again.
func (r *reaper) noteHole(ctx context.Context, s *Session) (*Session, error) {
	return r.move(ctx, s, Open, func(next *Session) { next.HoleAt = s.ActiveAt })
}

// lose ends a session as lost. It returns no session.
func (r *reaper) lose(ctx context.Context, s *Session) (*Session, error) {
	if err := r.dropBeside(ctx, s.ID); err != nil {
		return nil, err
	}
	_, err := r.giveUp(ctx, s)
	return nil, err
}
