package result_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"slipway/e2e/providers/result"
	"slipway/internal/provider"
)

// The page is made, and not written: by `make providers`, or by
// `go run ./e2e/providers -page` where a fact has changed.
func TestThePageIsWhatTheRunsAndTheFactsMake(t *testing.T) {
	report, err := result.Read("../../../docs/providers/results.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != report.Page(provider.All()) {
		t.Error("docs/providers.md is another; make it by: go run ./e2e/providers -page")
	}
}

func TestThePageSaysOfEachProviderWhetherItWorks(t *testing.T) {
	r := result.Report{Servers: []result.Server{
		{Name: "ceph", Title: "Ceph", Version: "1", Day: "2026-11-29", Checks: []result.Check{{Name: "salvage", Outcome: result.OK}}},
		{Name: "minio", Title: "MinIO", Version: "2", Day: "2026-11-29", Doctor: []result.Verdict{{Name: "s3-unsigned", Status: "fail", Saw: "it is copied"}}},
		{Name: "rclone", Title: "rclone", Version: "3", Day: "2026-11-29", Doctor: []result.Verdict{{Name: "s3-cut", Status: "fail"}, {Name: "cors", Status: "fail"}}},
		{Name: "swift", Title: "Swift", Version: "4", Day: "2026-11-29", Checks: []result.Check{{Name: "salvage", Outcome: result.Failed}}},
	}}
	page := r.Page(provider.All())
	for _, want := range []string{
		"`ceph` | **works** (1, 2026-11-29)", "`minio` | **works with** (2, 2026-11-29): playback signed with other credentials (`BROKER_S3_PLAYBACK_…`), which was not run there |", "`rclone` | **does not** (3, 2026-11-29): `cors` |",
		"`swift` | **does not** (4, 2026-11-29): salvage |", "`wasabi` | not run |", "`r2` | not run; *played* by devs3 |",
		"- doctor, fail, `s3-unsigned`: it is copied", "| salvage | ✓ |  |  | ✗ |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWhatDoctorOverlooksIsAContradiction(t *testing.T) {
	s := result.Server{Name: "ceph", Checks: []result.Check{{Name: "salvage", Outcome: result.Failed, Saw: "other bytes"}, {Name: "fetch", Outcome: result.Unfit}}}
	if got := s.Contradictions(); len(got) != 1 || !strings.Contains(got[0].Error(), "salvage") {
		t.Errorf("got %v", got)
	}
	s.Doctor = []result.Verdict{{Name: "s3-cut", Status: "warn"}}
	if got := s.Contradictions(); len(got) != 1 {
		t.Errorf("with a warning it is %v", got)
	}
	s.Doctor = []result.Verdict{{Name: "s3-cut", Status: "fail"}}
	if got := s.Contradictions(); len(got) != 0 {
		t.Errorf("where doctor fails it is %v", got)
	}
}

func TestWhatIsWorseThanBeforeIsNamed(t *testing.T) {
	before := result.Report{Servers: []result.Server{{
		Name: "ceph", Doctor: []result.Verdict{{Name: "s3-cut", Status: "fail"}, {Name: "s3-etag", Status: "warn"}},
		Checks: []result.Check{{Name: "salvage", Outcome: result.OK}, {Name: "fetch", Outcome: result.Failed}, {Name: "links", Outcome: result.Failed}, {Name: "abort", Outcome: result.OK}},
	}}}
	now := result.Report{Servers: []result.Server{{
		Name: "ceph", Doctor: []result.Verdict{{Name: "s3-cut", Status: "fail"}, {Name: "s3-etag", Status: "fail", Saw: "another"}},
		Checks: []result.Check{{Name: "salvage", Outcome: result.Failed}, {Name: "fetch", Outcome: result.Failed}, {Name: "links", Outcome: result.OK}, {Name: "abort", Outcome: result.Unfit}},
	}, {Name: "new", Checks: []result.Check{{Name: "salvage", Outcome: result.Failed}}}}}
	var got []string
	for _, err := range before.Worse(&now) {
		got = append(got, strings.Join(strings.Fields(err.Error())[:3], " "))
	}
	if want := []string{"ceph: doctor fails", "ceph: salvage is", "ceph: abort is"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnotherRunTakesThePlaceOfTheOneBefore(t *testing.T) {
	r := result.Report{Servers: []result.Server{{Name: "a", Version: "1"}, {Name: "c", Version: "1"}}}
	r.Take(&result.Report{Servers: []result.Server{{Name: "c", Version: "2"}, {Name: "b", Version: "2"}}})
	var got []string
	for _, s := range r.Servers {
		got = append(got, s.Name+s.Version)
	}
	if want := []string{"a1", "b2", "c2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
