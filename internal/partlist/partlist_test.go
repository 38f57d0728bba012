package partlist_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/partlist"
	"slipway/internal/session"
)

// entry counts how many of it are decoded.
type entry struct{ Number int }

var decoded int

func (e *entry) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	decoded++
	type plain entry
	return json.UnmarshalDecode(d, (*plain)(e))
}

type request struct {
	Sign partlist.List[entry] `json:"sign"`
}

func entries(n int) string {
	return `{"sign":[` + strings.TrimSuffix(strings.Repeat(`{"Number":7},`, n), ",") + `]}`
}

func TestAListHasAsManyEntriesAsThereArePartNumbers(t *testing.T) {
	for n, ok := range map[int]bool{0: true, 1: true, session.MaxPartNumber - 1: true, session.MaxPartNumber: true, session.MaxPartNumber + 1: false} {
		var r request
		err := json.UnmarshalRead(strings.NewReader(entries(n)), &r)
		switch {
		case ok && (err != nil || len(r.Sign) != n || n > 0 && r.Sign[n-1].Number != 7):
			t.Errorf("of %d entries %d are read: %v", n, len(r.Sign), err)
		case !ok && (session.ReasonOf(err) != session.ReasonOutOfRange || !strings.Contains(err.Error(), "sign has more than 10000 entries")):
			t.Errorf("%d entries: %v", n, err)
		}
	}
}

func TestNothingIsDecodedAfterTheFirstEntryThatIsTooMany(t *testing.T) {
	decoded = 0
	var r request
	if err := json.UnmarshalRead(strings.NewReader(entries(3*session.MaxPartNumber)), &r); err == nil || decoded != session.MaxPartNumber {
		t.Errorf("%d entries are decoded: %v", decoded, err)
	}
}

func TestWhatIsNoListOfPartsIsNamed(t *testing.T) {
	for text, at := range map[string]string{
		`{"sign":{}}`: "/sign", `{"sign":7}`: "/sign", `{"sign":"[]"}`: "/sign", `{"sign":[{},7]}`: "/sign/1", `{"sign":[{"Number":1},{"Number":"2"}]}`: "/sign/1/Number",
	} {
		var r request
		if err := json.UnmarshalRead(strings.NewReader(text), &r); err == nil || !strings.Contains(err.Error(), `"`+at+`"`) {
			t.Errorf("%s: %v, want %s", text, err, at)
		}
	}
	for _, text := range []string{`{"sign":[{}`, `{"sign":[{},]}`, `{"sign":[`} {
		var r request
		if err := json.UnmarshalRead(strings.NewReader(text), &r); err == nil {
			t.Errorf("%s is read", text)
		}
	}
	var r request
	if err := json.UnmarshalRead(strings.NewReader(`{"sign":null}`), &r); err != nil || r.Sign != nil {
		t.Errorf("null is read as %v: %v", r.Sign, err)
	}
}
