package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/devs3/devs3test"
	"slipway/internal/doctor"
)

// found is every check that is not ok, but for those skipped for want of
// another.
func found(report doctor.Report) map[string]doctor.Status {
	bad := map[string]doctor.Status{}
	for _, c := range report.Checks {
		if c.Status != doctor.OK && !strings.HasPrefix(c.Saw, "cannot be checked: ") {
			bad[c.Name] = c.Status
		}
	}
	return bad
}

func all(report doctor.Report) string {
	var b strings.Builder
	for _, c := range report.Checks {
		fmt.Fprintf(&b, "%s %s %s: %s | %s\n", c.Status, c.Name, c.Of, c.Saw, c.Mend)
	}
	return b.String()
}

// explained says what is missing in a report: words, or the mend of something
// bad.
func explained(t *testing.T, report doctor.Report) {
	t.Helper()
	for _, c := range report.Checks {
		bad := c.Status == doctor.Warn || c.Status == doctor.Fail
		if c.Name == "" || c.Saw == "" || bad != (c.Mend != "") {
			t.Errorf("not explained: %+v", c)
		}
	}
}

// discreet looks for what nobody should read.
func discreet(t *testing.T, report doctor.Report, secrets ...string) {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range append(secrets, "X-Amz-", "Signature=") {
		if strings.Contains(string(text), secret) {
			t.Errorf("the report holds %q:\n%s", secret, text)
		}
	}
}

func TestAllIsWell(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	report := doctor.Run(t.Context(), r.Config)
	if report.Count(doctor.OK) != len(report.Checks) || len(report.Checks) < 30 {
		t.Errorf("not all is well:\n%s", all(report))
	}
	explained(t, report)
	discreet(t, report, r.server.AccessKey, r.server.SecretKey)
	if left := r.leftovers(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestChecksumsThatAreOffAreNotLookedAt(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	r.NoChecksums = true
	report := doctor.Run(t.Context(), r.Config)
	want := map[string]doctor.Status{"s3-checksum": doctor.Skipped, "s3-checksum-absent": doctor.Skipped, "s3-checksum-crc32c": doctor.Skipped, "s3-checksum-md5": doctor.Skipped}
	if got := found(report); !maps.Equal(got, want) {
		t.Errorf("found %v, want %v:\n%s", got, want, all(report))
	}
}

func TestNothingIsLeftWhenItIsStopped(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	ctx, stop := context.WithCancel(t.Context())
	puts := 0
	r.before = takenBy(func(*http.Request, []byte) bool {
		if puts++; puts == 3 {
			stop()
		}
		return false
	})
	report := doctor.Run(ctx, r.Config)
	if report.Count(doctor.Fail) == 0 || puts != 3 {
		t.Errorf("it went on to the end:\n%s", all(report))
	}
	if left := r.leftovers(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Where nothing answers, the rest of the checks still stands in the report.
func TestEveryCheckIsAlwaysReported(t *testing.T) {
	names := func(report doctor.Report) (names []string) {
		for _, c := range report.Checks {
			names = append(names, c.Name)
		}
		return names
	}
	server := devs3test.Start(t, pageMayRecord)
	want := names(doctor.Run(t.Context(), newRig(t, server, healthyRedis(t)).Config))
	for name, plant := range map[string]func(r *rig){
		"nothing answers":      func(r *rig) { r.reach(t, "http://127.0.0.1:1", "redis://127.0.0.1:1") },
		"no public endpoint":   func(r *rig) { r.HTTP = broken{} },
		"no upload is opened":  func(r *rig) { r.before = denied(is("POST", "uploads")) },
		"no part is taken":     func(r *rig) { r.before = denied(is("PUT", "partNumber")) },
		"nothing is completed": func(r *rig) { r.before = denied(is("POST", "uploadId")) },
		"no credentials":       func(r *rig) { r.Signer = unsigned{} },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, server, healthyRedis(t))
			plant(r)
			report := doctor.Run(t.Context(), r.Config)
			if got := names(report); !reflect.DeepEqual(got, want) {
				t.Errorf("reported are\n%v, want\n%v", got, want)
			}
			explained(t, report)
			discreet(t, report, r.server.AccessKey, r.server.SecretKey)
		})
	}
}

func TestTheDocumentationListsEveryCheck(t *testing.T) {
	text, err := os.ReadFile("../../docs/ops.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, devs3test.Start(t), "redis://127.0.0.1:1")
	for _, c := range doctor.Run(t.Context(), r.Config).Checks {
		if !strings.Contains(string(text), "| `"+c.Name+"` |") {
			t.Errorf("docs/ops.md does not list %s", c.Name)
		}
	}
}

// broken is a network that breaks connections, with the URL in its error as
// net/http has it.
type broken struct{}

func (broken) Do(req *http.Request) (*http.Response, error) {
	return (&http.Client{Transport: cutter{}}).Do(req)
}

type cutter struct{}

func (cutter) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func TestClocksApart(t *testing.T) {
	server, redis := devs3test.Start(t, pageMayRecord), healthyRedis(t)
	for _, c := range []struct {
		name string
		off  time.Duration
		want doctor.Status
	}{
		{"nearly right", 3 * time.Second, ""},
		{"somewhat ahead", 10 * time.Second, doctor.Warn},
		{"somewhat behind", -10 * time.Second, doctor.Warn},
		{"far ahead", 70 * time.Second, doctor.Fail},
		{"far behind", -70 * time.Second, doctor.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, server, redis)
			r.after = func(res *http.Response) { res.Header.Set("Date", time.Now().Add(c.off).UTC().Format(http.TimeFormat)) }
			if got := found(doctor.Run(t.Context(), r.Config))["s3-clock"]; got != c.want {
				t.Errorf("S3's clock is %q, want %q", got, c.want)
			}
			r.after = nil
			r.Now = func() time.Time { return time.Now().Add(c.off) }
			got := found(doctor.Run(t.Context(), r.Config))
			if got["redis-clock"] != c.want || got["s3-clock"] != c.want {
				t.Errorf("our clock makes %v, want %q", got, c.want)
			}
		})
	}
}

func TestEveryOriginIsTried(t *testing.T) {
	r := newRig(t, devs3test.Start(t, pageMayRecord), healthyRedis(t))
	r.Origins = []string{page, "https://other.example"}
	report := doctor.Run(t.Context(), r.Config)
	got := map[string]doctor.Status{}
	for _, c := range report.Checks {
		if c.Of != "" {
			got[c.Name+" "+c.Of] = c.Status
		}
	}
	want := map[string]doctor.Status{
		"cors " + page: doctor.OK, "cors-etag " + page: doctor.OK, "cors-get " + page: doctor.OK,
		"cors https://other.example": doctor.Fail, "cors-etag https://other.example": doctor.Fail, "cors-get https://other.example": doctor.Warn,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", slices.Sorted(maps.Keys(got)))
	}
}
