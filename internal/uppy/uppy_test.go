package uppy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/httpapi"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
	"slipway/internal/uppy"
)

func TestMain(m *testing.M) { apitest.Main(m) }

const mib = 1 << 20

// start runs a broker that answers Uppy, with a corner of the bucket to itself.
func start(t *testing.T, options ...func(*httpapi.Config)) *apitest.API {
	t.Helper()
	a := apitest.Start(t, append(options, func(cfg *httpapi.Config) {
		for _, r := range uppy.Routes(cfg.Broker, cfg.Access.(uppy.Sealer)) {
			cfg.Guests = append(cfg.Guests, httpapi.Guest{Method: r.Method, Path: r.Path, Answer: func(v *httpapi.Visit) (any, error) { return r.Answer(v) }})
		}
	})...)
	a.Broker.Limits.KeyPrefix = strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")) + "/"
	return a
}

// client calls as one of the two versions of Uppy does.
type client struct {
	*apitest.API
	at, bearer string
}

// v6 has its grant in the path, and v5 in a header.
func v6(a *apitest.API, grant string) client { return client{a, "/c/" + grant + "/s3", ""} }
func v5(a *apitest.API, grant string) client { return client{a, "/c/s3", grant} }

func (c client) call(t testing.TB, method, path string, body any) apitest.Answer {
	t.Helper()
	return c.CallBad(t, method, c.at+path, c.bearer, body)
}

// upload is one that is open, as Uppy knows it.
type upload struct {
	client
	Key      string
	UploadID string `json:"uploadId"`
}

// path is that of a call on the upload.
func (u upload) path(call string, query ...string) string {
	values := url.Values{"key": {u.Key}}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return "/multipart/" + url.PathEscape(u.UploadID) + call + "?" + values.Encode()
}

func (c client) open(t testing.TB, metadata map[string]any) upload {
	t.Helper()
	u := upload{client: c}
	body := map[string]any{"filename": "0b5bd4d6-Urlaub.webm", "type": "video/webm", "metadata": metadata}
	c.call(t, "POST", "/multipart", body).Want(t, 200).Into(t, &u)
	return u
}

func (u upload) url(t testing.TB, number int) string {
	t.Helper()
	var signed struct{ URL string }
	u.call(t, "GET", u.path(fmt.Sprintf("/%d", number)), nil).Want(t, 200).Into(t, &signed)
	return signed.URL
}

// put uploads a part and returns how Uppy names it when it completes.
func (u upload) put(t testing.TB, number int, body []byte) map[string]any {
	t.Helper()
	res := apitest.Put(t, apitest.URL{URL: u.url(t, number)}, body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("PUT of part %d: %s", number, res.Status)
	}
	return map[string]any{"PartNumber": number, "ETag": res.Header.Get("ETag")}
}

func (u upload) complete(t testing.TB, parts ...any) apitest.Answer {
	t.Helper()
	return u.call(t, "POST", u.path("/complete"), map[string]any{"parts": parts})
}

