package redistest_test

import (
	"strings"
	"testing"

	"slipway/internal/session/redisstore/redistest"
)

func do(t *testing.T, s *redistest.Server, want string, words ...string) {
	t.Helper()
	if answer, err := s.Do(words...); err != nil || !strings.Contains(answer, want) {
		t.Errorf("%v: %q, %v; want %q", words, answer, err, want)
	}
}

func TestRestartForgets(t *testing.T) {
	s := redistest.Start(t)
	do(t, s, "OK", "SET", "k", "v")
	s.Restart()
	do(t, s, "$-1", "GET", "k")
}

func TestAppendOnlySurvivesKill(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	do(t, s, "OK", "SET", "k", "v")
	s.Restart()
	do(t, s, "v", "GET", "k")
}

func TestKilledDoesNotAnswer(t *testing.T) {
	s := redistest.Start(t)
	s.Kill()
	s.Kill() // once more is nothing
	if answer, err := s.Do("PING"); err == nil {
		t.Errorf("a killed server answers %q", answer)
	}
}
