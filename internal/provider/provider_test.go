package provider_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"slipway/internal/provider"
)

func TestAProviderIsRecognisedByItsAddress(t *testing.T) {
	for _, c := range []struct {
		addresses []string
		want      string
	}{
		{nil, "aws"},
		{[]string{"", ""}, "aws"},
		{[]string{"", "https://b.s3.eu-central-1.amazonaws.com"}, "aws"},
		{[]string{"https://0123.r2.cloudflarestorage.com"}, "r2"},
		{[]string{"https://0123.eu.r2.cloudflarestorage.com/"}, "r2"},
		{[]string{"https://s3.us-west-004.backblazeb2.com"}, "b2"},
		{[]string{"https://storage.googleapis.com"}, "gcs"},
		{[]string{"https://s3.fr-par.scw.cloud"}, "scaleway"},
		{[]string{"https://fsn1.your-objectstorage.com"}, "hetzner"},
		{[]string{"https://evilbackblazeb2.com"}, "unknown"},
		{[]string{"https://backblazeb2.com.example"}, "unknown"},
		{[]string{"http://127.0.0.1:9000"}, "unknown"},
		{[]string{"http://127.0.0.1:9000", "https://storage.googleapis.com"}, "unknown"}, // the broker's own address counts
	} {
		if got := provider.At(c.addresses...).Name; got != c.want {
			t.Errorf("%q is %s, want %s", c.addresses, got, c.want)
		}
	}
	if got := provider.Called("MinIO Enterprise"); got == nil || got.Name != "minio" {
		t.Errorf("called is %v", got)
	}
	if got := provider.Called("nginx"); got != nil {
		t.Errorf("nginx is %v", got.Name)
	}
}

// Who reads a profile has to know where each fact is from, and how old it is.
func TestEveryFactHasASourceAndADay(t *testing.T) {
	day := regexp.MustCompile(`^2\d{3}-[01]\d-[0-3]\d$`)
	for _, name := range provider.Names() {
		p, _ := provider.Named(name)
		v := reflect.ValueOf(*p)
		for i := range v.NumField() {
			fact := v.Field(i)
			source := fact.Kind() == reflect.Struct
			if !source || fact.IsZero() {
				continue
			}
			if fact.FieldByName("Source").String() == "" || !day.MatchString(fact.FieldByName("Day").String()) {
				t.Errorf("%s: %s has no source or day", name, v.Type().Field(i).Name)
			}
		}
	}
}

// A fact that says it was run has to be what `make providers` saw: so it
// stands in the file that this writes, and nowhere else.
func TestWhatWasRunIsWhatWasMeasured(t *testing.T) {
	files, err := filepath.Glob("measured/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing was measured: %v", err)
	}
	measured := map[string]*provider.Profile{}
	for _, file := range files {
		p, err := provider.Read(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if _, known := provider.Named(p.Name); !known || file != "measured/"+p.Name+".json" {
			t.Errorf("%s is of %q", file, p.Name)
		}
		measured[p.Name] = p
	}
	for _, p := range provider.All() {
		was := measured[p.Name]
		if was == nil {
			was = &provider.Profile{}
		}
		now, seen := reflect.ValueOf(p), reflect.ValueOf(*was)
		for i := range now.NumField() {
			fact := now.Field(i)
			if fact.Kind() == reflect.Struct && fact.FieldByName("Run").Bool() && !reflect.DeepEqual(fact.Interface(), seen.Field(i).Interface()) {
				t.Errorf("%s: %s says that it was run, and that was not written down", p.Name, now.Type().Field(i).Name)
			}
			if s := seen.Field(i); s.Kind() == reflect.Struct && !s.IsZero() && (!s.FieldByName("Run").Bool() || !reflect.DeepEqual(fact.Interface(), s.Interface())) {
				t.Errorf("%s: %s was measured, and the profile has another", p.Name, now.Type().Field(i).Name)
			}
		}
	}
}

