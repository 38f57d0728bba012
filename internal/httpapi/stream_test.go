package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
)

// follower is the client's end of a stream.
type follower struct {
	*httptest.ResponseRecorder
	gone     bool
	deadline time.Time
}

func (f *follower) Write(p []byte) (int, error) {
	if f.gone {
		return 0, errors.New("connection reset")
	}
	return f.ResponseRecorder.Write(p)
}

func (f *follower) SetWriteDeadline(at time.Time) error {
	f.deadline = at
	return nil
}

func TestAQuietStreamShowsThatItLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &follower{ResponseRecorder: httptest.NewRecorder()}
		st := newStream(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), f))
		ctx, gone := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			st.keepAlive(ctx, gone)
		}()
		time.Sleep(31 * time.Second)
		st.mu.Lock()
		if got := f.Body.String(); got != ":\n\n:\n\n:\n\n" || !f.Flushed {
			t.Errorf("in 31 s it said %q", got)
		}
		if left := time.Until(f.deadline); left < 20*time.Second || left > 30*time.Second {
			t.Errorf("the last write had until %v from now", left)
		}
		f.gone = true
		st.mu.Unlock()
		<-ended
		if ctx.Err() == nil {
			t.Error("nobody is told that the client is gone")
		}
	})
}
