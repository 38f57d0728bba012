package bucketrules_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/bucketrules"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

const (
	day  = 24 * time.Hour
	page = "https://page.example"
)

var wanted = bucketrules.Wanted{Origins: []string{page}, KeyPrefix: "recordings/", Life: bucketrules.Life{Resume: 7 * day, Longest: 8 * day}}

func TestDaysSpareEveryUpload(t *testing.T) {
	for _, c := range []struct {
		life bucketrules.Life
		want int
	}{
		{bucketrules.Life{Resume: time.Second, Longest: time.Hour}, 2},
		{bucketrules.Life{Resume: day - 1, Longest: time.Hour}, 2},
		{bucketrules.Life{Resume: day, Longest: time.Hour}, 2},
		{bucketrules.Life{Resume: day + 1, Longest: time.Hour}, 3},
		{bucketrules.Life{Resume: 7 * day, Longest: 8 * day}, 9}, // the defaults
		{bucketrules.Life{Resume: 90 * day, Longest: 8 * day}, 91},
	} {
		if got := c.life.Days(); got != c.want {
			t.Errorf("%+v makes %d days, want %d", c.life, got, c.want)
		}
	}
}

// look compares, and returns each kind's lines as one text.
func look(t *testing.T, client *s3.Client, bucket string) (bucketrules.Plan, []string) {
	t.Helper()
	plan, err := bucketrules.Look(t.Context(), client, bucket, wanted)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, kind := range plan {
		var b strings.Builder
		for _, l := range kind.Lines {
			b.WriteString(string(l.Mark) + l.Text + "\n")
		}
		texts = append(texts, b.String())
	}
	return plan, texts
}

const ourCORS = "slipway-recorders: GET HEAD PUT from https://page.example, with headers content-md5 content-type x-amz-*, exposing ETag, for 3600 s\n"

// The server has no lifecycle rules, and its CORS rules are set all the same.
func TestCORSRules(t *testing.T) {
	server := devs3test.Start(t)
	client := devs3test.Client(server)
	plan, lines := look(t, client, server.Bucket)
	if plan[0].Unsupported || !plan[1].Unsupported || lines[0] != "+"+ourCORS || lines[1] != "" || !plan.Changed() {
		t.Fatalf("an empty bucket: %q", lines)
	}
	other := types.CORSRule{ID: aws.String("others"), AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}
	old := types.CORSRule{ID: aws.String("slipway-before"), AllowedOrigins: []string{"https://old.example"}, AllowedMethods: []string{"PUT"}}
	set := func(rules ...types.CORSRule) {
		t.Helper()
		if _, err := client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &server.Bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}}); err != nil {
			t.Fatal(err)
		}
	}
	set(other, old)
	plan, lines = look(t, client, server.Bucket)
	want := "+" + ourCORS + " others: GET from *, with headers none, exposing none, for 0 s\n-slipway-before: PUT from https://old.example, with headers none, exposing none, for 0 s\n"
	if lines[0] != want {
		t.Fatalf("got\n%swant\n%s", lines[0], want)
	}
	for _, kind := range plan {
		if err := kind.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	out, err := client.GetBucketCors(t.Context(), &s3.GetBucketCorsInput{Bucket: &server.Bucket})
	if err != nil || len(out.CORSRules) != 2 || *out.CORSRules[0].ID != "slipway-recorders" || !reflect.DeepEqual(out.CORSRules[1].AllowedOrigins, other.AllowedOrigins) {
		t.Fatalf("after that there are %+v (%v)", out, err)
	}
	if plan, lines = look(t, client, server.Bucket); plan.Changed() {
		t.Errorf("the second time: %q", lines)
	}

	// S3 goes by the first rule that fits.
	set(other, out.CORSRules[0])
	if plan, _ = look(t, client, server.Bucket); !plan.Changed() {
		t.Error("a rule behind another's is taken for good")
	}
}

// lifecycled is the S3 server with lifecycle rules: what is PUT is kept as it
// is, unless it forgets.
type lifecycled struct {
	rules, minimum string
	forgets        bool
	refuses        string // with this code
}

