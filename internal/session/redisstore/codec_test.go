package redisstore

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// FuzzBody: whatever a field holds comes back.
func FuzzBody(f *testing.F) {
	f.Add("ann", "name", "video/webm", "upload", "9f86d081884c7d65", int64(5<<20), int64(1_780_000_000_000), true)
	f.Add("", "\x00\n", "none", strings.Repeat("~", 1000), "9F", int64(-1), int64(0), false)
	f.Add("d41d8cd9", "0", "abcdef", "ABCDEF", "sha256", int64(1<<62), int64(-1), true)
	const aws = "dfRtDYU0WWCCcH43C3WFbkRONycyCpTJJvxu2i5GYkZljF.Yxwh6XG7WfS2vC4to6HiV6Yjlx.cph0gtNBtJ8P3URCSbB7rjxI5iEwVDmgaXZOGgkk5nVTW16HOQ5l0R"
	f.Add(aws[:126]+"--", aws+"\n", aws[:126]+"=", aws, aws[:127], int64(1), int64(1), true)
	f.Add(strings.ReplaceAll(aws, ".", "-"), strings.Repeat("A", 40), strings.Repeat("A", 41), strings.Repeat("A", 39), "2~"+aws, int64(1), int64(1), true)
	f.Fuzz(func(t *testing.T, owner, name, contentType, upload, request string, n, ms int64, more bool) {
		ms %= 1 << 50 // beyond, time.UnixMilli wraps
		want := session.Session{
			ID: "w", Owner: session.Owner(owner), Name: name, ContentType: contentType, Algorithm: session.ChecksumAlgorithm(request), UploadID: session.UploadID(upload),
			PartSize: n, MaxBytes: -n, OnAbandon: session.OnAbandon(name), OpenedAt: time.UnixMilli(ms).UTC(), Request: request,
		}
		if more {
			want.Intent = &session.Intent{Outcome: session.Outcome(name), Digest: request, Parts: int(int32(n)), Size: n, ETag: session.ETag(owner), Checksum: session.Checksum(upload)}
			want.Result = &session.Result{Outcome: session.Outcome(owner), Size: n, ETag: session.ETag(upload)}
			want.Adopted, want.HoleAt = n%2 == 0, time.UnixMilli(-ms).UTC()
			want.Intent.AskedAt = time.UnixMilli(2 * ms).UTC()
			for _, b := range []byte(name[:min(len(name), session.MaxPartNumber)]) {
				want.Intent.Missing = append(want.Intent.Missing, session.PartNumber(b))
			}
			for i := range []byte(request[:min(len(request), session.MaxPartNumber)]) {
				want.Result.Missing = append(want.Result.Missing, session.PartNumber(int64(int32(n))+int64(i)))
			}
		}
		s := want
		s.ID = sessiontest.NewID("", '0')[:nameEnd] + "w"
		got, err := decodeBody(string(encodeBody(&s)))
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	})
}

// FuzzDecodeBody: nothing that stands in Redis makes a broker panic, and what
// is accepted survives a round trip.
func FuzzDecodeBody(f *testing.F) {
	f.Add(encodeBody(sessiontest.NewSession("ann")))
	f.Add([]byte{})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\xfd\x01"))                                  // a word past the last
	f.Add([]byte("\xa3\x01\x09" + strings.Repeat("\x00", 60))) // an alphabet past the last
	adopted := sessiontest.NewSession("ann")
	adopted.Adopted, adopted.Result = true, &session.Result{Missing: []session.PartNumber{1, 3, 4, 10_000}}
	f.Add(encodeBody(adopted))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeBody(string(b))
		if err != nil {
			return
		}
		s.ID = sessiontest.NewID("", '0')[:nameEnd] + s.ID
		again, err := decodeBody(string(encodeBody(s)))
		if s.ID = s.ID[nameEnd:]; err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("%v\n first %+v\nsecond %+v", err, s, again)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	id := sessiontest.NewID("ann", 'w')
	f.Add("1 1 1 2 3 4 a b 5 6 7 i 0\n")
	f.Add("1 1 1 2 3 4 a b 5 6 7 i 99\nx")
	f.Fuzz(func(t *testing.T, value string) {
		if r, err := decodeRecord(id, value); err == nil && (r.session.ID.Name() != id.Name() || !r.session.State.Valid()) {
			t.Errorf("%+v", r.session)
		}
	})
}