func TestWhatIsLostAtAProviderIsTold(t *testing.T) {
	yes, no := provider.Fact[bool]{Value: true, Source: "test"}, provider.Fact[bool]{Source: "test"}
	for name, c := range map[string]struct {
		p    provider.Profile
		says string
	}{
		"nothing is known":        {provider.Profile{}, ""},
		"all is well":             {provider.Profile{UnsignedCopy: no, StoresCutPuts: no, AbortRule: yes, CORSCall: yes, IfNoneMatch: yes, Tags: yes, SSE: yes, ListsByKeyOnly: no, EqualParts: no}, ""},
		"SHA-256":                 {provider.Profile{Checksums: provider.Fact[[]string]{Value: []string{"sha256", "md5"}, Source: "test"}}, ""},
		"another checksum":        {provider.Profile{Checksums: provider.Fact[[]string]{Value: []string{"md5"}, Source: "test"}}, "parts carry md5"},
		"no checksum":             {provider.Profile{Checksums: provider.Fact[[]string]{Value: []string{}, Source: "test"}}, "no checksum"},
		"unsigned headers":        {provider.Profile{UnsignedCopy: yes}, "can copy"},
		"cut PUTs":                {provider.Profile{StoresCutPuts: yes}, "rest zeros"},
		"lists by key":            {provider.Profile{ListsByKeyOnly: yes}, "its token or its session's ID"},
		"no rule":                 {provider.Profile{AbortRule: no}, "no rule"},
		"no CORS call":            {provider.Profile{CORSCall: no}, "own way"},
		"no condition":            {provider.Profile{IfNoneMatch: no}, "second upload"},
		"10,000 parts":            {provider.Profile{MaxParts: provider.Fact[int]{Value: 10_000, Source: "test"}}, ""},
		"9,999 parts":             {provider.Profile{MaxParts: provider.Fact[int]{Value: 9_999, Source: "test"}}, "9999 parts"},
		"parts of 5 MiB":          {provider.Profile{MinPart: provider.Fact[int64]{Value: 5 << 20, Source: "test"}}, ""},
		"parts of more than that": {provider.Profile{MinPart: provider.Fact[int64]{Value: 15 << 20, Source: "test"}}, "15 MiB"},
		"equal parts":             {provider.Profile{EqualParts: yes}, "one size"},
		"no tags":                 {provider.Profile{Tags: no}, "BROKER_S3_TAGS"},
		"no encryption":           {provider.Profile{SSE: no}, "BROKER_S3_SSE"},
	} {
		got := c.p.Consequences()
		if c.says == "" && len(got) > 0 || c.says != "" && (len(got) != 1 || !strings.Contains(got[0], c.says)) {
			t.Errorf("%s: it says %q, want %q", name, got, c.says)
		}
	}
}

func TestTheProvidersThatPeopleAskFor(t *testing.T) {
	names := provider.Names()
	for _, name := range []string{"aws", "r2", "b2", "gcs", "minio", "ceph", "seaweedfs", "garage", "rustfs", "versitygw", "digitalocean", "hetzner", "scaleway", "wasabi", "tigris", "ovh", "oracle", "storj", "coreweave"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s", name)
		}
	}
	if names[0] != "aws" || !slices.IsSorted(names[1:]) {
		t.Errorf("the order is %v", names)
	}
}