func (l *lifecycled) start(t *testing.T) *s3.Client {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case !r.URL.Query().Has("lifecycle"):
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, "<Error><Code>NotImplemented</Code></Error>")
		case r.Method == http.MethodPut && l.refuses != "":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "<Error><Code>"+l.refuses+"</Code></Error>")
		case r.Method == http.MethodPut && !l.forgets:
			l.rules, l.minimum = string(body), r.Header.Get("x-amz-transition-default-minimum-object-size")
		case r.Method == http.MethodGet && l.rules == "":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>")
		case r.Method == http.MethodGet:
			w.Header().Set("x-amz-transition-default-minimum-object-size", l.minimum)
			_, _ = io.WriteString(w, l.rules)
		}
	}))
	t.Cleanup(front.Close)
	return devs3test.Client(&devs3.Server{Endpoint: front.URL, Region: "us-east-1", AccessKey: "any", SecretKey: "any"})
}

const ourLifecycle = "slipway-unfinished-uploads: enabled under \"recordings/\", aborts unfinished uploads after 9 days\n"

func TestLifecycleRules(t *testing.T) {
	const others = `<LifecycleConfiguration><Rule><ID>theirs</ID><Filter><And><Prefix>rec</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter><Status>Enabled</Status>` +
		`<Expiration><Days>30</Days></Expiration></Rule><Rule><ID>soon</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>` +
		`<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>`
	server := &lifecycled{rules: others, minimum: "varies_by_storage_class"}
	client := server.start(t)
	plan, lines := look(t, client, "b")
	want := "+" + ourLifecycle + " theirs: enabled under \"rec\", expires or moves objects\n soon: enabled under \"\", aborts unfinished uploads after 3 days\n"
	if !plan[0].Unsupported || lines[1] != want {
		t.Fatalf("got\n%swant\n%s", lines[1], want)
	}
	if notes := plan[1].Notes; len(notes) != 1 || !strings.Contains(notes[0], `rule "soon" already ends uploads after 3 days`) {
		t.Errorf("noted is %q", notes)
	}
	for _, kind := range plan {
		if err := kind.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if server.minimum != "varies_by_storage_class" {
		t.Errorf("what holds for all rules became %q", server.minimum)
	}
	for _, part := range []string{"<Key>a</Key>", "<Days>30</Days>", "<ID>soon</ID>", "<DaysAfterInitiation>9</DaysAfterInitiation>"} {
		if !strings.Contains(server.rules, part) {
			t.Errorf("no %s in %s", part, server.rules)
		}
	}
	if plan, lines = look(t, client, "b"); plan.Changed() {
		t.Errorf("the second time: %q", lines)
	}
}

func TestTheFirstLifecycleRule(t *testing.T) {
	server := &lifecycled{}
	client := server.start(t)
	plan, lines := look(t, client, "b")
	if lines[1] != "+"+ourLifecycle {
		t.Fatalf("got %q", lines)
	}
	if err := plan[1].Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if plan, lines = look(t, client, "b"); plan.Changed() {
		t.Errorf("the second time: %q", lines)
	}
}

func TestRulesThatAreNotKeptAreAnError(t *testing.T) {
	server := &lifecycled{forgets: true}
	plan, _ := look(t, server.start(t), "b")
	if err := plan[1].Apply(t.Context()); err == nil || !strings.Contains(err.Error(), "they are not there") {
		t.Errorf("it says %v", err)
	}
}

func TestRulesThatCannotBeReadAreAnError(t *testing.T) {
	server := devs3test.Start(t)
	if _, err := bucketrules.Look(t.Context(), devs3test.Client(server), "misnamed", wanted); err == nil || !strings.Contains(err.Error(), "s3:GetBucketCORS") {
		t.Errorf("it says %v", err)
	}
}

// MinIO answers InvalidArgument to a rule that only aborts, and Swift
// MalformedXML to any.
func TestRulesThatAServerRefusesAreToldApart(t *testing.T) {
	for _, c := range []struct {
		code    string
		refused bool
	}{{"NotImplemented", true}, {"InvalidArgument", true}, {"MalformedXML", true}, {"AccessDenied", false}, {"InternalError", false}} {
		t.Run(c.code, func(t *testing.T) {
			server := &lifecycled{refuses: c.code}
			plan, _ := look(t, server.start(t), "b")
			err := plan[1].Apply(t.Context())
			if err == nil || errors.Is(err, bucketrules.ErrRefused) != c.refused || !strings.Contains(err.Error(), c.code) {
				t.Errorf("applying says %v", err)
			}
		})
	}
}
