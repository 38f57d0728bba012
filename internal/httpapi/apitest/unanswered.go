package apitest

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/session"
)

// unanswered is a bucket of which the first answer to a Complete is lost.
type unanswered struct {
	session.Bucket
	carriedOut bool // the object was made all the same
	asked      atomic.Bool
	lost       chan struct{} // closed when it was
}

func (u *unanswered) Complete(ctx context.Context, upload session.Upload, parts []session.Part, size int64) (session.Object, error) {
	first := !u.asked.Swap(true)
	if first {
		defer close(u.lost)
	}
	if first && !u.carriedOut {
		return session.Object{}, &session.Error{Kind: session.Unavailable, Reason: session.ReasonS3}
	}
	obj, err := u.Bucket.Complete(ctx, upload, parts, size)
	if first && err == nil {
		return session.Object{}, &session.Error{Kind: session.Unavailable, Reason: session.ReasonS3}
	}
	return obj, err
}

// LoseCompletion loses S3's first answer to a Complete; carriedOut says whether
// the object is made all the same. What it returns is closed then.
func (a *API) LoseCompletion(carriedOut bool) <-chan struct{} {
	lost := make(chan struct{})
	a.Broker.Bucket = &unanswered{Bucket: a.Broker.Bucket, carriedOut: carriedOut, lost: lost}
	return lost
}

// CompleteUnanswered has the broker complete the session that is whole, and
// loses S3's answer. The session is completing then, until somebody who claims
// it was told to wait: soon after that the lease ends.
func (a *API) CompleteUnanswered(t testing.TB, carriedOut bool) {
	t.Helper()
	a.LoseCompletion(carriedOut)
	a.Later(time.Minute)
	due, err := a.Broker.DueProbes(t.Context(), 2)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d sessions are due (%v)", len(due), err)
	}
	if s, _, err := a.Broker.FinishIfWhole(t.Context(), due[0]); err != nil || s.State != session.Completing {
		t.Fatalf("the session is %+v, %v", s, err)
	}
	var lease sync.WaitGroup
	lease.Go(func() {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if strings.Contains(a.Log.String(), `"status":202`) {
				a.Later(time.Minute)
				return
			}
		}
		t.Error("nobody was told to wait")
	})
	t.Cleanup(lease.Wait)
}
