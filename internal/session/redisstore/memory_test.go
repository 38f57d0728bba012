package redisstore_test

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/session"
	"slipway/internal/session/redisstore"
	"slipway/internal/session/redisstore/redistest"
	"slipway/internal/session/sessiontest"
)

// TestMemoryPerSession measures what Redis' used_memory grows by. The shapes
// of the keys were chosen for it, and a careless field or a longer key shows
// here first. All sessions are in 4 of the 64 tags, so that few of them have
// the index of many: a set of up to 128 is smaller.
func TestMemoryPerSession(t *testing.T) {
	// As AWS makes them, from https://docs.amazonaws.cn/AmazonS3/latest/gsg/example_s3_CreateMultipartUpload_section.html
	const awsUpload = "dfRtDYU0WWCCcH43C3WFbkRONycyCpTJJvxu2i5GYkZljF.Yxwh6XG7WfS2vC4to6HiV6Yjlx.cph0gtNBtJ8P3URCSbB7rjxI5iEwVDmgaXZOGgkk5nVTW16HOQ5l0R"
	for _, tc := range []struct {
		name         string
		n, parts     int
		perOwner     int // sessions; 0: nobody's
		upload       session.UploadID
		bound, fixed int64 // bytes per session; bytes of the empty sets
	}{
		{name: "20 parts, nobody's", n: 1000, parts: 20, bound: 900},
		{name: "20 parts, 20 sessions per owner", n: 1000, parts: 20, perOwner: 20, bound: 950},
		{name: "20 parts, an owner each", n: 1000, parts: 20, perOwner: 1, bound: 1050},
		{name: "20 parts, 20 sessions per owner, an AWS upload ID", n: 1000, parts: 20, perOwner: 20, upload: awsUpload, bound: 950},
		{name: "10,000 parts", n: 3, parts: 10_000, bound: 1_200_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := redistest.Start(t)
			s := open(t, "redis://"+server.Addr, "slipway")
			fill(t, s, 1, tc.parts, tc.perOwner, tc.upload) // scripts and connections
			before := usedMemory(t, server)
			fill(t, s, tc.n, tc.parts, tc.perOwner, tc.upload)
			got := (usedMemory(t, server) - before) / int64(tc.n)
			t.Logf("%d bytes per session", got)
			if got > tc.bound {
				t.Errorf("%d bytes per session; at most %d", got, tc.bound)
			}
		})
	}
}

// fill opens n sessions and reports their parts as a recorder does.
func fill(t *testing.T, s *redisstore.Store, n, parts, perOwner int, upload session.UploadID) {
	t.Helper()
	var owner session.Owner
	for i := range n {
		if perOwner > 0 && i%perOwner == 0 {
			owner = crowded(func() session.Owner { owners++; return session.Owner(fmt.Sprintf("user-%d", owners)) }, session.TagOf)
		}
		rec := crowded(func() *session.Session { return sessiontest.NewSession(owner) }, func(s *session.Session) int { return s.ID.Tag() })
		if upload != "" {
			rec.UploadID = upload
		}
		if _, err := s.Swap(t.Context(), session.Change{Session: rec}); err != nil {
			t.Fatal(err)
		}
		all := randomParts(parts)
		batch := max(parts/2, 1)
		for len(all) > 0 {
			now := all[:min(batch, len(all))]
			if _, err := s.Report(t.Context(), rec.ID, session.Report{Parts: now, URLsExpireAt: rec.ExpiresAt}); err != nil {
				t.Fatal(err)
			}
			all = all[len(now):]
		}
	}
}

var owners = 10_000

// crowded makes things until one has a tag among the first few.
func crowded[T any](make func() T, tag func(T) int) T {
	for {
		if thing := make(); tag(thing) < 4 {
			return thing
		}
	}
}

// randomParts are n parts, the last one smaller.
func randomParts(n int) []session.Part {
	parts := make([]session.Part, n)
	for i := range parts {
		var sum [16]byte
		_, _ = rand.Read(sum[:])
		parts[i] = session.Part{Number: session.PartNumber(i + 1), Size: 5 << 20, ETag: session.ETag(fmt.Sprintf("\"%x\"", sum))}
	}
	parts[n-1].Size = 1_234_567
	return parts
}

func usedMemory(t *testing.T, s *redistest.Server) int64 {
	t.Helper()
	info, err := s.Do("INFO", "memory")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(info, "used_memory:")
	line, _, _ := strings.Cut(after, "\r\n")
	n, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