func TestASettingMeansAProfile(t *testing.T) {
	written := filepath.Join(t.TempDir(), "mine.json")
	ceph, _ := provider.Named("ceph")
	ceph.Name = "mine"
	if err := ceph.Write(written); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.json")
	for _, c := range []struct{ setting, file, want, wrong string }{
		{"", "", "unknown", ""},
		{"auto", "", "unknown", ""},
		{"scaleway", "", "scaleway", ""},
		{written, "", "mine", ""},
		{"scaleawy", "", "", "is not a provider"},
		{"./nowhere.json", "", "", "no such file"},
		{bad, `{"name": "x", "max_part": {"value": 3}}`, "", "unknown field"},
		{bad, `{"name": "x", "max_parts": {"value": 0, "source": "me"}}`, "", "max_parts is 0"},
		{bad, `{"name": "x", "max_parts": {"value": 10001, "source": "me"}}`, "", "max_parts is 10001"},
		{bad, `{"name": "x", "min_part": {"value": 0, "source": "me"}}`, "", "min_part is 0"},
		{bad, `{"name": "x", "checksums": {"value": ["md5", "sha512"], "source": "me"}}`, "", "checksums has \"sha512\""},
		{bad, `{"name": "x", "max_parts": {"value": 10000, "source": "me"}, "checksums": {"value": ["md5"], "source": "me"}}`, "x", ""},
	} {
		if c.file != "" {
			if err := os.WriteFile(bad, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, err := provider.Choose(c.setting, "http://127.0.0.1:9000")
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q says %v, want %q", c.setting, err, c.wrong)
		case c.wrong == "" && (err != nil || p.Name != c.want):
			t.Errorf("%q is %v (%v), want %s", c.setting, p, err, c.want)
		}
	}
	again, err := provider.Read(written)
	if err != nil || !reflect.DeepEqual(again, ceph) {
		t.Errorf("what was written reads as\n%+v (%v), want\n%+v", again, err, ceph)
	}
}

func TestTheChecksumsThatSessionsCanHave(t *testing.T) {
	all := provider.Fact[[]string]{Value: provider.Algorithms, Source: "test"}
	no := provider.Fact[bool]{Source: "test"}
	for name, c := range map[string]struct {
		profile provider.Profile
		want    []string
	}{
		"nobody knows":                {provider.Profile{}, nil},
		"none":                        {provider.Profile{Checksums: provider.Fact[[]string]{Source: "test"}}, []string{}},
		"all":                         {provider.Profile{Checksums: all}, provider.Algorithms},
		"all, and they are listed":    {provider.Profile{Checksums: all, ListsChecksums: provider.Fact[bool]{Value: true, Source: "test"}}, provider.Algorithms},
		"what it lists not is of use": {provider.Profile{Checksums: all, ListsChecksums: no}, []string{"md5"}},
	} {
		if got := c.profile.ChecksumsOfParts(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", name, got, c.want)
		}
	}
	if !slices.Equal(provider.Algorithms, []string{"sha256", "crc32c", "md5"}) {
		t.Error("a list was changed in its place")
	}
}

func TestRowsHaveWhatWasFoundBesideWhatWasExpected(t *testing.T) {
	yes := provider.Fact[bool]{Value: true, Source: "docs"}
	expected := &provider.Profile{MaxParts: provider.Fact[int]{Value: 1000, Source: "docs"}, Tags: yes, Checksums: provider.Fact[[]string]{Source: "docs"}}
	found := *expected
	found.MaxParts = provider.Fact[int]{Value: 10_000, Source: "doctor"}
	found.Checksums = provider.Fact[[]string]{Value: []string{"crc32c", "md5"}, Source: "doctor"}
	found.UnsignedCopy = provider.Fact[bool]{Source: "doctor"}
	want := []provider.Row{{"max_parts", "10000", "1000"}, {"checksums", "crc32c md5", "none"}, {"unsigned_copy", "no", "unknown"}, {"tags", "not tried", "yes"}}
	if got := provider.Rows(&found, expected); !slices.Equal(got, want) {
		t.Errorf("the rows are %v, want %v", got, want)
	}
}

// docs/ops.md lists the names that BROKER_S3_PROFILE takes.
func TestTheDocumentationNamesEveryProvider(t *testing.T) {
	text, err := os.ReadFile("../../docs/ops.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range provider.Names() {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/ops.md does not name %s", name)
		}
	}
}

func TestDifferencesAreOfWhatBothKnow(t *testing.T) {
	ceph, _ := provider.Named("ceph")
	found := *ceph
	found.IfNoneMatch.Value, found.MaxParts.Value = true, 1000
	found.Tags = provider.Fact[bool]{Value: true, Source: "test"} // of which Ceph's says nothing
	want := []string{"max_parts is 1000 and not 10000", "if_none_match is true and not false"}
	if got := provider.Differences(&found, ceph); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
