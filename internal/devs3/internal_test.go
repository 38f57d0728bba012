package devs3

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
)

func TestStartWithoutRunChildSaysWhatIsMissing(t *testing.T) {
	defer ranChild.Store(ranChild.Swap(false))
	_, err := Start(t.Context(), Config{})
	if err == nil || !strings.Contains(err.Error(), "call devs3.RunChild() first thing in main or TestMain") {
		t.Fatalf("got %v", err)
	}
}

func TestListenTriesAnotherPortWhenOneIsTakenMeanwhile(t *testing.T) {
	var tried []string
	err := listen("127.0.0.1:0", func(addr string) error {
		tried = append(tried, addr)
		if len(tried) < 3 {
			return syscall.EADDRINUSE
		}
		return nil
	})
	if err != nil || len(tried) != 3 {
		t.Errorf("tried %v, then %v", tried, err)
	}
	if err := listen("127.0.0.1:9", func(string) error { return syscall.EADDRINUSE }); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a chosen port: %v", err)
	}
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:9000": "127.0.0.1:9000",
		"0.0.0.0:9000":   "127.0.0.1:9000",
		":9000":          "127.0.0.1:9000",
		"[::]:9000":      "127.0.0.1:9000",
		"lan.host:9000":  "lan.host:9000",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}

func TestTenThousandPartsFitAnAttribute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (meta.XattrMeta{}).Test(path); err != nil {
		t.Skip(err)
	}
	sizes := backend.MpUploadMetadata{UploadID: "the-upload"}
	for n := range int64(maxPartNumber) {
		sizes.Parts = append(sizes.Parts, (n+1)*5<<20)
	}
	sizes.Parts[maxPartNumber-1] -= 12345 // the last is smaller
	note, err := backend.MarshalMpUploadMetadata(sizes, false)
	if err != nil {
		t.Fatal(err)
	}
	p := packed{meta.XattrMeta{}}
	if err := p.StoreAttribute(nil, filepath.Dir(path), "object", partSizesAttr, note); err != nil {
		t.Fatalf("%d bytes: %v", len(note), err)
	}
	back, err := p.RetrieveAttribute(nil, filepath.Dir(path), "object", partSizesAttr)
	if err != nil {
		t.Fatal(err)
	}
	got, err := backend.UnmarshalMpUploadMetadata(back, false)
	if err != nil || !reflect.DeepEqual(got, sizes) {
		t.Errorf("came back different: %v", err)
	}
}

func TestPackedLeavesAloneWhatItDoesNotKnow(t *testing.T) {
	for _, value := range []string{"", "not json", `{"uploadId":"u"}`} {
		if got := string(unpackSizes([]byte(value))); got != value {
			t.Errorf("unpack %q: %q", value, got)
		}
	}
	if got := string(packSizes([]byte("not json"))); got != "not json" {
		t.Errorf("pack: %q", got)
	}
}

func TestRedact(t *testing.T) {
	for line, want := range map[string]string{
		"GET /recordings/a.webm?X-Amz-Signature=abc&x=1 HTTP/1.1":        "GET /recordings/a.webm?[cut] HTTP/1.1",
		`bad request "PUT /b/k?uploadId=7"`:                              `bad request "PUT /b/k?[cut]"`,
		"Authorization: AWS4-HMAC-SHA256 Credential=AK/x, Signature=abc": "Authorization: [cut], Signature=[cut]",
		"\x1b[31mSignature\x1b[0m=abc\x1b[0m":                            "Signature=[cut]",
		"x-amz-security-token=abc, next":                                 "x-amz-security-token=[cut], next",
		"nothing to hide":                                                "nothing to hide",
	} {
		if got := redact(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestAnOwnedUploadIsWaitedFor(t *testing.T) {
	var l locks
	a, b := upload{"b", "a", "1"}, upload{"b", "b", "2"}
	release := l.own(a)
	l.share(b)() // another upload is not in the way

	var waiting sync.WaitGroup
	shared := make(chan struct{})
	waiting.Go(func() {
		defer l.share(a)()
		close(shared)
	})
	select {
	case <-shared:
		t.Error("shared while owned")
	case <-time.After(50 * time.Millisecond):
	}
	release()
	waiting.Wait()
	if len(l.m) != 0 {
		t.Errorf("%d locks left behind", len(l.m))
	}
}
