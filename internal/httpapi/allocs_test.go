package httpapi_test

import (
	"net/http"
	"testing"
)

// mostAllocs is how often one sign may allocate, from the request's bytes to the
// answer's, the line of log and a store in memory included.
const mostAllocs = 25

func TestASignAllocatesLittle(t *testing.T) {
	call := newPartsCall(t, newSigner(t), partsBody(t, 1))
	least := testing.AllocsPerRun(1, call.run)
	for range 200 { // with -race a sync.Pool forgets some of what it is given
		least = min(least, testing.AllocsPerRun(1, call.run))
	}
	if call.sink.status != http.StatusOK {
		t.Fatalf("status %d", call.sink.status)
	}
	t.Logf("%.0f allocations", least)
	if least > mostAllocs {
		t.Errorf("%.0f allocations; at most %d", least, mostAllocs)
	}
}
