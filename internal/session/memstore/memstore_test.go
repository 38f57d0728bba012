package memstore_test

import (
	"testing"
	"time"

	"slipway/internal/session/memstore"
	"slipway/internal/session/sessiontest"
)

func TestStore(t *testing.T) {
	sessiontest.TestStore(t, func(*testing.T) (sessiontest.Store, func(time.Duration)) {
		var skew time.Duration
		s := &memstore.Store{Now: func() time.Time { return time.Now().Add(skew) }}
		return s, func(d time.Duration) { skew += d }
	})
}
