package upload

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/client"
	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

func TestMain(m *testing.M) { apitest.Main(m) }

const (
	partSize = session.MinPartSize
	fileSize = 5*partSize + 12_345
	parts    = 6
)

// wire counts PUTs, and may meet one before it leaves, or after its answer.
type wire struct {
	mu     sync.Mutex
	puts   []int // the numbers of the parts, in order
	before func(number int) (*http.Response, error)
	after  func(number int) error // of this PUT the answer is lost
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	number, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	w.mu.Lock()
	w.puts = append(w.puts, number)
	w.mu.Unlock()
	if w.before != nil {
		if res, err := w.before(number); res != nil || err != nil {
			return res, err
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || w.after == nil {
		return res, err
	}
	if err := w.after(number); err != nil {
		return nil, errors.Join(err, res.Body.Close())
	}
	return res, nil
}

type stage struct {
	*apitest.API
	broker *client.Client
	path   string
	bytes  []byte
}

func begin(t *testing.T) stage {
	t.Helper()
	api := apitest.Start(t)
	broker, err := client.New(api.URL, api.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	s := stage{api, broker, filepath.Join(t.TempDir(), "talk.mp4"), apitest.Noise(fileSize)}
	s.write(t)
	return s
}

func (s stage) write(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(s.path, s.bytes, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s stage) upload(ctx context.Context, w *wire, o Options) (Done, error) {
	o.Broker, o.ContentType = s.URL, "video/mp4"
	return fileOver(ctx, &http.Client{Transport: w}, s.broker, s.path, o)
}

// killed uploads until a part was answered, and no further.
func (s stage) killed(t *testing.T, last int) (sent []int) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	w := &wire{}
	w.after = func(number int) error {
		if number == last {
			kill()
		}
		return nil
	}
	if _, err := s.upload(ctx, w, Options{Parallel: 1}); !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	return w.puts
}

// left is what a killed upload leaves behind.
func (s stage) left(t *testing.T) state {
	t.Helper()
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	k, err := load(s.path, s.URL, info, false)
	if err != nil {
		t.Fatal(err)
	}
	return k.state
}

// holds fails the test unless S3 has the file, and nothing is left beside it.
func (s stage) holds(t *testing.T, id session.ID) {
	t.Helper()
	key := string(id.Key("recordings/"))
	out, err := s.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.S3.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	got, err := io.ReadAll(out.Body)
	if err != nil || sha256.Sum256(got) != sha256.Sum256(s.bytes) {
		t.Fatalf("S3 has %d bytes that are not the file's %d (%v)", len(got), len(s.bytes), err)
	}
	if left, _ := filepath.Glob(s.path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFileGoesUp(t *testing.T) {
	s := begin(t)
	w := &wire{}
	told := map[string]int64{}
	done, err := s.upload(t.Context(), w, Options{Progress: func(stage string, total int64) io.Writer { told[stage] = total; return io.Discard }})
	if err != nil {
		t.Fatal(err)
	}
	if done.Size != fileSize || done.Sent != fileSize || done.Parts != parts || done.Checksum != session.SHA256 || !strings.HasPrefix(done.WatchURL, "https://broker.example/watch/") {
		t.Errorf("%+v", done)
	}
	if len(told) != 1 || told["uploading"] != fileSize {
		t.Errorf("progress was told of %v", told)
	}
	s.holds(t, done.ID)
}

func TestAKilledUploadSendsNothingTwice(t *testing.T) {
	s := begin(t)
	before := s.killed(t, 3)
	info, err := os.Stat(s.path + ".upload")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("what it takes to go on: %v, %v; it holds a token", info, err)
	}
	w := &wire{}
	done, err := s.upload(t.Context(), w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(w.puts)
	if !slices.Equal(before, []int{1, 2, 3}) || !slices.Equal(w.puts, []int{4, 5, 6}) || done.Sent != fileSize-3*partSize {
		t.Errorf("sent %v, then %v, of %d bytes", before, w.puts, done.Sent)
	}
	s.holds(t, done.ID)
}

func TestWhatS3HasOtherwiseIsSentAgain(t *testing.T) {
	for _, checksums := range [][]session.ChecksumAlgorithm{{session.SHA256}, {session.CRC32C}, {session.MD5}, {}} {
		t.Run(fmt.Sprint(checksums), func(t *testing.T) {
			s := begin(t)
			s.Broker.Limits.Checksums = checksums
			s.killed(t, 3)
			left := s.left(t)
			s.UploadPart(t, apitest.Opened{ID: left.ID, Token: left.Token, Checksum: string(left.Checksum)}, 2, apitest.Noise(partSize))
			w := &wire{}
			done, err := s.upload(t.Context(), w, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if slices.Sort(w.puts); !slices.Equal(w.puts, []int{2, 4, 5, 6}) {
				t.Errorf("sent %v", w.puts)
			}
			if len(checksums) > 0 && done.Checksum != checksums[0] {
				t.Errorf("the parts were bound by %s", done.Checksum)
			}
			s.holds(t, done.ID)
		})
	}
}

func TestAFileThatChangedIsNotMixedWithWhatItWas(t *testing.T) {
	s := begin(t)
	s.killed(t, 3)
	s.bytes = apitest.Noise(fileSize)
	s.write(t)
	if err := os.Chtimes(s.path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.upload(t.Context(), &wire{}, Options{}); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "--anew") {
		t.Errorf("it ended with %v", err)
	}
	done, err := s.upload(t.Context(), &wire{}, Options{Anew: true})
	if err != nil || done.Sent != fileSize {
		t.Fatalf("%+v, %v", done, err)
	}
	s.holds(t, done.ID)
}

func TestPartsThatFailAreSentAgain(t *testing.T) {
	s := begin(t)
	var mu sync.Mutex
	failed := map[int]bool{}
	w := &wire{before: func(number int) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if failed[number] {
			return nil, nil
		}
		failed[number] = true
		if number%2 == 0 {
			return nil, errors.New("the network is gone")
		}
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: io.NopCloser(strings.NewReader("<Error><Code>SlowDown</Code></Error>"))}, nil
	}}
	done, err := s.upload(t.Context(), w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.puts) != 2*parts || done.Sent != fileSize {
		t.Errorf("PUTs of %v, %d bytes sent", w.puts, done.Sent)
	}
	s.holds(t, done.ID)
}

func TestAnErrorOfS3NamesItsCodeAndNoURL(t *testing.T) {
	s := begin(t)
	answers := func(int) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNotFound, Body: io.NopCloser(strings.NewReader("<Error><Code>NoSuchUpload</Code></Error>"))}, nil
	}
	_, err := s.upload(t.Context(), &wire{before: answers}, Options{Parallel: 1})
	if err == nil || err.Error() != "part 1: S3 answered 404 NoSuchUpload" {
		t.Errorf("it ended with %v", err)
	}
}

func TestATokenThatEndedIsRenewed(t *testing.T) {
	s := begin(t)
	s.killed(t, 3)
	s.Later(s.Broker.Limits.SessionTTL + time.Minute)
	done, err := s.upload(t.Context(), &wire{}, Options{Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(t, done.ID)
}

func TestWhatTheBrokerCompletedMeanwhileIsDone(t *testing.T) {
	s := begin(t)
	s.killed(t, parts)
	left := s.left(t)
	if _, err := s.broker.Complete(t.Context(), left.ID, 0); err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	done, err := s.upload(t.Context(), w, Options{})
	if err != nil || len(w.puts) > 0 || done.Sent != 0 || done.ID != left.ID {
		t.Fatalf("%+v, %v, PUTs of %v", done, err, w.puts)
	}
	s.holds(t, done.ID)
}

func TestAnUploadThatIsOverSaysSo(t *testing.T) {
	s := begin(t)
	s.killed(t, 3)
	if _, err := s.broker.Abort(t.Context(), s.left(t).ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.upload(t.Context(), &wire{}, Options{}); err == nil || !strings.Contains(err.Error(), "its session is aborted") {
		t.Errorf("it ended with %v", err)
	}
}

// A wrong URL is put right without more words.
func TestWhereNothingWasOpenedAnotherBrokerMayBeTaken(t *testing.T) {
	s := begin(t)
	nobody, err := client.New("http://127.0.0.1:9", s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Broker: "http://127.0.0.1:9", ContentType: "video/mp4"}
	if _, err := fileOver(t.Context(), &http.Client{}, nobody, s.path, o); err == nil {
		t.Fatal("an upload through nobody")
	}
	done, err := s.upload(t.Context(), &wire{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(t, done.ID)
}

// The process died after the open was answered and before that was kept.
func TestAnOpenThatIsRepeatedFindsWhatBecameOfTheFirst(t *testing.T) {
	s := begin(t)
	s.killed(t, parts)
	left := s.left(t)
	if _, err := s.broker.Complete(t.Context(), left.ID, 0); err != nil {
		t.Fatal(err)
	}
	left.ID, left.Token, left.PartSize = "", "", 0
	if err := (&kept{s.path + ".upload", left}).save(); err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	done, err := s.upload(t.Context(), w, Options{})
	if err != nil || len(w.puts) > 0 {
		t.Fatalf("%v, PUTs of %v", err, w.puts)
	}
	s.holds(t, done.ID)
}

func TestWhatIsLeftOfAnotherBrokersUploadIsNotTakenUp(t *testing.T) {
	s := begin(t)
	s.killed(t, 3)
	info, _ := os.Stat(s.path)
	if _, err := load(s.path, "https://other.example", info, false); err == nil || !strings.Contains(err.Error(), "--anew") {
		t.Errorf("it ended with %v", err)
	}
}
