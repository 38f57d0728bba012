package session_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/session"
)

func (r *recorded) lasts(t *testing.T, want time.Duration) {
	t.Helper()
	if got := r.state(t).Result.Duration; got != want {
		t.Errorf("the record says %v, want %v", got, want)
	}
	seen, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID})
	if err != nil || seen.Duration != want {
		t.Errorf("who watches is told %v, %v; want %v", seen.Duration, err, want)
	}
}

func TestADurationIsKeptThoughAnotherBrokerCompletes(t *testing.T) {
	r := record(t)
	r.claim.Duration = time.Minute
	r.bucket.cut.Store(true)
	r.complete(t, session.Completing)
	r.bucket.cut.Store(false)
	r.claim.Duration = time.Hour
	r.Later(5 * time.Minute)
	r.complete(t, session.Completed)
	r.lasts(t, time.Minute)
}

func TestADurationIsWhatTheFirstClaimSays(t *testing.T) {
	r := record(t)
	r.claim.Duration = 12_345 * time.Millisecond
	r.complete(t, session.Completed)
	r.lasts(t, r.claim.Duration)
	r.claim.Duration = time.Hour
	r.complete(t, session.Completed)
	r.lasts(t, 12_345*time.Millisecond)
}

func TestADurationComesBackWithTheClaim(t *testing.T) {
	r := record(t)
	r.claim.Duration = time.Minute
	r.complete(t, session.Completed)
	r.Store.Forget()
	if seen, err := r.Broker.Watch(t.Context(), session.Ref{ID: r.opened.ID}); err != nil || seen.Duration != 0 {
		t.Errorf("where the Store forgot it, who watches is told %v, %v", seen.Duration, err)
	}
	r.complete(t, session.Completed)
	r.lasts(t, time.Minute)
}

func TestTheEventTellsHowLongItIs(t *testing.T) {
	r := record(t)
	r.claim.Duration = time.Minute
	begun := time.Now()
	r.complete(t, session.Completed)
	for e, err := range r.Store.Follow(t.Context(), begun.Add(-time.Minute)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == session.EventCompleted {
			if e.Duration != time.Minute {
				t.Errorf("it tells of %v", e.Duration)
			}
			return
		}
	}
}

// silent is a Store that does not answer.
type silent struct{ session.Store }

func (silent) Get(ctx context.Context, _ session.ID) (*session.Session, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestWhoWatchesWaitsNotLongForADuration(t *testing.T) {
	r := record(t)
	r.claim.Duration = time.Minute
	r.complete(t, session.Completed)
	r.Broker.Store = silent{r.Store}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	seen, err := r.Broker.Watch(ctx, session.Ref{ID: r.opened.ID})
	if err != nil || seen.Duration != 0 || seen.Link.URL == "" || ctx.Err() != nil {
		t.Errorf("it is answered with %v (%v), and the caller's time: %v", seen.Duration, err, ctx.Err())
	}
}
