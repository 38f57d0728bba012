package upload

import (
	"errors"
	"testing"
)

func TestAnUploadThatIsBeingCompletedIsWaitedFor(t *testing.T) {
	for name, carriedOut := range map[string]bool{"S3 has not begun": false, "S3 has made the object": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits
			s := begin(t)
			s.killed(t, parts)
			left := s.left(t)
			s.CompleteUnanswered(t, carriedOut)
			w := &wire{}
			done, err := s.upload(t.Context(), w, Options{})
			if err != nil || len(w.puts) > 0 || done.ID != left.ID {
				t.Fatalf("%+v, %v, PUTs of %v", done, err, w.puts)
			}
			s.holds(t, done.ID)
		})
	}
}

// The answer to the last PUT is lost, and the broker completes what is whole
// before the part is sent again.
func TestAPartThatCameUnnoticedEndsTheUpload(t *testing.T) {
	s := begin(t)
	w := &wire{}
	w.after = func(number int) error {
		if number < parts {
			return nil
		}
		if _, err := s.broker.Complete(t.Context(), s.left(t).ID, 0); err != nil {
			t.Error(err)
		}
		return errors.New("the network is gone")
	}
	done, err := s.upload(t.Context(), w, Options{Parallel: 1})
	if err != nil || len(w.puts) != parts {
		t.Fatalf("%+v, %v, PUTs of %v", done, err, w.puts)
	}
	s.holds(t, done.ID)
}
