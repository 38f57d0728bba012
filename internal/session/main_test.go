package session_test

import (
	"testing"

	"slipway/internal/httpapi/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }
