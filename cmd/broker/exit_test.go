package main

import (
	"testing"

	"slipway/internal/session"
)

func TestEveryCodeHasAnExitCode(t *testing.T) {
	for _, kind := range session.Kinds() {
		if _, ok := exitCodes[kind.String()]; !ok {
			t.Errorf("exitCodes in exit.go lacks %q", kind)
		}
	}
}