// FuzzPart: any ETag and size that can be noted come back.
func FuzzPart(f *testing.F) {
	f.Add(1, int64(5<<20), `"d41d8cd98f00b204e9800998ecf8427e"`)
	f.Add(10_000, int64(0), `"D41D8CD98F00B204E9800998ECF8427E"`)
	f.Add(10_001, int64(maxSize+1), "")
	f.Fuzz(func(t *testing.T, number int, size int64, etag string) {
		want := []session.Part{{Number: session.PartNumber(number), Size: size, ETag: session.ETag(etag)}, sessiontest.NewPart(session.MaxPartNumber, 7)}
		b, err := appendParts(nil, want)
		if bad := number < 1 || number > session.MaxPartNumber || size < 0 || size > maxSize || len(etag) > 65_535; bad != (err != nil) {
			t.Fatalf("part %d of %d bytes: %v", number, size, err)
		}
		if err != nil {
			return
		}
		got, err := decodeParts(string(b), 5<<20)
		if slices.SortFunc(want, func(a, b session.Part) int { return int(a.Number - b.Number) }); err != nil || len(got) != 2 || number != session.MaxPartNumber && !slices.Equal(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	})
}

func FuzzDecodeParts(f *testing.F) {
	b, _ := appendParts(nil, []session.Part{sessiontest.NewPart(1, 5), {Number: 2, ETag: "odd"}})
	f.Add(string(b))
	f.Add("\x00\x01\x00")
	f.Fuzz(func(t *testing.T, s string) { _, _ = decodeParts(s, 5<<20) })
}

// Packed names must sort as IDs do: the listing's order depends on it.
func TestPackedNamesSortAsIDsDo(t *testing.T) {
	var ids []session.ID
	for range 500 {
		ids = append(ids, sessiontest.NewID("ann", 'w'))
	}
	slices.Sort(ids)
	var before name
	for _, id := range ids {
		n, ok := packName(id)
		back, _ := n.id(id.Tag(), 'w')
		if !ok || back != id || n <= before {
			t.Fatalf("%s is packed as %x after %x and comes back as %s", id, n, before, back)
		}
		before = n
	}
}

func TestWhatIsNoIDHasNoName(t *testing.T) {
	id := string(sessiontest.NewID("ann", 'w'))
	for _, bad := range []string{"", "2c", id[:28], id + "w", id[:2] + "!" + id[3:], "ff" + id[2:], id[:2] + strings.ToUpper(id[2:])} {
		if n, ok := packName(session.ID(bad)); ok {
			t.Errorf("%q is packed as %x", bad, n)
		}
	}
}

// The words are stored as their places in the list: a new one goes to its end.
func TestWordsKeepTheirPlaces(t *testing.T) {
	want := []string{"", "none", "sha256", "salvage", "abort", "completed", "salvaged", "video/webm;codecs=vp9,opus"}
	if !slices.Equal(words[:len(want)], want) {
		t.Errorf("words begin with %q", words[:len(want)])
	}
	if len(slices.Compact(slices.Sorted(slices.Values(words)))) != len(words) {
		t.Error("a word stands twice")
	}
}

// What a broker of tomorrow appends does not trouble one of today.
func TestFieldsOfANewerBrokerAreSkipped(t *testing.T) {
	s := sessiontest.NewSession("ann")
	s.Result = &session.Result{Duration: time.Minute} // what is new stands behind it
	got, err := decodeBody(string(append(encodeBody(s), 1, 2, 3)))
	if err != nil || got.Request != s.Request || !reflect.DeepEqual(got.Result, s.Result) || got.WhenWhole || got.Probe != (session.Probe{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Memory is counted in bytes, and records outlive the broker that wrote them:
// who has no extras is written as before there were any.
func TestAnOrdinarySessionIsWrittenAsBefore(t *testing.T) {
	const before = "\x04w\fann,Weekly sync%\t\x12\xc4\xc0\xc5Ӏ\x80\x80\x05\x80\x80\x80\x80\xa0\x01\r\x82\xa0\xa4\x84\xceg\x82\xb8\xbe\xc0\xd2g\"\x9f\x86Ё\x88L}e\x00\x02\x15\x0e\x14\"x-1\"\x01\x01"
	s := &session.Session{
		ID: "2c7qmtx4o3avbnkfz5yd6ueirlwiw", Owner: "ann", Name: "Weekly sync", ContentType: "video/webm", Algorithm: session.SHA256, UploadID: "c4c0c5d3", PartSize: 5 << 20, MaxBytes: 20 << 30,
		OnAbandon: session.Salvage, OpenedAt: time.UnixMilli(1_780_000_000_000).UTC(), ExpiresAt: time.UnixMilli(1_780_600_000_000).UTC(), Request: "9f86d081884c7d65",
		Result: &session.Result{Outcome: session.AsClaimed, Size: 7, ETag: `"x-1"`},
	}
	if now := encodeBody(s); string(now) != before {
		t.Errorf("now it is written\n%q\nbefore:\n%q", now, before)
	}
	got, err := decodeBody(before)
	s.ID = "w"
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, s)
	}
}

// A broker of before has no words for them, and does not read a record with a word
// that it does not know.
func TestNewChecksumsAreWrittenOut(t *testing.T) {
	for _, algorithm := range []session.ChecksumAlgorithm{session.CRC32C, session.MD5} {
		s := sessiontest.NewSession("ann")
		s.Algorithm = algorithm
		if body := string(encodeBody(s)); !strings.Contains(body, string(algorithm)) {
			t.Errorf("%s is not in %q", algorithm, body)
		}
	}
}

func TestRunsOfPartNumbersAreShort(t *testing.T) {
	all := make([]session.PartNumber, session.MaxPartNumber)
	for i := range all {
		all[i] = session.PartNumber(i + 1)
	}
	var odd []session.PartNumber
	for n := session.PartNumber(1); n <= session.MaxPartNumber; n += 2 {
		odd = append(odd, n)
	}
	for name, tc := range map[string]struct {
		numbers []session.PartNumber
		bound   int
	}{"none": {nil, 1}, "all": {all, 5}, "every second": {odd, 10_002}, "out of order": {[]session.PartNumber{9, 3, 4}, 5}} {
		c := codec{}
		c.numbers(&tc.numbers)
		if len(c.out) > tc.bound {
			t.Errorf("%s: %d bytes; want at most %d", name, len(c.out), tc.bound)
		}
		if got := readNumbers(&reader{s: string(c.out)}); !slices.Equal(got, tc.numbers) {
			t.Errorf("%s: %d numbers came back, %d went", name, len(got), len(tc.numbers))
		}
	}
}

func TestDurationsAreNeverCutToNone(t *testing.T) {
	for d, want := range map[time.Duration]int64{-time.Hour: 0, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Hour: 3_600_000} {
		if got := ceilMillis(d); got != want {
			t.Errorf("%v is %d ms; want %d", d, got, want)
		}
	}
}

func TestOperationsDiffer(t *testing.T) {
	if a, b := newOperation(), newOperation(); a == b || strings.ContainsAny(a+b, " \n") || len(a) != 11 {
		t.Errorf("%q, %q", a, b)
	}
}
