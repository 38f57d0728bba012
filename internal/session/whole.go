package session

import (
	"context"
	"time"
)

// Probe says when the broker next asks S3 what has arrived of a session: whether it is
// whole, or whether it is too much. It is set only for sessions that are Probed.
type Probe struct {
	At    time.Time     // by the Store's clock
	Every time.Duration // how long the last wait was
	Seen  int64         // bytes that S3 listed at the last probe
}

// Probed reports whether the broker probes s while it is open, without being asked.
func (s *Session) Probed() bool { return s.WhenWhole || s.Unsized }

// A session is probed every probeEvery while parts arrive. While no part arrives, it is
// probed more and more rarely, but at least once in probeAtLeast.
const (
	probeEvery   = 30 * time.Second
	probeAtLeast = 15 * time.Minute
)

// firstProbe returns the first probe of a session that was opened at that time.
func firstProbe(opened time.Time) Probe { return Probe{At: opened.Add(probeEvery), Every: probeEvery} }

// after returns the next probe, if this one finds seen bytes at the time now.
func (p Probe) after(now time.Time, seen int64) Probe {
	next := Probe{Every: probeEvery, Seen: seen}
	if seen == p.Seen {
		next.Every = min(p.Every*3/2, probeAtLeast)
	}
	next.At = now.Add(next.Every)
	return next
}

// sizeOf returns how many bytes part n of s has, by the announced size of the
// recording; 0 if there is no such part.
func (s *Session) sizeOf(n PartNumber) int64 {
	return max(0, min(s.PartSize, s.Announced-int64(n-1)*s.PartSize))
}

// whole reports whether parts, sorted by number, are everything that was announced.
func (s *Session) whole(parts []Part) bool {
	for i, p := range parts {
		if p.Number != PartNumber(i+1) || p.Size != s.sizeOf(p.Number) {
			return false
		}
	}
	return s.Announced > 0 && totalSize(parts) == s.Announced
}

// DueProbes returns up to limit sessions to call FinishIfWhole with now, the longest
// due first. Errors: Unavailable.
func (b *Broker) DueProbes(ctx context.Context, limit int) ([]*Session, error) {
	return b.Store.Due(ctx, limit)
}

// FinishIfWhole asks S3 once whether all of s has arrived, and then completes s,
// because a phone may be killed before it can complete. If s is unsized and has more
// than max_bytes, it is aborted. Every broker may call FinishIfWhole with any session
// at any time. It returns the session, and how long ago its last part arrived; 0 if S3
// lists no part.
//
// It stores the time of the next probe before it asks S3. So no other broker asks too,
// and if this broker dies, the session is probed again.
//
// Errors: Conflict "stale" if another broker probes, or the recorder called
// meanwhile; NotFound "lost"; Unavailable. The next probe tries again.
func (b *Broker) FinishIfWhole(ctx context.Context, s *Session) (*Session, time.Duration, error) {
	b = b.unattended()
	last := s.Probe
	s, err := b.probeNext(ctx, s, last.after(s.ReadAt, last.Seen))
	if err != nil {
		return nil, 0, err
	}
	a, err := b.arrived(ctx, s)
	switch {
	case KindOf(err) == NotFound:
		s, err = b.gone(ctx, s)
	case err != nil:
	case a.isWhole(s):
		s, err = b.completeFrom(ctx, s, a)
	case s.tooMuch(a.listed):
		s, err = b.Abort(ctx, Ref{ID: s.ID}, s.Revision)
	case totalSize(a.listed) != last.Seen:
		s, err = b.probeNext(ctx, s, last.after(s.ReadAt, totalSize(a.listed)))
	}
	if err != nil {
		return nil, 0, err
	}
	switch {
	case s.State == Aborted:
		b.acted(ctx, ActAborted, s.ID)
	case s.State.Finished():
		b.acted(ctx, ActFinished, s.ID)
	}
	if len(a.listed) == 0 {
		return s, 0, nil
	}
	return s, max(0, s.ReadAt.Sub(a.newest())), nil
}

// probeNext stores when s is probed next.
func (b *Broker) probeNext(ctx context.Context, s *Session, at Probe) (*Session, error) {
	return b.move(ctx, s, Open, func(next *Session) { next.Probe = at })
}

// isWhole reports whether all of s has arrived, so that it should be completed.
func (a arrival) isWhole(s *Session) bool {
	return s.WhenWhole && len(a.missing) == 0 && s.whole(a.parts)
}
