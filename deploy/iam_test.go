package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/app"
)

// needs says what an operation of S3 takes, by
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
// (read 2026-11-22): actions on objects, and after a slash on the bucket.
// HeadObject takes ListBucket so that an object that is not there is a 404.
var needs = map[string][]string{
	"AbortMultipartUpload":            {"s3:AbortMultipartUpload"},
	"CompleteMultipartUpload":         {"s3:PutObject"},
	"CreateMultipartUpload":           {"s3:PutObject"},
	"DeleteObject":                    {"s3:DeleteObject"},
	"GetBucketCors":                   {"/s3:GetBucketCORS"},
	"GetBucketLifecycleConfiguration": {"/s3:GetLifecycleConfiguration"},
	"GetObjectLockConfiguration":      {"/s3:GetBucketObjectLockConfiguration"},
	"GetObject":                       {"s3:GetObject"},
	"HeadBucket":                      {"/s3:ListBucket"},
	"HeadObject":                      {"s3:GetObject", "/s3:ListBucket"},
	"ListMultipartUploads":            {"/s3:ListBucketMultipartUploads"},
	"ListObjectsV2":                   {"/s3:ListBucket"},
	"ListParts":                       {"s3:ListMultipartUploadParts"},
	"PutBucketCors":                   {"/s3:PutBucketCORS"},
	"PutBucketLifecycleConfiguration": {"/s3:PutLifecycleConfiguration"},
	"PutObject":                       {"s3:PutObject"},
	"UploadPart":                      {"s3:PutObject"},

	// Fields of CreateMultipartUpload, or headers of PutObject, that take more.
	".Tagging": {"s3:PutObjectTagging"},
}

// fileOf says under which policy a package's requests are made.
func fileOf(pkg string) string {
	switch pkg {
	case "slipway/internal/bucketrules":
		return "setup.json"
	case "slipway/internal/presign":
		return "signing.json"
	}
	return "control.json"
}

// What is linked into the program is read, and not what a test happened to
// call.
func TestPoliciesAllowWhatTheProgramDoesAndNoMore(t *testing.T) {
	want := map[string]map[string]bool{}
	for _, c := range callsToS3(t) {
		actions, known := needs[c.operation]
		if !known {
			t.Errorf("%s: nobody has said what %s takes", c.at, c.operation)
		}
		for _, action := range actions {
			file := fileOf(c.pkg)
			if want[file] == nil {
				want[file] = map[string]bool{}
			}
			want[file][action] = true
		}
	}
	if len(want) != 3 {
		t.Fatalf("requests are made under %v", slices.Sorted(maps.Keys(want)))
	}
	for file, actions := range want {
		got := map[string]bool{}
		for _, s := range policy(t, file).Statement {
			for _, action := range s.Action {
				if strings.HasSuffix(s.Resource[0], "BUCKET") {
					action = "/" + action
				}
				got[action] = true
			}
		}
		if !maps.Equal(got, actions) {
			t.Errorf("%s allows %q\nand the program needs %q", file, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(actions)))
		}
	}
}

type document struct{ Statement []statement }

type statement struct {
	Sid, Effect      string
	Action, Resource texts
	Condition        map[string]map[string]string
}

// texts is one text or a list of them, as policies may have it.
type texts []string

func (l *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

func policy(t *testing.T, file string) document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("iam", file))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return d
}

// policies are all of them, by file.
func policies(t *testing.T) map[string]document {
	t.Helper()
	files, err := filepath.Glob("iam/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no policies")
	}
	all := map[string]document{}
	for _, f := range files {
		all[filepath.Base(f)] = policy(t, filepath.Base(f))
	}
	return all
}

func TestNoPolicyAllowsMoreThanItNames(t *testing.T) {
	for file, p := range policies(t) {
		for _, s := range p.Statement {
			if s.Effect == "Deny" {
				continue
			}
			for _, action := range s.Action {
				if strings.Contains(action, "*") {
					t.Errorf("%s, %s: allows %s", file, s.Sid, action)
				}
			}
			for _, resource := range s.Resource {
				if strings.Contains(strings.TrimSuffix(resource, "BUCKET/recordings/*"), "*") {
					t.Errorf("%s, %s: allows it on %s", file, s.Sid, resource)
				}
			}
		}
	}
}

// Apart they allow what signs both is allowed, and what signs parts cannot
// read, whatever headers are added to its URLs.
func TestWhatSignsPartsMayReadNothing(t *testing.T) {
	actions := func(files ...string) (all []string) {
		for _, file := range files {
			for _, s := range policy(t, file).Statement {
				all = append(all, s.Action...)
			}
		}
		slices.Sort(all)
		return all
	}
	if apart, both := actions("parts.json", "playback.json"), actions("signing.json"); !slices.Equal(apart, both) {
		t.Errorf("apart they allow %v, and together %v", apart, both)
	}
	if got := actions("parts.json"); !slices.Equal(got, []string{"s3:PutObject", "s3:PutObjectTagging"}) {
		t.Errorf("what signs parts may %v", got)
	}
}

// The credentials of neither role are good for what the other does.
func TestEachRoleHasItsOwnWayToAuthorize(t *testing.T) {
	for file, want := range map[string]string{"control.json": "REST-HEADER", "signing.json": "REST-QUERY-STRING", "parts.json": "REST-QUERY-STRING", "playback.json": "REST-QUERY-STRING"} {
		for _, s := range policy(t, file).Statement {
			onObjects := strings.HasSuffix(s.Resource[0], "/*")
			if got := s.Condition["StringEquals"]["s3:authType"]; onObjects && got != want {
				t.Errorf("%s, %s: s3:authType is %q, want %q", file, s.Sid, got, want)
			}
		}
	}
}

func TestNoURLWorksForLongerThanTheBrokerSigns(t *testing.T) {
	field, _ := reflect.TypeFor[app.Settings]().FieldByName("MaxURLTTL")
	life, err := time.ParseDuration(field.Tag.Get("default"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range policy(t, "bucket-policy.json").Statement {
		if age, ok := s.Condition["NumericGreaterThan"]["s3:signatureAge"]; ok {
			if want := fmt.Sprint(life.Milliseconds()); age != want || s.Effect != "Deny" {
				t.Errorf("%s: %s at an age of %s ms; BROKER_MAX_URL_TTL is %s", s.Sid, s.Effect, age, want)
			}
			return
		}
	}
	t.Error("there is no s3:signatureAge")
}

// A line that nobody explains is one that nobody dares to take out.
func TestEveryLineOfAPolicyIsExplained(t *testing.T) {
	readme, err := os.ReadFile("iam/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "## Line by line")
	explained := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z0-9]+:[A-Za-z]+)`").FindAllStringSubmatch(cells[1], -1) {
				explained[m[1]] = true
			}
		}
	}
	named := map[string]bool{}
	for file, p := range policies(t) {
		if !strings.Contains(string(readme), "("+file+")") {
			t.Errorf("the README does not name %s", file)
		}
		for _, s := range p.Statement {
			for _, action := range s.Action {
				named[action] = s.Effect == "Allow"
			}
			for _, condition := range s.Condition {
				for key := range condition {
					named[key] = true
				}
			}
		}
	}
	delete(named, "s3:*")           // denied only
	delete(named, "sts:AssumeRole") // in the README's text
	if !maps.Equal(explained, named) {
		t.Errorf("explained are %q\nand the policies name %q", slices.Sorted(maps.Keys(explained)), slices.Sorted(maps.Keys(named)))
	}
}
