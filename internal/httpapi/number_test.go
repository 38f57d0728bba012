package httpapi_test

import (
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
)

func TestAWholeNumberMayBeWrittenAsAFloat(t *testing.T) {
	a := apitest.Start(t)
	for ttl, seconds := range map[string]int64{"3600": 3600, "3600.0": 3600, "3.6e3": 3600, "36E+2": 3600, "60.000": 60} {
		var got struct {
			ExpiresInMs int64 `json:"expires_in_ms"`
		}
		a.CallRaw(t, "POST", "/v1/grants", a.APIKey, `{"owner":"ann","ttl_s":`+ttl+`}`).Want(t, 201).Into(t, &got)
		if left := time.Duration(seconds)*time.Second - time.Duration(got.ExpiresInMs)*time.Millisecond; left < 0 || left > 30*time.Second {
			t.Errorf("ttl_s %s: it ends in %d ms", ttl, got.ExpiresInMs)
		}
	}
	var opened struct {
		MaxBytes int64 `json:"max_bytes"`
	}
	a.CallRaw(t, "POST", "/v1/sessions", a.Grant(t, "ann"), `{"content_type":"video/webm","max_bytes":1e7,"part_size":5.24288e6}`).Want(t, 201).Into(t, &opened)
	if opened.MaxBytes != 10_000_000 {
		t.Errorf("max_bytes 1e7 is %d", opened.MaxBytes)
	}
	for _, ttl := range []string{"3600.5", "1e-3", "1e400", "9007199254740993.0", "1e19", `"3600"`, "true", "null0"} {
		a.CallRaw(t, "POST", "/v1/grants", a.APIKey, `{"owner":"ann","ttl_s":`+ttl+`}`).Want(t, 400)
	}
	if p := a.CallRaw(t, "POST", "/v1/grants", a.APIKey, `{"owner":"ann","ttl_s":3600.5}`).Problem(t, 400, "wrong-type"); p.Field != "ttl_s" {
		t.Errorf("the field named is %q", p.Field)
	}
}
