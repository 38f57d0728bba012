package session_test

import (
	"context"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// resent is a Store whose first reply is lost, so that the client library
// sends every swap again, after somebody else's.
type resent struct{ session.Store }

func (r resent) Swap(ctx context.Context, c session.Change) (*session.Session, error) {
	if _, err := r.Store.Swap(ctx, c); err != nil {
		return nil, err
	}
	return r.Store.Swap(ctx, c)
}

// "stale" may mean our own record: its upload must not be aborted as a loser's.
func TestOpenKeepsTheUploadOfItsOwnRecord(t *testing.T) {
	a := apitest.Start(t)
	a.Broker.Store = resent{a.Store}
	opened, err := a.Broker.Open(t.Context(), session.Grant{Owner: "ann"}, session.OpenRequest{ContentType: "video/webm", IdempotencyKey: "k"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Broker.Show(t.Context(), session.Ref{ID: opened.Session.ID}); err != nil {
		t.Errorf("the session that was opened is dead: %v", err)
	}
}
