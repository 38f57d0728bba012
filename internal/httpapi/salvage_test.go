package httpapi_test

import (
	"slices"
	"testing"

	"slipway/internal/httpapi/apitest"
)

func TestASalvagedRecordingSaysWhatItLacks(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	a.UploadPart(t, o, 1, apitest.Noise(5*mib))
	a.UploadPart(t, o, 3, apitest.Noise(77))
	type said struct {
		State, Outcome, Key string
		Size                int64
		Missing             []int
	}
	var done, shown said
	for range 2 { // it can be repeated
		a.Call(t, "POST", path(o, "/salvage"), a.APIKey, nil).Want(t, 200).Into(t, &done)
		if done.State != "completed" || done.Outcome != "salvaged" || done.Size != 5*mib+77 || !slices.Equal(done.Missing, []int{2}) ||
			done.Key != "recordings/"+string(o.ID)+".webm" {
			t.Fatalf("salvaged as %+v", done)
		}
	}
	a.Call(t, "GET", path(o, ""), o.Token, nil).Want(t, 200).Into(t, &shown)
	if shown.Outcome != "salvaged" || !slices.Equal(shown.Missing, []int{2}) {
		t.Errorf("the session shows %+v", shown)
	}
	var page struct{ Sessions []said }
	a.Call(t, "GET", "/v1/sessions?state=completed", a.APIKey, nil).Want(t, 200).Into(t, &page)
	if len(page.Sessions) != 1 || page.Sessions[0].Outcome != "salvaged" || !slices.Equal(page.Sessions[0].Missing, []int{2}) {
		t.Errorf("the listing shows %+v", page.Sessions)
	}
	a.Call(t, "POST", path(o, "/parts"), o.Token, map[string]any{}).Problem(t, 409, "salvaged")
	a.Call(t, "GET", "/v1/recordings/"+string(o.ID), o.Token, nil).Want(t, 200)
}

// A recorder that comes back, and whose parts had all arrived, is content.
func TestASalvageOfAllIsWhatTheRecorderClaims(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	parts, size := a.Upload(t, o, apitest.Noise(77))
	a.Call(t, "POST", path(o, "/salvage"), a.APIKey, nil).Want(t, 200)
	var done map[string]any
	a.Call(t, "POST", path(o, "/complete"), o.Token, map[string]any{"parts": parts, "size": size}).Want(t, 200).Into(t, &done)
	if _, said := done["missing"]; said || done["outcome"] != "salvaged" {
		t.Errorf("complete is answered with outcome %v and missing %v", done["outcome"], done["missing"])
	}
}

func TestThereIsNothingToSalvage(t *testing.T) {
	a := apitest.Start(t)
	o := a.Open(t, "ann", nil)
	a.Call(t, "POST", path(o, "/salvage"), a.APIKey, nil).Problem(t, 409, "empty")
	a.Call(t, "DELETE", path(o, ""), a.APIKey, nil).Want(t, 200)
	a.Call(t, "POST", path(o, "/salvage"), a.APIKey, nil).Problem(t, 409, "aborted")
}