// session is what the broker has of the upload.
func (u upload) session(t testing.TB) *session.Session {
	t.Helper()
	token, err := u.Keyring.OpenUpload(u.UploadID)
	if err != nil {
		t.Fatal(err)
	}
	s, err := u.Store.Get(t.Context(), token.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bodyOf(t *testing.T, a apitest.Answer) string {
	t.Helper()
	return strings.TrimSpace(string(a.Body))
}

func TestAnUploadOfEachVersion(t *testing.T) {
	a := start(t)
	for name, c := range map[string]client{"5": v5(a, a.Grant(t, "ann")), "6": v6(a, a.Grant(t, "ann"))} {
		u := c.open(t, map[string]any{"name": "Urlaub Ä.webm", "type": "video/webm", "relativePath": nil, "userId": 17.0, "album_name": "Küche", "public": true, "caption": ""})
		one, two := apitest.Noise(6*mib), apitest.Noise(99)
		first, second := u.put(t, 1, one), u.put(t, 2, two)
		bare := strings.Trim(first["ETag"].(string), `"`)
		var listed []struct {
			PartNumber int
			ETag       string
			Size       int64
		}
		u.call(t, "GET", u.path(""), nil).Want(t, 200).Into(t, &listed)
		if len(listed) != 2 || listed[0].PartNumber != 1 || listed[0].Size != 6*mib || strings.Trim(listed[0].ETag, `"`) != bare {
			t.Fatalf("%s: listed are %+v", name, listed)
		}
		if name == "6" { // which takes the quotes off
			first["ETag"] = bare
		}
		var done struct{ Location, Key string }
		for range 2 { // its answer may get lost
			u.complete(t, first, second).Want(t, 200).Into(t, &done)
		}
		s := u.session(t)
		if done.Key != u.Key || s.State != session.Completed || s.Result.Outcome != session.AsClaimed || s.Result.Size != 6*mib+99 {
			t.Errorf("%s: it is at %s, and the session is %s: %+v", name, done.Key, s.State, s.Result)
		}
		if s.Owner != "ann" || s.Name != "Urlaub Ä.webm" || !s.Unsized {
			t.Errorf("%s: it is %q of %q, unsized %v", name, s.Name, s.Owner, s.Unsized)
		}
		obj, err := a.Broker.Bucket.Head(t.Context(), session.Key(u.Key))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"userid": "17", "album-name": "Küche", "public": "true"}
		if got := obj.Extra(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: its metadata is %v, want %v", name, got, want)
		}
		if !plays(t, a, done.Location, append(one, two...)) {
			t.Errorf("%s: the location does not play what was uploaded", name)
		}
	}
}

// plays reports whether a watch link leads to these bytes.
func plays(t *testing.T, a *apitest.API, location string, want []byte) bool {
	t.Helper()
	page, token, _ := strings.Cut(location, "#")
	var recording struct{ URL string }
	a.Call(t, "GET", "/v1/recordings/"+page[strings.LastIndex(page, "/")+1:], token, nil).Want(t, 200).Into(t, &recording)
	res, err := http.Get(recording.URL) //nolint:noctx // a test
	if err != nil {
		t.Fatal("S3 does not answer")
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return err == nil && string(got) == string(want)
}

func TestManyPartsAreSignedAtOnce(t *testing.T) {
	u := v5(start(t), "").with(t, "ann").open(t, nil)
	var signed struct {
		PresignedURLs map[string]string `json:"presignedUrls"`
	}
	u.call(t, "GET", u.path("/batch", "partNumbers", "1,2,20"), nil).Want(t, 200).Into(t, &signed)
	if len(signed.PresignedURLs) != 3 {
		t.Fatalf("%d are signed", len(signed.PresignedURLs))
	}
	for number, address := range signed.PresignedURLs {
		query, err := url.Parse(address)
		if err != nil || query.Query().Get("partNumber") != number || query.Query().Get("X-Amz-SignedHeaders") != "host" {
			t.Errorf("%s is signed for part %s, with %s", number, query.Query().Get("partNumber"), query.Query().Get("X-Amz-SignedHeaders"))
		}
	}
}

// with is the client with a grant of owner's.
func (c client) with(t testing.TB, owner string) client {
	t.Helper()
	c.bearer = c.Grant(t, owner)
	return c
}

// Uppy 5 reads every answer as JSON.
func TestAnAbortAnswersAnObject(t *testing.T) {
	u := v5(start(t), "").with(t, "ann").open(t, nil)
	u.put(t, 1, apitest.Noise(99))
	for range 2 {
		if got := bodyOf(t, u.call(t, "DELETE", u.path(""), nil).Want(t, 200)); got != "{}" {
			t.Errorf("it answers %s", got)
		}
	}
	if s := u.session(t); s.State != session.Aborted {
		t.Errorf("the session is %s", s.State)
	}
	if got := bodyOf(t, u.call(t, "GET", u.path("/2"), nil).Want(t, 409)); !strings.Contains(got, `"error":"aborted: `) {
		t.Errorf("then a part is answered %s", got)
	}
}

// An error is Companion's object, and says the same to Uppy 5, which shows
// message, as problem details say to us.
func TestAnErrorIsInWords(t *testing.T) {
	a := start(t)
	c := v6(a, a.Grant(t, "ann"))
	for _, r := range []struct {
		method, path string
		body         any
		status       int
		words        string
	}{
		{"GET", "/params?filename=x.webm&type=video%2Fwebm", nil, 400, "missing in shouldUseMultipart: set shouldUseMultipart: true"},
		{"GET", "/sts", nil, 404, "no-such-path: nobody is given credentials"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "text/html"}, 403, "content-type-not-allowed in content_type: text/html may not"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm", "metadata": map[string]any{"size": "200 MB"}}, 400, "wrong-type in metadata: metadata.size"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm", "metadata": map[string]any{"size": 101 * mib}}, 400, "out-of-range in size: size is 105906176 bytes"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm", "metadata": map[string]any{"size": 60e9}}, 400, "out-of-range in size: size is 60000000000 bytes"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm", "metadata": map[string]any{"who": map[string]any{"a": 1}}}, 400, "wrong-type in metadata: metadata.who"},
		{"POST", "/multipart", map[string]any{"filename": "x", "type": "video/webm", "metadata": map[string]any{"a_b": "1", "A-B": "2"}}, 400, "duplicate-field in metadata: "},
	} {
		var answer struct {
			Error, Message, Code, Reason string
			RequestID                    string `json:"request_id"`
		}
		c.call(t, r.method, r.path, r.body).Want(t, r.status).Into(t, &answer)
		if !strings.HasPrefix(answer.Error, r.words) || answer.Message != answer.Error || answer.Code == "" || answer.Reason == "" || answer.RequestID == "" {
			t.Errorf("%s %s: %+v", r.method, r.path, answer)
		}
	}
}

func TestOtherRoutesAnswerProblemsAlone(t *testing.T) {
	a := start(t)
	var answer map[string]any
	a.Call(t, "GET", "/v1/sessions", a.Grant(t, "ann"), nil).Want(t, 403).Into(t, &answer)
	if answer["error"] != nil || answer["message"] != nil {
		t.Errorf("it answers %v", answer)
	}
}

func TestALongNameIsCutBetweenCharacters(t *testing.T) {
	u := v5(start(t), "").with(t, "ann").open(t, map[string]any{"name": strings.Repeat("ä", 200)})
	if name := u.session(t).Name; name != strings.Repeat("ä", 127) {
		t.Errorf("it has %d bytes", len(name))
	}
}

// Redis may forget everything: uploadId and S3 know enough to go on.
func TestAnUploadGoesOnAfterTheStoreForgot(t *testing.T) {
	a := start(t)
	u := v6(a, a.Grant(t, "ann")).open(t, map[string]any{"size": "5242979"})
	first := u.put(t, 1, apitest.Noise(5*mib))
	a.Store.Forget()
	second := u.put(t, 2, apitest.Noise(99))
	a.Store.Forget()
	u.call(t, "GET", u.path(""), nil).Want(t, 200)
	a.Store.Forget()
	u.complete(t, first, second).Want(t, 200)
	if s := u.session(t); s.State != session.Completed || s.Announced != 5*mib+99 {
		t.Errorf("it is %s with %d bytes announced", s.State, s.Announced)
	}
}

// Uppy takes any answer with 200 for the last one.
func TestACompleteAnswersWhenTheUploadIsComplete(t *testing.T) {
	for _, carriedOut := range []bool{true, false} {
		a := start(t)
		u := v5(a, a.Grant(t, "ann")).open(t, nil)
		part := u.put(t, 1, apitest.Noise(99))
		lost := a.LoseCompletion(carriedOut)
		var lease sync.WaitGroup
		lease.Go(func() {
			<-lost
			a.Later(time.Minute) // the lease of that try ends
		})
		var done struct{ Location string }
		u.complete(t, part).Want(t, 200).Into(t, &done)
		if s := u.session(t); s.State != session.Completed || done.Location == "" {
			t.Errorf("carried out %v: the session is %s", carriedOut, s.State)
		}
		lease.Wait()
	}
}

// What is completed is what Uppy names, where S3 has it.
func TestACompleteNamesWhatDiffers(t *testing.T) {
	a := start(t)
	u := v6(a, a.Grant(t, "ann")).open(t, nil)
	first, second := u.put(t, 1, apitest.Noise(5*mib)), u.put(t, 2, apitest.Noise(99))
	for name, c := range map[string]struct {
		parts []any
		words string
	}{
		"a part that S3 does not have":   {[]any{first, second, map[string]any{"PartNumber": 3, "ETag": second["ETag"]}}, "parts-differ"},
		"an ETag of other bytes":         {[]any{first, map[string]any{"PartNumber": 2, "ETag": first["ETag"]}}, "parts-differ"},
		"a part that Uppy leaves out":    {[]any{first}, "parts-differ"},
		"a hole":                         {[]any{second}, "hole"},
		"no parts":                       {nil, "missing"},
		"no ETag":                        {[]any{map[string]any{"PartNumber": 1}}, "bad-etag"},
		"an ETag that is none":           {[]any{map[string]any{"PartNumber": 1, "ETag": "a b"}}, "bad-etag"},
		"an ETag that says nothing":      {[]any{map[string]any{"PartNumber": 1, "ETag": `""`}}, "missing"},
		"a number that is none":          {[]any{map[string]any{"PartNumber": 0, "ETag": first["ETag"]}}, "out-of-range"},
		"one more than there are in all": {[]any{map[string]any{"PartNumber": 10_001, "ETag": first["ETag"]}}, "out-of-range"},
	} {
		var answer struct{ Reason, Error string }
		got := u.complete(t, c.parts...)
		if err := json.Unmarshal(got.Body, &answer); err != nil || got.Status < 400 || answer.Reason != c.words {
			t.Errorf("%s: %d %s", name, got.Status, answer.Reason)
		}
	}
	u.complete(t, first, second).Want(t, 200)
}

func TestAPageMayCallFromAnOriginOfTheSettings(t *testing.T) {
	a := start(t)
	for origin, allowed := range map[string]string{apitest.Origin: apitest.Origin, "https://elsewhere.example": ""} {
		got := a.CallRaw(t, "OPTIONS", "/c/x/s3/multipart", "", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
		if got.Header.Get("Access-Control-Allow-Origin") != allowed {
			t.Errorf("%s: %v", origin, got.Header)
		}
	}
}
